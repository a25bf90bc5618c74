package consent_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// decided returns a record with one decision about marketing mail, which is to be asked for again after six months.
func decided(subject string, version int, state consent.State, at time.Time) consent.Record {
	r := consent.Record{Subject: subject, Version: version, RecordedAt: at, ExpiresAt: at.AddDate(3, 6, 0)}
	if state != "" {
		r.Decisions = map[privacy.Purpose]consent.Decision{privacy.MarketingEmail: {State: state, DecidedAt: at, ExpiresAt: at.AddDate(0, 6, 0)}}
	}
	return r
}

// C03: what two data subjects decided counts together after a join: a denial before it holds, whoever gave it, and what either decides later
// replaces it.
func TestPromise_C03_WhatADenialMeansAfterAJoin(t *testing.T) {
	const granted, denied = consent.Granted, consent.Denied
	joined := now.AddDate(0, -1, 0)
	long, before, same, after, later := joined.AddDate(0, -8, 0), joined.AddDate(0, 0, -1), joined.Add(999*time.Millisecond), joined.Add(time.Second), joined.AddDate(0, 0, 1)
	one := func(state consent.State, at time.Time) consent.Record { return decided("e#a", 1, state, at) }
	for name, c := range map[string]struct {
		ours, theirs consent.Record
		want         consent.State
	}{
		"neither decided":                      {consent.Record{}, consent.Record{}, consent.Undecided},
		"one granted":                          {one(granted, before), consent.Record{}, granted},
		"about something else":                 {one("", before), one(granted, before), granted},
		"both granted":                         {one(granted, before), one(granted, before.Add(1)), granted},
		"one granted too long ago":             {one(granted, long), one(granted, before), granted},
		"both granted too long ago":            {one(granted, long), one(granted, long), consent.Expired},
		"one denied":                           {one(denied, before), consent.Record{}, denied},
		"one of each, the denial first":        {one(denied, before), one(granted, before.Add(time.Hour)), denied},
		"one of each, the grant first":         {one(granted, before), one(denied, before.Add(time.Hour)), denied},
		"granted in the second of the join":    {one(denied, before), one(granted, same), denied},
		"denied in the second of the join":     {one(granted, before), one(denied, same), denied},
		"granted after the join":               {one(denied, before), one(granted, after), granted},
		"denied after the join":                {one(granted, before), one(denied, after), denied},
		"granted after, then denied":           {one(granted, after), one(denied, later), denied},
		"denied after, then granted":           {one(denied, after), one(granted, later), granted},
		"denied, and granted before the join":  {one(denied, after), one(granted, before), denied},
		"granted, and a denial before it":      {one(granted, later), one(denied, same), granted},
		"a denial that is to be asked again":   {one(denied, long), one(granted, before), consent.Expired},
		"two denials, one to be asked again":   {one(denied, long), one(denied, before), denied},
		"a record whose retention has ended":   {one(granted, before), decided("e#b", 1, denied, now.AddDate(-3, -6, 0)), granted},
		"only such a record":                   {consent.Record{}, decided("e#b", 1, granted, now.AddDate(-3, -6, 0)), consent.Undecided},
		"such a record, and one that is there": {decided("e#b", 1, denied, now.AddDate(-3, -6, 0)), one(granted, before), granted},
	} {
		for turn, got := range []consent.Record{c.ours.United(c.theirs, joined, now), c.theirs.United(c.ours, joined, now)} {
			if state := got.Effective(privacy.MarketingEmail, now).State; state != c.want {
				t.Errorf("%s, turned %d: %s", name, turn, state)
			}
		}
	}
}

// The united record is that of who stayed, and names the newer of both records, by which stored data follows. Neither record changes.
func TestWhatAUnitedRecordNames(t *testing.T) {
	joined := now.AddDate(0, -1, 0)
	ours, theirs := decided("e#a", 4, consent.Granted, joined.AddDate(0, -2, 0)), decided("e#b", 2, consent.Denied, joined.AddDate(0, -1, 0))
	for _, got := range []consent.Record{ours.United(theirs, joined, now), theirs.United(ours, joined, now)} {
		if got.Version != 2 || !got.ExpiresAt.Equal(theirs.ExpiresAt) {
			t.Errorf("version %d until %v", got.Version, got.ExpiresAt)
		}
	}
	if got := ours.United(theirs, joined, now); got.Subject != "e#a" || ours.Decisions[privacy.MarketingEmail].State != consent.Granted {
		t.Errorf("%+v of %+v", got, ours)
	}
	theirs.ExpiresAt = ours.ExpiresAt
	if got := theirs.United(ours, joined, now); got.Version != 4 || got.Subject != "e#b" {
		t.Errorf("version %d of %s", got.Version, got.Subject)
	}
}

// C03: a denial before the joins never becomes a grant by them, in whatever order they happen. The latest decision after them replaces everything.
func TestPromise_C03_NoJoinTurnsADenialIntoAGrant(t *testing.T) {
	soak.Check(t, func(t *rapid.T) {
		state := rapid.SampledFrom([]consent.State{consent.Granted, consent.Denied})
		var all []consent.Record
		denied := false
		for i := range rapid.IntRange(2, 6).Draw(t, "people") {
			says := state.Draw(t, "state")
			denied = denied || says == consent.Denied
			all = append(all, decided("e#x", i+1, says, now.AddDate(0, -2, -rapid.IntRange(0, 90).Draw(t, "day"))))
		}
		want := map[bool]consent.State{true: consent.Denied, false: consent.Granted}[denied]
		joined := now.AddDate(0, -1, 0)
		order := rapid.Permutation(all).Draw(t, "order")
		united, nested := order[0], order[len(order)-1]
		for i := range order[1:] {
			united = united.United(order[i+1], joined.Add(time.Duration(i)*time.Hour), now)
			nested = order[len(order)-2-i].United(nested, joined.Add(time.Duration(i)*time.Hour), now)
		}
		for name, got := range map[string]consent.Record{"one by one": united, "into one another": nested} {
			if decision := got.Decisions[privacy.MarketingEmail]; decision.State != want {
				t.Fatalf("%s: %s, not %s", name, decision.State, want)
			}
		}
		last := decided("e#x", 9, state.Draw(t, "later"), now.AddDate(0, 0, -1))
		replaced := last
		for i, other := range order {
			replaced = replaced.United(other, joined.Add(time.Duration(i)*time.Hour), now)
		}
		if got := replaced.Effective(privacy.MarketingEmail, now).State; got != last.Decisions[privacy.MarketingEmail].State {
			t.Fatalf("decided later: %s, not %s", got, last.Decisions[privacy.MarketingEmail].State)
		}
	})
}

// Denials are what was denied since a time, and is still.
func TestDenialsSinceATime(t *testing.T) {
	r := decided("e#a", 1, consent.Denied, now)
	r.Decisions[privacy.Testimonials] = consent.Decision{State: consent.Granted, DecidedAt: now}
	for since, want := range map[time.Time]int{now.Add(-1): 1, now: 1, now.Add(1): 0} {
		if got, _ := r.Denials(since); len(got) != want || want == 1 && got[privacy.MarketingEmail] != consent.Denied {
			t.Errorf("since %v: %v", since, got)
		}
	}
}
