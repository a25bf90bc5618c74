package schedules

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/failures"
	"github.com/helpdeskexpert/privacy/infra/sam"
)

func TestExpressions(t *testing.T) {
	for text, want := range map[string]time.Duration{"rate(1 minute)": time.Minute, "rate(2 hours)": 2 * time.Hour, "rate(1 day)": 24 * time.Hour} {
		if got, err := parse(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "rate(0 minutes)", "rate(1 week)", "rate(1 minute", "rate(-1 days)", "at(2026-01-01T00:00:00)", "cron(0 2 * * ? *)"} {
		_, err := New([]Schedule{{Schedule: sam.Schedule{LogicalID: "PurgeSchedule", Expression: text}}}, time.Now, nil)
		if err == nil || !strings.Contains(err.Error(), "PurgeSchedule") || !strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// function counts its invocations and fails the first ones.
type function struct {
	mu              sync.Mutex
	calls, failures int
	last            []byte
}

func (f *function) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	f.last = payload
	if f.calls <= f.failures {
		return nil, errors.New("not now")
	}
	return []byte(`{"swept":1}`), nil
}

func start(t *testing.T, f *function) (*Schedules, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := New([]Schedule{{Schedule: sam.Schedule{LogicalID: "PurgeSchedule", Expression: "rate(1 hour)", DeadLetter: "Dead"}, Function: f, Retries: 1}},
		time.Now, failures.Open(dir, func(string) {}))
	if err != nil {
		t.Fatal(err)
	}
	return s, filepath.Join(dir, "failures.jsonl")
}

func TestSchedulesFireOnTimeAndFailuresAreKept(t *testing.T) {
	f := &function{failures: 3}
	s, kept := start(t, f)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		go s.Run(ctx)
		for _, step := range []struct {
			wait  time.Duration
			calls int
		}{{59 * time.Minute, 0}, {2 * time.Minute, 2}, {time.Hour, 4}, {time.Hour, 5}} {
			time.Sleep(step.wait)
			synctest.Wait()
			f.mu.Lock()
			if f.calls != step.calls {
				t.Errorf("after another %v: %d calls, want %d", step.wait, f.calls, step.calls)
			}
			f.mu.Unlock()
		}
		cancel()
	})
	text, _ := os.ReadFile(kept)
	if strings.Count(string(text), "\n") != 1 || !strings.Contains(string(text), `"queue":"Dead"`) {
		t.Errorf("dead letters: %s", text)
	}
}

func TestFireAnswersWithTheResult(t *testing.T) {
	f := &function{}
	s, _ := start(t, f)
	got, err := s.Fire(t.Context(), "PurgeSchedule")
	if err != nil || string(got) != `{"swept":1}` {
		t.Errorf("%s, %v", got, err)
	}
	var event struct{ Time time.Time }
	if err := json.Unmarshal(f.last, &event); err != nil || time.Since(event.Time) > time.Minute {
		t.Errorf("event %s, %v", f.last, err)
	}
	if _, err := s.Fire(t.Context(), "Nothing"); !errors.Is(err, ErrUnknown) {
		t.Errorf("an unknown one: %v", err)
	}
}
