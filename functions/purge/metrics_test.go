package main

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/objects"
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
	r.grace = 48 * time.Hour
	r.store(t, privacy.Communication, 1, r.Clock.Now().Add(-21*time.Hour))
	r.store(t, privacy.Transaction, 1, r.Clock.Now().Add(time.Hour))
	line := measured(t, func() { r.sweep(t) })
	if line["Stack"] != "privacy-1" || line["SuccessfulPurges"] != 1.0 || line["SecondsPastExpiry"] != 75600.0 {
		t.Errorf("%v", line)
	}
}

// jammed is a bucket on which every call fails.
type jammed struct{ bucket }

func (jammed) All(context.Context) iter.Seq2[objects.Object, error] {
	return func(yield func(objects.Object, error) bool) { yield(objects.Object{}, errors.New("no answer")) }
}

// A failed sweep does not count as a successful purge, so three hours of failures raise the alarm.
func TestPromise_F07_AFailedSweepIsNotCounted(t *testing.T) {
	r := newRig(t)
	r.exports = jammed{}
	line := measured(t, func() {
		if _, err := r.handle(t.Context(), nil); !errors.Is(err, errIncomplete) {
			t.Error(err)
		}
	})
	if _, counted := line["SuccessfulPurges"]; counted || line["SecondsPastExpiry"] != 0.0 {
		t.Errorf("%v", line)
	}
}
