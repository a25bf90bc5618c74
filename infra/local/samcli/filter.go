package samcli

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"sync"
)

// filter passes on the announcements of containers and drops the lines of SAM CLI's access log. Those contain paths, and paths
// contain ids (threat T12). The functions' own logs show the requests by route.
type filter struct {
	to   io.Writer
	mu   sync.Mutex
	rest []byte   // a line that has not ended yet
	ids  []string // of the containers that were announced
}

// announced matches SAM CLI's announcement of a new container.
var announced = regexp.MustCompile(`SAM_CONTAINER_ID: ([0-9a-f]{64})`)

// containers lists the ids of the containers that were announced.
func (f *filter) containers() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.ids)
}

// access is part of a line such as: 127.0.0.1 - - [23/Nov/2026 20:03:23] "GET / HTTP/1.1" 200 -
// SAM CLI colours every status but 200, inside the quotes.
var access = regexp.MustCompile(` - - \[|[A-Z]+ \S+ HTTP/[0-9.]+`)

// Write passes on whole lines.
func (f *filter) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rest = append(f.rest, p...)
	for {
		i := bytes.IndexByte(f.rest, '\n')
		if i < 0 {
			return len(p), nil
		}
		line := f.rest[:i+1]
		if id := announced.FindSubmatch(line); id != nil {
			f.ids = append(f.ids, string(id[1]))
		} else if !access.Match(line) {
			if _, err := f.to.Write(line); err != nil {
				return 0, err
			}
		}
		f.rest = f.rest[i+1:]
	}
}
