package intake

import (
	"maps"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// decides records what a data subject says about marketing mail, and applies it.
func (r *rig) decides(t testing.TB, id privacy.SubjectID, state consent.State) {
	t.Helper()
	key := consent.Address(id)
	next := consent.Record{Subject: key, Version: r.log[key].Version + 1, ExpiresAt: r.now().AddDate(3, 6, 0),
		Decisions: map[privacy.Purpose]consent.Decision{privacy.MarketingEmail: {State: state, DecidedAt: r.now(), ExpiresAt: r.now().AddDate(0, 6, 0)}}}
	r.log[key] = next
	if err := r.FollowConsent(t.Context(), id, next); err != nil {
		t.Fatal(err)
	}
}

// both is Anna and Bo, each with a marketing record and the choice given.
func both(t testing.TB, annas, bos consent.State) (r *rig, a, b privacy.SubjectID) {
	t.Helper()
	r = newRig()
	r.takes(t, byID("7", anna), marketing("annas", start))
	r.takes(t, byID("8", bo), marketing("bos", start))
	r.takes(t, byID("8", bo), invoice("1", start))
	a, b = r.known(by(anna)), r.known(by(bo))
	for id, state := range map[privacy.SubjectID]consent.State{a: annas, b: bos} {
		if state != "" {
			r.decides(t, id, state)
		}
	}
	r.clock.Advance(24 * time.Hour)
	return r, a, b
}

// kept returns when the marketing data of Anna and of Bo expires; "-" if it has, and "" for never.
func (r *rig) kept(annas, bos privacy.SubjectID) (kept [2]string) {
	all := r.expiries(annas, bos)
	for i, id := range []string{"marketing#annas", "marketing#bos"} {
		expires, stored := all[id]
		if kept[i] = expires; !stored {
			kept[i] = "-"
		}
	}
	return kept
}

// F04: after a join, marketing data of both follows what both decided. After it was taken back, each follows their own again; what a withdrawal has
// ended stays gone, and what only the other's consent kept waits from then on.
func TestPromise_F04_JoinedMarketingDataFollowsBothChoices(t *testing.T) {
	const granted, denied, nothing = consent.Granted, consent.Denied, consent.State("")
	const waits, since = "2026-12-23T12:00:00Z", "2026-12-25T12:00:00Z"
	const none, yes, no = standing.NoChoice, standing.Consented, standing.Withdrawn
	for name, c := range map[string]struct {
		a, b          consent.State
		joined, apart [2]string // of Anna, who stays, and of Bo
		choice        standing.Choice
		annas, bos    standing.Choice
	}{
		"neither decided":        {nothing, nothing, [2]string{waits, waits}, [2]string{waits, waits}, none, none, none},
		"both granted":           {granted, granted, [2]string{"", ""}, [2]string{"", ""}, yes, yes, yes},
		"who stays had granted":  {granted, nothing, [2]string{"", ""}, [2]string{"", waits}, yes, yes, none},
		"who went had granted":   {nothing, granted, [2]string{"", ""}, [2]string{since, ""}, yes, none, yes},
		"who stays had denied":   {denied, granted, [2]string{"-", "-"}, [2]string{"-", "-"}, no, no, yes},
		"who went had denied":    {granted, denied, [2]string{"-", "-"}, [2]string{"-", "-"}, no, yes, no},
		"only one, and denied":   {nothing, denied, [2]string{"-", "-"}, [2]string{"-", "-"}, no, none, no},
		"only the other, denied": {denied, nothing, [2]string{"-", "-"}, [2]string{"-", "-"}, no, no, none},
	} {
		r, annas, bos := both(t, c.a, c.b)
		r.joins(t, "7", bo)
		r.rebuilds(t, annas, bos)
		if got := r.kept(annas, bos); got != c.joined || r.states[annas].Marketing != c.choice {
			t.Errorf("%s, joined: %v, %q", name, got, r.states[annas].Marketing)
		}
		if state := r.states[annas]; c.joined[0] == "" && (!state.Endless || !state.ExpiresAt.IsZero()) {
			t.Errorf("%s: her data has no end, and she is known until %v", name, state.ExpiresAt)
		}
		r.clock.Advance(24 * time.Hour)
		r.separates(t, bo)
		r.rebuilds(t, annas, bos)
		if got := r.kept(annas, bos); got != c.apart || r.states[annas].Marketing != c.annas || r.states[bos].Marketing != c.bos {
			t.Errorf("%s, apart: %v, %q and %q", name, got, r.states[annas].Marketing, r.states[bos].Marketing)
		}
		for id, expires := range map[privacy.SubjectID]string{annas: c.apart[0], bos: c.apart[1]} {
			if until := r.states[id].ExpiresAt; expires == "" && !until.IsZero() || len(expires) > 1 && !until.IsZero() && until.Before(moment(expires)) {
				t.Errorf("%s: data until %q, known until %v", name, expires, until)
			}
		}
	}
}

// C03: what either of the joined decides later replaces what was united, by either id. A record of the one who went brings nothing back.
func TestPromise_C03_ALaterChoiceReplacesTheUnited(t *testing.T) {
	r, annas, bos := both(t, consent.Granted, consent.Denied)
	r.joins(t, "7", bo)
	r.rebuilds(t, annas)
	r.clock.Advance(time.Hour)
	r.decides(t, annas, consent.Granted)
	if r.states[annas].Marketing != standing.Consented {
		t.Fatalf("granted since: %+v", r.states[annas].State)
	}
	r.takes(t, byID("8", ""), marketing("again", start))
	if err := r.FollowConsent(t.Context(), bos, r.log[consent.Address(bos)]); err != nil || r.states[annas].Marketing != standing.Consented {
		t.Errorf("the old denial of the one who went: %v, %q", err, r.states[annas].Marketing)
	}
	r.clock.Advance(time.Hour)
	r.decides(t, annas, consent.Denied)
	if got := r.expiries(annas, bos); r.states[annas].Marketing != standing.Withdrawn || !maps.Equal(got, map[string]string{"transaction#1": "2033-11-23T12:00:00Z"}) {
		t.Errorf("denied since: %v", got)
	}
	if r.states[bos].Marketing != standing.Withdrawn || r.states[bos].Version >= r.states[annas].Version {
		t.Errorf("the state of the one who went changed: %+v", r.states[bos])
	}
}

// F02: two runs apply what two who were joined decided, and the one that read first is slow. The proof of one of them is newer than all records of the
// other, so it does not tell the runs apart. The later decision holds.
func TestFault_F02_ASlowRunDoesNotUndoALaterChoice(t *testing.T) {
	r, annas, bos := both(t, consent.Granted, consent.Granted)
	far := r.log[consent.Address(bos)]
	far.ExpiresAt = far.ExpiresAt.AddDate(1, 0, 0)
	r.log[consent.Address(bos)] = far
	r.joins(t, "7", bo)
	r.rebuilds(t, annas)
	r.clock.Advance(time.Hour)
	r.before = func(operation string) error {
		if operation == "Transition" {
			r.before = nil
			r.decides(t, annas, consent.Denied)
		}
		return nil
	}
	if err := r.FollowConsent(t.Context(), annas, r.log[consent.Address(annas)]); err != nil {
		t.Fatal(err)
	}
	if state := r.states[annas]; r.before != nil || state.Marketing != standing.Withdrawn || len(r.kept(annas, bos)[0]) != 1 {
		t.Errorf("%+v, %v", state.State, r.kept(annas, bos))
	}
}

// F15: somebody is joined between the reading of a consent and the change of the state. What both decided holds.
func TestFault_F15_AConsentIsAppliedWhileSomebodyIsJoined(t *testing.T) {
	for _, operation := range []string{"Transition", "Consents"} {
		r, annas, bos := both(t, consent.Granted, consent.Denied)
		r.takes(t, byID("9", "cleo@example.org"), login("1", start))
		r.joins(t, "7", "cleo@example.org")
		r.before = func(called string) error {
			if called == operation {
				r.before = nil
				r.joins(t, "7", bo)
			}
			return nil
		}
		if err := r.FollowConsent(t.Context(), annas, r.log[consent.Address(annas)]); err != nil || r.before != nil {
			t.Fatal(err)
		}
		if r.states[annas].Marketing != standing.Withdrawn {
			t.Errorf("%s: %+v", operation, r.states[annas].State)
		}
		r.before = func(called string) error { // and the one who goes
			if called == "Transition" {
				r.before = nil
				r.separates(t, bo)
			}
			return nil
		}
		if err := r.FollowConsent(t.Context(), bos, r.log[consent.Address(bos)]); err != nil || r.states[bos].Marketing != standing.Withdrawn {
			t.Errorf("%v, %+v", err, r.states[bos].State)
		}
		r.rebuilds(t, annas, bos)
		if r.states[annas].Marketing != standing.Consented {
			t.Errorf("%s, apart: %+v", operation, r.states[annas].State)
		}
	}
}

// F15: the one whose consent is applied goes into somebody who had denied. Nothing is written by their own state any more, so that the denial ends the
// marketing data of both.
func TestFault_F15_AConsentIsAppliedWhileItsGiverIsJoined(t *testing.T) {
	r, annas, bos := both(t, consent.Denied, consent.Granted)
	version := r.states[bos].Version
	r.before = func(operation string) error {
		if operation == "Transition" {
			r.before = nil
			r.joins(t, "7", bo)
		}
		return nil
	}
	key := consent.Address(bos)
	later := r.log[key]
	later.Version++
	r.log[key] = later
	if err := r.FollowConsent(t.Context(), bos, later); err != nil || r.before != nil {
		t.Fatal(err)
	}
	r.rebuilds(t, annas)
	if got := r.kept(annas, bos); got != [2]string{"-", "-"} || r.states[bos].Version > r.states[annas].Version || r.states[bos].Version <= version {
		t.Errorf("%v, versions %d and %d", got, r.states[annas].Version, r.states[bos].Version)
	}
}
