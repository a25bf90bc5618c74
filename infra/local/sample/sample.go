// Package sample reads a population of awkward records that somebody else made. Tests send it besides the invented population of
// infra/local/seed/people. It is not part of the repository.
package sample

import (
	"os"
	"strings"
	"testing"
)

// Lines returns the records, each in the form of POST /v1/records, from the file that the variable SAMPLE names. Without the
// variable it returns none and says so in one line. A named file must exist.
func Lines(t testing.TB) []string {
	t.Helper()
	path := os.Getenv("SAMPLE")
	if path == "" {
		t.Log("SAMPLE names no file of records: it was left out")
		return nil
	}
	all, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(all)), "\n")
}
