// Package failures stores what a stream or a schedule gave up, like the queue of template.yaml: positions and counts, never an item.
package failures

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Failure is one event or batch that was given up.
type Failure struct {
	At       time.Time `json:"at"`
	Source   string    `json:"source"`          // logical id of the stream or schedule
	Queue    string    `json:"queue"`           // logical id of the destination
	Reason   string    `json:"reason"`          // type of the last error, or why there was no further attempt
	Attempts int       `json:"attempts"`        // invocations made
	Records  int       `json:"records"`         // number of records in the batch; 0 for a schedule
	First    string    `json:"first,omitempty"` // sequence number of the first record
	Last     string    `json:"last,omitempty"`  // and of the last
}

// Log appends failures to a file and reports each in one line.
type Log struct {
	mu   sync.Mutex
	path string
	say  func(line string)
}

// Open returns a log in dir.
func Open(dir string, say func(line string)) *Log {
	return &Log{path: filepath.Join(dir, "failures.jsonl"), say: say}
}

// Add keeps one failure.
func (l *Log) Add(f Failure) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.say(fmt.Sprintf("%s gave up after %d attempts: %s (%d records, kept in %s)", f.Source, f.Attempts, f.Reason, f.Records, l.path))
	line, err := json.Marshal(f)
	if err != nil {
		return
	}
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		l.say("the failure was not kept: " + err.Error())
		return
	}
	defer func() { _ = file.Close() }()
	_, _ = file.Write(append(line, '\n'))
}
