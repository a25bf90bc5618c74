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

// none is what the page shows if there is no test or no result.
const none = "–"

// Kinds are the parts of the register, in order.
var Kinds = []string{"Promise", "Threat", "Fault"}

// Row is one promise, threat or fault.
type Row struct {
	Kind, ID string
	Text     string
	Where    string // packages and files that make it true; "not yet" if nothing does
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

// Join gives each row its tests. A test that names a row that does not exist is an error.
func Join(all []Row, tests []Test) error {
	for _, test := range tests {
		i := slices.IndexFunc(all, func(r Row) bool { return r.Kind == test.Kind && r.ID == test.ID })
		if i < 0 {
			return fmt.Errorf("register: %s in %s claims to prove %s %s, but there is no such row", test.Name, test.Place, test.Kind, test.ID)
		}
		all[i].Tests = append(all[i].Tests, test)
	}
	return nil
}

// Check returns an error for each row that names code but has no test, or has a test but names no code.
func Check(all []Row) error {
	var wrong []error
	for _, r := range all {
		if kept := r.Where != "not yet"; kept && len(r.Tests) == 0 {
			wrong = append(wrong, fmt.Errorf("register: %s %s is kept by %s, but no test proves it", r.Kind, r.ID, r.Where))
		} else if !kept && len(r.Tests) > 0 {
			wrong = append(wrong, fmt.Errorf("register: %s %s has tests, but its row names nothing that keeps it", r.Kind, r.ID))
		}
	}
	return errors.Join(wrong...)
}

// Write writes the register as a page in Markdown. The last result of a row is that of its tests in the run, with the day and the commit. If the
// run has no result, Write keeps that of the earlier page. A row without a test has no result.
func Write(w io.Writer, all []Row, run Run, before Page) error {
	proven := 0
	for _, r := range all {
		if len(r.Tests) > 0 {
			proven++
		}
	}
	_, err := fmt.Fprintf(w, "# Promises, threats, faults\n\n`go run ./infra/ctl promises` makes this page from the tests; do not edit it. %d of %d rows have a test.\n"+
		"`go run ./infra/ctl promises --test` also runs the tests and fills in the last column: the worst result among a row's tests, the day, and\n"+
		"the commit that was tested (with a + if files had been changed since).\n", proven, len(all))
	for _, kind := range Kinds {
		if err == nil {
			_, err = fmt.Fprintf(w, "\n## %ss\n\n| id | %s | where | tests | last result |\n|---|---|---|---|---|\n", kind, strings.ToLower(kind))
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
