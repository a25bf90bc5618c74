// Package register joins the project's promises, and the threats and faults that it withstands, with the tests that
// prove them: by name (TestPromise_F07_…) or by a tag in a story ("Promise: F07").
package register

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

//go:embed rows.txt
var rows string

// none stands on the page where there is no test or no result.
const none = "–"

// Kinds are the parts of the register, in order.
var Kinds = []string{"Promise", "Threat", "Fault"}

// Row is one promise, threat or fault.
type Row struct {
	Kind, ID string
	Text     string
	Where    string // packages and files that make it true; "not yet" where nothing does
	Tests    []Test
}

// Rows lists the register without tests.
func Rows() ([]Row, error) {
	var all []Row
	kind := ""
	for line := range strings.Lines(rows) {
		line = strings.TrimSpace(line)
		if name, heading := strings.CutPrefix(line, "# "); heading {
			kind = name
			continue
		}
		if line == "" {
			continue
		}
		columns := strings.Split(line, " | ")
		if len(columns) != 3 || !slices.Contains(Kinds, kind) {
			return nil, fmt.Errorf("register: not a row: %s", line)
		}
		all = append(all, Row{Kind: kind, ID: columns[0], Text: columns[1], Where: columns[2]})
	}
	return all, nil
}

// Join gives each row its tests. A test that names no row is an error: its promise would be nobody's.
func Join(all []Row, tests []Test) error {
	for _, test := range tests {
		i := slices.IndexFunc(all, func(r Row) bool { return r.Kind == test.Kind && r.ID == test.ID })
		if i < 0 {
			return fmt.Errorf("register: %s in %s proves %s %s, which is in no row", test.Name, test.Place, test.Kind, test.ID)
		}
		all[i].Tests = append(all[i].Tests, test)
	}
	return nil
}

// Check holds the rows to their word: what is kept has a test, and what has a test is kept.
func Check(all []Row) error {
	var wrong []error
	for _, r := range all {
		if kept := r.Where != "not yet"; kept && len(r.Tests) == 0 {
			wrong = append(wrong, fmt.Errorf("register: %s %s is kept by %s, and no test shows it", r.Kind, r.ID, r.Where))
		} else if !kept && len(r.Tests) > 0 {
			wrong = append(wrong, fmt.Errorf("register: %s %s has tests and nothing that keeps it", r.Kind, r.ID))
		}
	}
	return errors.Join(wrong...)
}

// Write writes the register as a page in Markdown. The last result of a row is that of its tests in the run, with its day and its commit, or,
// where the run knows none, what the page before said; a row without a test has none.
func Write(w io.Writer, all []Row, run Run, before Page) error {
	proven := 0
	for _, r := range all {
		if len(r.Tests) > 0 {
			proven++
		}
	}
	_, err := fmt.Fprintf(w, "# Promises, threats, faults\n\nMade by `go run ./infra/ctl promises` from the tests; do not edit. %d of %d rows have a test.\n"+
		"`go run ./infra/ctl promises --test` runs the tests first and fills in the last column: the result of a row's tests together, the day, and\n"+
		"the commit that was tested (with a + where files had been changed since).\n", proven, len(all))
	for _, kind := range Kinds {
		if err == nil {
			_, err = fmt.Fprintf(w, "\n## %ss\n\n| id | %s | where | shown by | last result |\n|---|---|---|---|---|\n", kind, strings.ToLower(kind))
		}
		for _, r := range all {
			if r.Kind == kind && err == nil {
				_, err = fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", r.ID, r.Text, r.Where, shown(r.Tests), last(r, run, before))
			}
		}
	}
	return err
}

func last(r Row, run Run, before Page) string {
	result := run.Results.Of(r.Tests)
	if result == none {
		if old := before.line(r); len(r.Tests) > 0 && old.Result != "" {
			return old.Result
		}
		return none
	}
	for _, part := range []string{run.At.UTC().Format(time.DateOnly), run.Commit} {
		if part != "" {
			result += ", " + part
		}
	}
	return result
}

func shown(tests []Test) string {
	if len(tests) == 0 {
		return none
	}
	var names []string
	for _, t := range tests {
		names = append(names, "`"+t.Name+"` in "+t.Place)
	}
	return strings.Join(names, "<br>")
}
