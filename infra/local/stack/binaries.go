package stack

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// binaries is the folder of the binaries that the functions run.
type binaries struct {
	mu    sync.Mutex // held by a restart
	dir   string
	count int // of the folders so far
}

// remove deletes the folder. A process keeps the binary that it runs.
func (b *binaries) remove() {
	if b.dir != "" {
		_ = os.RemoveAll(b.dir)
	}
}

// snapshot links the binaries into a folder of this run's own and returns their paths by logical id. So a build changes nothing here until
// [Stack.Restart], even a build that another stack asked for.
func (s *Stack) snapshot() (dir string, bootstraps map[string]string, err error) {
	s.binaries.count++
	dir = filepath.Join(s.options.Data, "functions", strconv.Itoa(s.binaries.count))
	bootstraps = map[string]string{}
	for _, f := range s.template.Functions {
		built, mine := filepath.Join(s.options.Build, f.Name, "bootstrap"), filepath.Join(dir, f.Name, "bootstrap")
		if _, err := os.Stat(built); err != nil {
			return dir, nil, fmt.Errorf("the function %s is not built: %s is missing; `make run` builds it", f.Name, built)
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(mine), 0o700), link(built, mine)); err != nil {
			return dir, nil, err
		}
		bootstraps[f.LogicalID] = mine
	}
	return dir, bootstraps, nil
}

// link gives a file a second name, or copies it to another file system.
func link(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}
