package intake

import (
	"errors"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// restricts imposes a restriction on a data subject's own state, at the time of the rig.
func (r *rig) restricts(id privacy.SubjectID, request string) {
	s := r.states[id]
	s.State, _ = s.Restricted(standing.Restriction{Request: request, At: r.clock.Now(), Ground: privacy.Unlawful})
	s.Version, s.ExpiresAt = s.Version+1, time.Time{}
	r.states[id] = s
}

// F27: the last pass begins once no write can arrive any more that does not know of the state. Whoever was never fenced needs none.
func TestFault_F27_WhenTheLastPassIsDue(t *testing.T) {
	r := newRig()
	r.Writers = 90 * time.Second
	r.takes(t, by(anna), invoice("1", start))
	if again, err := r.Keep(t.Context(), r.sid()); err != nil || !again.IsZero() || r.calls["Move"] != len(privacy.AccountData) {
		t.Errorf("never fenced: %v, %v, %d categories", again, err, r.calls["Move"])
	}
	r.clock.Advance(time.Millisecond)
	r.restricts(r.sid(), "1")
	due := moment("2026-11-23T12:01:31Z") // the next full second: due times are in seconds, and must not be too early
	for _, now := range []time.Time{r.clock.Now(), due.Add(-1)} {
		r.clock.Set(now)
		if again, err := r.Keep(t.Context(), r.sid()); err != nil || !again.Equal(due) {
			t.Errorf("at %v: %v, %v", now, again, err)
		}
	}
	r.clock.Set(due)
	if again, err := r.Keep(t.Context(), r.sid()); err != nil || !again.IsZero() {
		t.Errorf("the last pass: %v, %v", again, err)
	}
	if again, err := r.Keep(t.Context(), "nobody"); err != nil || !again.IsZero() {
		t.Errorf("nobody: %v, %v", again, err)
	}
}

// A pass during which the state changes is not the last one: another follows at once, from the state as it is now.
func TestFault_F27_AStateThatChangesDuringTheLastPass(t *testing.T) {
	r := newRig()
	r.Writers = time.Minute
	r.takes(t, by(anna), invoice("1", start))
	r.restricts(r.sid(), "1")
	r.clock.Advance(time.Hour)
	moves := 0
	r.before = func(operation string) error {
		if operation == "Move" {
			if moves++; moves == 3 {
				s := r.states[r.sid()]
				s.State, s.Version = s.Lifted("1", r.clock.Now()), s.Version+1
				r.states[r.sid()] = s
			}
		}
		return nil
	}
	again, err := r.Keep(t.Context(), r.sid())
	if err != nil || !again.Equal(r.clock.Now().Add(time.Minute)) || moves <= 8 {
		t.Errorf("%v, %v after %d moves", again, err, moves)
	}
	r.expect(t, "lifted", map[string]string{"transaction#1": "2033-11-23T12:00:00Z"})
}

// The walk follows whoever somebody was joined to, and reaches the records of everybody who was joined. The join itself is a change of what is kept: it
// is looked at again after the last write that does not know of it.
func TestPromise_H04_ARestrictionOfJoinedPeople(t *testing.T) {
	r, annas, bos := couple(t, invoice("1", start))
	r.Writers = time.Minute
	r.restricts(bos, "1")
	if _, err := r.Keep(t.Context(), bos); err != nil {
		t.Fatal(err)
	}
	apart := map[string]string{"identity#self": "2028-11-23T12:00:00Z", "identity#other": "", "transaction#1": ""}
	check := func(name string, want map[string]string) {
		t.Helper()
		for key, at := range r.expiries(annas, bos) {
			if key == "identity#self" && at != "" && want[key] != "" {
				continue // the period of account data is tested elsewhere
			}
			if at != want[key] {
				t.Errorf("%s: %s is kept until %q, not %q", name, key, at, want[key])
			}
		}
	}
	check("apart", apart)
	r.clock.Advance(time.Hour)
	joined := r.clock.Now()
	r.joins(t, "7", bo)
	again, err := r.Rebuild(t.Context(), annas)
	if err != nil || !again.Equal(joined.Add(time.Minute)) {
		t.Errorf("joined: again %v, %v", again, err)
	}
	check("joined", map[string]string{"identity#self": "", "identity#other": "", "transaction#1": ""})
	r.takes(t, byID("8", ""), login("1", start))
	if got := r.expiries(annas)["security_log#1"]; got != "" {
		t.Errorf("a record since is kept until %q", got)
	}
	r.clock.Set(again)
	if again, err = r.Keep(t.Context(), bos); err != nil || !again.IsZero() {
		t.Errorf("the last pass, by the one who went: %v, %v", again, err)
	}
	r.clock.Advance(time.Hour)
	parted := r.clock.Now()
	r.separates(t, bo)
	for _, id := range []privacy.SubjectID{annas, bos} {
		if again, err := r.Rebuild(t.Context(), id); err != nil || !again.Equal(parted.Add(time.Minute)) {
			t.Errorf("taken back: again %v, %v", again, err)
		}
	}
	apart["security_log#1"] = "2027-02-21T12:00:00Z" // filed under Anna
	check("taken back", apart)
	if change := r.acts[len(r.acts)-1]; change.Kind != audit.SubjectsSeparated {
		t.Errorf("the last act: %s", change.Kind)
	}
}

// An error of any call of a walk ends it, and what it has not reached stays as it was.
func TestFault_F03_AWalkThatFails(t *testing.T) {
	for _, fails := range []string{"State", "Move", "FinishWalk"} {
		r := newRig()
		r.takes(t, by(anna), invoice("1", start))
		r.restricts(r.sid(), "1")
		broken := errors.New("broken")
		r.before = func(operation string) error {
			if operation == fails {
				return broken
			}
			return nil
		}
		if again, err := r.Keep(t.Context(), r.sid()); !errors.Is(err, broken) || !again.IsZero() {
			t.Errorf("%s: %v, %v", fails, again, err)
		}
	}
}
