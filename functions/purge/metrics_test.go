package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// measured runs f and returns what it wrote to standard output, where Lambda looks for metrics.
func measured(t *testing.T, f func()) map[string]any {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdout
	os.Stdout = file
	f()
	os.Stdout = before
	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	line := map[string]any{}
	if err := json.Unmarshal(text, &line); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return line
}

func TestPromise_F07_ASweepMeasuresItself(t *testing.T) {
	r := newRig(t)
	r.purge.Grace = 48 * time.Hour
	r.store(t, privacy.Communication, 1, r.Clock.Now().Add(-21*time.Hour))
	r.store(t, privacy.Transaction, 1, r.Clock.Now().Add(time.Hour))
	line := measured(t, func() { r.sweep(t) })
	if line["Stack"] != "privacy-1" || line["SuccessfulPurges"] != 1.0 || line["SecondsPastExpiry"] != 75600.0 {
		t.Errorf("%v", line)
	}
}
