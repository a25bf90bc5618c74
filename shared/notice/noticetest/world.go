package noticetest

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// The versions of a world: an old one, which is in force, and the one that is announced.
const (
	Old = "2026-11-02"
	New = "2026-12-01"
)

// World is a campaign's surroundings: people, SES, stores and a clock that only moves when somebody waits.
type World struct {
	T        testing.TB
	Clock    *testclock.Clock
	Stores   Stores
	SES      *SES
	People   *Crowd
	Letters  *Letters
	Runner   *notice.Runner
	Feedback *notice.Feedback
	Control  notice.Control
	Counted  map[metric.Name]int
	Invoked  time.Duration   // how long an invocation may last
	Runs     int             // invocations so far
	Deaf     bool            // no event of SES arrives
	Forget   func(calls int) // called with the number of calls to SES so far, to drop what no event is about any more; may be nil
	Settle   func()          // makes late reads of the stores catch up; may be nil
}

// NewWorld returns a world whose stores are made by open, with n account holders, before the first run of the service.
func NewWorld(t testing.TB, n int, open func(now func() time.Time) Stores) *World {
	w := &World{T: t, Clock: testclock.New(Noon.AddDate(1, 0, 0)), Counted: map[metric.Name]int{}, Invoked: 5 * time.Minute} // ahead of the machine's clock, so that no deadline passes by itself
	now := w.Clock.Now
	w.SES, w.People, w.Letters = NewSES(now), &Crowd{Shards: 16}, &Letters{}
	w.Stores = open(now)
	for i := range n {
		w.People.Join(fmt.Sprintf("i#1#%06d", i), standing.Running, now().AddDate(0, -1, 0))
	}
	w.Runner = &notice.Runner{
		Register: w.Stores, Campaigns: w.Stores, Recipients: w.Stores, Partitions: w.Stores, Claims: w.Stores, Arrivals: w.Stores,
		People: w.People, Shards: w.People.Shards, Spellings: w.People, Persons: w.People, Mailer: w.SES, Accounts: Accounts{w.SES}, Letters: w.Letters, Meter: counter(w.Counted),
		Published: []notice.Publication{{Version: Old, Kind: "significant", From: now().AddDate(-1, 0, 0)}}, Policy: policy.InForce,
		Share: 80, Now: now, Sleep: w.sleep,
	}
	w.Feedback = &notice.Feedback{Register: w.Stores, Recipients: w.Stores, Claims: w.Stores, Arrivals: w.Stores, Policy: policy.InForce, Now: now}
	w.Control = notice.Control{Register: w.Stores, Recipients: w.Stores, Published: w.published, Policy: policy.InForce, Now: now}
	return w
}

func (w *World) published(version string) bool {
	for _, p := range w.Runner.Published {
		if p.Version == version {
			return true
		}
	}
	return false
}

// Publish adds a version that is announced now and comes into force in so many days.
func (w *World) Publish(version, kind string, days int) {
	now := w.Clock.Now()
	w.Runner.Published = append([]notice.Publication{{Version: version, Kind: kind, From: now.AddDate(0, 0, days), AnnounceAt: now, Within: 7}}, w.Runner.Published...)
}

// sleep moves the clock. Meanwhile the events of SES arrive.
func (w *World) sleep(_ context.Context, d time.Duration) error {
	w.Clock.Advance(d)
	w.Hear() //nolint:contextcheck // reports do not come from the caller
	return nil
}

// Hear takes in the events that have arrived.
func (w *World) Hear() {
	w.T.Helper()
	for _, e := range w.SES.Arrive() {
		if w.Deaf {
			continue
		}
		if err := w.Feedback.Take(context.Background(), e); err != nil {
			w.T.Fatal(err)
		}
	}
}

// limited is a context whose deadline is on the clock of the test.
type limited struct {
	context.Context
	until time.Time
}

// Deadline implements [context.Context].
func (l limited) Deadline() (time.Time, bool) { return l.until, true }

// Invoke runs once, as an invocation of limited time.
func (w *World) Invoke() error {
	w.Runs++
	return w.Runner.Run(limited{context.Background(), w.Clock.Now().Add(w.Invoked)})
}

// Pass lets time pass, with an invocation each minute.
func (w *World) Pass(d time.Duration) {
	w.T.Helper()
	for end := w.Clock.Now().Add(d); w.Clock.Now().Before(end); {
		next := w.Clock.Now().Add(time.Minute)
		if err := w.Invoke(); err != nil {
			w.T.Fatal(err)
		}
		if left := next.Sub(w.Clock.Now()); left > 0 {
			w.Clock.Advance(left)
		}
		w.Hear()
		if w.Forget != nil {
			w.Forget(w.SES.Calls)
		}
	}
}

// Show returns the campaign of a version with its counts.
func (w *World) Show(version string) notice.Shown {
	w.T.Helper()
	if w.Settle != nil {
		w.Settle()
	}
	shown, err := w.Control.Show(context.Background(), version)
	if err != nil {
		w.T.Fatal(err)
	}
	return shown
}

// Letters writes the same letter about every version.
type Letters struct {
	Broken map[string]error // versions without a letter
}

// Letter implements [notice.Letters].
func (l *Letters) Letter(_ context.Context, version string) (notice.Letter, error) {
	if err := l.Broken[version]; err != nil {
		return notice.Letter{}, err
	}
	return notice.Letter{Subject: version, Text: "text", HTML: "html"}, nil
}

// counter implements [notice.Meter].
type counter map[metric.Name]int

// Count implements [notice.Meter]. A name that is not in the table is an error.
func (c counter) Count(name metric.Name) error {
	c[name]++
	return metric.Put(io.Discard, "stack", Noon, metric.Values{name: 1})
}
