package identitytest

import (
	"context"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// Limits are the cases of people who have limited the use of their data. Whatever becomes of their addresses, what they forbade stays forbidden.
var Limits = Cases{
	"a join unites them, and its end gives them back": func(r *Rig) {
		anna, bert := r.Record("crm/1", "anna"), r.Record("crm/2", "bert")
		r.limits(anna, func(s standing.State) standing.State {
			return s.OptedOut(standing.OptOut{Request: "a", At: r.Clock.Now()})
		})
		r.limits(bert, r.restricting("b"))
		r.days(1)
		joined := r.Clock.Now()
		r.puts("crm/1", true, "anna", "bert")
		if s := r.state(anna); !s.Limited("a") || !s.Limited("b") || !s.Suspends(privacy.Contact) || !s.FencedAt.Equal(joined) || !s.ExpiresAt.IsZero() {
			r.Errorf("joined: %+v", s)
		}
		r.days(1)
		r.limits(anna, func(s standing.State) standing.State {
			s, _ = s.Objected(standing.Objection{Request: "c", At: r.Clock.Now(), Purposes: []privacy.Purpose{"x"}})
			return s
		})
		parted := r.Clock.Now()
		if _, err := r.separate("bert"); err != nil {
			r.Fatalf("%v", err)
		}
		for id, limited := range map[privacy.SubjectID][]bool{anna: {true, false, true}, bert: {false, true, true}} {
			s := r.state(id)
			if got := []bool{s.Limited("a"), s.Limited("b"), s.Limited("c")}; !slices.Equal(got, limited) || !s.FencedAt.Equal(parted) || !s.ExpiresAt.IsZero() {
				r.Errorf("taken back: %v, not %v, %+v", got, limited, s)
			}
		}
	},
	"what was lifted while they were joined does not come back": func(r *Rig) {
		anna, bert := r.Record("crm/1", "anna"), r.Record("crm/2", "bert")
		r.limits(bert, r.restricting("b"))
		r.puts("crm/1", true, "anna", "bert")
		r.days(1)
		r.limits(anna, func(s standing.State) standing.State { return s.Lifted("b", r.Clock.Now()) })
		if _, err := r.separate("bert"); err != nil {
			r.Fatalf("%v", err)
		}
		if s := r.state(bert); s.InForce() || s.ExpiresAt.IsZero() || s.FencedAt.IsZero() || r.state(anna).InForce() {
			r.Errorf("%+v", s)
		}
	},
	"an address that somebody typed brings its opt-out along": func(r *Rig) {
		anna, typed := r.Record("crm/1", "anna"), r.Type("typed")
		r.limits(typed, func(s standing.State) standing.State {
			return s.OptedOut(standing.OptOut{Request: "a", At: r.Clock.Now()})
		})
		r.days(30) // nothing but the opt-out keeps it on record
		r.puts("crm/1", false, "anna", "typed")
		r.stands("typed", anna)
		if s := r.state(anna); !s.Limited("a") || !s.ExpiresAt.IsZero() || r.state(typed).Into != anna {
			r.Errorf("%+v", s)
		}
	},
	"what follows is done again after the last write that does not know of it": func(r *Rig) {
		anna, bert := r.Record("crm/1", "anna"), r.Record("crm/2", "bert")
		r.limits(bert, r.restricting("b"))
		again := r.Clock.Now().Add(time.Hour)
		r.Consequences.Rebuild = func(_ context.Context, id privacy.SubjectID) (time.Time, error) {
			if r.rebuilt = append(r.rebuilt, id); r.Clock.Now().Before(again) {
				return again, nil
			}
			return time.Time{}, nil
		}
		change := last(r.puts("crm/1", true, "anna", "bert"))
		for _, c := range []struct {
			advance time.Duration
			rebuilt int
			due     time.Time
		}{{0, 1, again}, {time.Hour - time.Second, 1, again}, {time.Second, 2, time.Time{}}, {time.Hour, 2, time.Time{}}} {
			r.Clock.Advance(c.advance)
			r.run(change)
			kept, found, err := r.Store.LoadChange(r.Context(), change)
			if r.must(err); !found || len(r.rebuilt) != c.rebuilt || !kept.NextAt.Equal(c.due) || (len(kept.Rebuild) > 0) == c.due.IsZero() || len(kept.Cut)+len(kept.Told) > 0 {
				r.Errorf("after %v: %d times, %+v", c.advance, len(r.rebuilt), kept)
			}
		}
		if slices.Contains(r.rebuilt, bert) || r.rebuilt[0] != anna {
			r.Errorf("rebuilt: %v", r.names(r.rebuilt))
		}
	},
}

// limits changes what a data subject limits.
func (r *Rig) limits(id privacy.SubjectID, change func(standing.State) standing.State) {
	r.Helper()
	_, found, err := r.Store.Transition(r.Context(), id, func(from standing.Snapshot) (standing.State, time.Time) {
		to := change(from.State)
		return to, to.KnownUntil(r.Policy(r.Clock.Now()))
	})
	if r.must(err); !found {
		r.Fatalf("nobody is known")
	}
}

// restricting returns a change that restricts the use of all data.
func (r *Rig) restricting(request string) func(standing.State) standing.State {
	return func(s standing.State) standing.State {
		s, _ = s.Restricted(standing.Restriction{Request: request, At: r.Clock.Now(), Ground: privacy.Claims})
		return s
	}
}
