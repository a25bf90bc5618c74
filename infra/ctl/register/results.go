package register

import (
	"bufio"
	"encoding/json"
	"io"
	"path"
	"strings"
	"time"
)

// Run is one run of tests.
type Run struct {
	At      time.Time // of its last event
	Commit  string    // what was tested, empty where nobody knows
	Results Results
}

// Results are outcomes of tests, "pass", "fail" or "skip", by folder and name. Without a name it is the outcome of the folder.
type Results map[[2]string]string

// ReadRun reads what `go test -json` wrote.
func ReadRun(r io.Reader, module string) (Run, error) {
	run := Run{Results: Results{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var event struct {
			Time                  time.Time
			Action, Package, Test string
		}
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			continue // what a build prints stands between the events
		}
		if event.Time.After(run.At) {
			run.At = event.Time
		}
		switch event.Action {
		case "pass", "fail", "skip":
			run.Results[[2]string{strings.TrimPrefix(event.Package, module+"/"), event.Test}] = event.Action
		}
	}
	return run, lines.Err()
}

// Of is the outcome of several tests together: the worst. Unless one failed it is known only when each test has an outcome.
func (r Results) Of(tests []Test) string {
	worst := none
	unknown := false
	for _, t := range tests {
		switch outcome := r.one(t); {
		case outcome == "fail":
			return "fail"
		case outcome == "":
			unknown = true
		case outcome == "skip", worst == none:
			worst = outcome
		}
	}
	if unknown {
		return none
	}
	return worst
}

// one is the outcome of one test, empty if it is unknown. A test that never ended, in a folder that failed, failed: it was not built, or died.
func (r Results) one(t Test) string {
	folder, story := t.Place, strings.TrimSuffix(t.Name, ".txt")
	if story != t.Name { // a story is a test within one of the folder above
		folder = path.Dir(t.Place)
		for key, outcome := range r {
			if key[0] == folder && strings.HasSuffix(key[1], "/"+story) {
				return outcome
			}
		}
	}
	if outcome := r[[2]string{folder, t.Name}]; outcome != "" {
		return outcome
	}
	if r[[2]string{folder, ""}] == "fail" {
		return "fail"
	}
	return ""
}
