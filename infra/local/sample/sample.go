// Package sample reads a population of records that tests send in besides the invented one of infra/local/seed/people: awkward ones,
// made by somebody else. It is no part of the repository.
package sample

import (
	"os"
	"strings"
	"testing"
)

// Lines returns the records, each as POST /v1/records takes it, from the file that the variable SAMPLE names. Without the variable there
// are none, and one line says so; a file that is named must be there.
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
