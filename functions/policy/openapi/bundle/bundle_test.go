package main

import (
	"os"
	"testing"
)

// The committed files are what the bundler writes, so go generate was run after the last edit.
func TestCommittedFilesAreBundled(t *testing.T) {
	document, routes, err := bundle("../..")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"../openapi.json": document, "../routes_gen.go": routes} {
		if got, err := os.ReadFile(name); err != nil || string(got) != string(want) {
			t.Errorf("%s is stale (%v): run go generate ./functions/policy/openapi", name, err)
		}
	}
}
