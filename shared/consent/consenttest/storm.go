package consenttest

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Storm lets several callers act for one data subject at once. Then it withdraws everything, and sends again every call that granted
// something, none of which may grant anything now. It repeats this for the given number of rounds, and checks the history at the end.
func Storm(t testing.TB, s Service, kinds []Kind, seed uint64, callers, calls, rounds int, history func() []consent.Record) {
	t.Helper()
	var mu sync.Mutex
	var grants []Call // that were recorded and can be sent again
	for round := range rounds {
		var wg sync.WaitGroup
		for caller := range callers {
			script := &Script{Kinds: kinds, Random: rand.New(rand.NewPCG(seed, uint64(round*callers+caller)))} //nolint:gosec // a test that can be repeated
			wg.Go(func() {
				version := 0
				for range calls {
					c := script.Next(version)
					got := s.Do(t, c)
					checkAnswer(t, c, got)
					version = got.Version
					if mu.Lock(); c.Key != "" && c.recordsGrants() && got.Status < 300 {
						grants = append(grants, c)
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		// With the signal, so that a call which came with it as well is no opt-out more when it is sent again.
		everything := Call{Kind: Withdraw, Decisions: map[privacy.Purpose]consent.State{}, Signal: true, After: -1}
		for _, purpose := range rules().Purposes {
			everything.Decisions[purpose] = consent.Denied
		}
		withdrawn := s.Do(t, everything)
		checkAnswer(t, everything, withdrawn)
		for _, c := range grants {
			wg.Go(func() {
				if got := s.Do(t, c); slices.Contains(values(got), consent.Granted) {
					t.Errorf("%+v, sent again after everything was withdrawn, is answered %+v", c, got)
				}
			})
		}
		wg.Wait()
		if now := s.Do(t, Call{Kind: Read, After: -1}); now.Version != withdrawn.Version || slices.Contains(values(now), consent.Granted) {
			t.Errorf("everything was withdrawn by version %d, and now stands %+v", withdrawn.Version, now)
		}
	}
	checkHistory(t, history())
}

// checkAnswer checks that a denial was accepted and that its answer shows it.
func checkAnswer(t testing.TB, c Call, got Answer) {
	t.Helper()
	switch {
	case got.Status == 412 && (c.After >= 0 || c.First), got.Status == 404 && c.Kind == Confirm:
		return
	case got.Status == 409 && (!c.denies() || c.optsIn()):
		return
	case got.Status >= 300:
		t.Errorf("%+v is answered %d", c, got.Status)
		return
	}
	for purpose, state := range got.States {
		if c.Kind != Read && c.Decisions[purpose] == consent.Denied && state != consent.Denied {
			t.Errorf("%+v is answered with %s %s", c, purpose, state)
		}
		if c.Signal && rules().Shares(purpose) && state != consent.Denied {
			t.Errorf("%+v came with the signal and is answered with %s %s", c, purpose, state)
		}
	}
}

// checkHistory checks that the versions have no gaps and that no act grants anything twice.
func checkHistory(t testing.TB, history []consent.Record) {
	t.Helper()
	recorded := map[string]bool{}
	for i, r := range history {
		if r.Version != i+1 {
			t.Fatalf("version %d stands at place %d", r.Version, i+1)
		}
		for purpose, d := range r.Decisions {
			if recorded[r.Operation] && d.State == consent.Granted && history[i-1].Decisions[purpose] != d {
				t.Errorf("version %d grants %s by an act that was on record", r.Version, purpose)
			}
		}
		recorded[r.Operation] = true
	}
}

func values(got Answer) (out []consent.State) {
	for _, state := range got.States {
		out = append(out, state)
	}
	return out
}
