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
	At      time.Time // the time of its last event
	Commit  string    // the tested commit, or empty if it is unknown
	Results Results
}

// Results are the outcomes of tests, "pass", "fail" or "skip", by folder and name. An empty name stands for the folder itself.
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
			continue // a line that a build printed between the events
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

// Of returns the worst outcome of several tests. Unless one failed, it is known only if each test has an outcome.
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

// one returns the outcome of one test, or "" if it is unknown. If the folder failed, a test without an outcome has failed, because it was not
// built or it died.
func (r Results) one(t Test) string {
	folder, story := t.Place, strings.TrimSuffix(t.Name, ".txt")
	if story != t.Name { // a story runs as a subtest of a test in the folder above
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
