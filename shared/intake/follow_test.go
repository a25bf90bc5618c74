package intake

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

var errCut = errors.New("the connection is cut")

// F03: a walk that fails is left to its task, which is due a minute later. The task may be done twice.
func TestFault_F03_AWalkThatFailsIsLeftToItsTask(t *testing.T) {
	r := newRig()
	r.put(t, account("a", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z", ""), record.Stored)
	r.put(t, person("2026-11-01T00:00:00Z", "Anna"), record.Stored)
	r.before = func(operation string) error {
		if operation == "Move" {
			return errCut
		}
		return nil
	}
	r.ends(t, "2026-11-22T00:00:00Z", "")
	r.before = nil
	r.expect(t, "cut off", map[string]string{"account#a": "2028-11-22T00:00:00Z", "identity#self": ""})
	if len(r.tasks) != 1 || len(r.walks) != 1 || !r.walks[0].DueAt.Equal(moment("2026-11-23T12:01:00Z")) || !r.walks[0].ExpiresAt.After(r.walks[0].DueAt) {
		t.Fatalf("%d tasks: %+v", len(r.tasks), r.walks)
	}
	for range 2 {
		if err := r.Walk(t.Context(), r.sid()); err != nil {
			t.Fatal(err)
		}
	}
	r.expect(t, "made good", map[string]string{"account#a": "2028-11-22T00:00:00Z", "identity#self": "2028-11-22T00:00:00Z"})
	if len(r.tasks) > 0 {
		t.Error("the task is left")
	}
}

// F03, F11: the state changes during a walk. The walk then goes over the records again, and only after that is the task done.
func TestFault_F11_TheStateChangesDuringAWalk(t *testing.T) {
	r := newRig()
	r.put(t, account("a", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z", ""), record.Stored)
	r.put(t, person("2026-11-01T00:00:00Z", "Anna"), record.Stored)
	r.before = func(operation string) error {
		if operation == "FinishWalk" {
			r.before = func(operation string) error { // the other writer is killed before it walks
				if operation == "Move" {
					return errCut
				}
				return nil
			}
			r.put(t, account("b", "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z", ""), record.Stored)
			r.before = nil
		}
		return nil
	}
	r.ends(t, "2026-11-22T00:00:00Z", "")
	r.expect(t, "after the walk", map[string]string{"account#a": "", "account#b": "", "identity#self": ""})
	if len(r.tasks) > 0 || r.calls["FinishWalk"] != 2 {
		t.Errorf("%d tasks, calls %v", len(r.tasks), r.calls)
	}
}

// A walk for a data subject of whom nothing is stored any more ends its task. A walk that fails is left to the next run.
func TestAWalkForNobody(t *testing.T) {
	r := newRig()
	r.tasks["gone"] = 7
	if err := r.Walk(t.Context(), "gone"); err != nil || len(r.tasks) > 0 || r.calls["Move"] > 0 {
		t.Errorf("%v, %d tasks, calls %v", err, len(r.tasks), r.calls)
	}
	r.put(t, person("2026-11-01T00:00:00Z", "Anna"), record.Stored)
	for _, operation := range []string{"State", "Move", "FinishWalk"} {
		r.before = func(called string) error {
			if called == operation {
				return errCut
			}
			return nil
		}
		if err := r.Walk(t.Context(), r.sid()); !errors.Is(err, errCut) {
			t.Errorf("%s: %v", operation, err)
		}
	}
}

// A walk is asked for only if the expiry of stored account data changes.
func TestPromise_F01_WhenStoredRecordsFollow(t *testing.T) {
	r := newRig()
	for i, c := range []struct {
		one   record.Record
		walks int
	}{
		{invoice("1", "2026-01-01T00:00:00Z"), 0},
		{login("1", "2026-11-01T00:00:00Z"), 0}, // moves the state of a lead of whom no account data is stored
		{person("2026-10-01T00:00:00Z", "Anna"), 0},
		{login("2", "2026-11-02T00:00:00Z"), 1},
		{marketing("news", "2026-11-01T00:00:00Z"), 1}, // moves the state and no account data
		{account("a", "2026-11-03T00:00:00Z", "2020-01-01T00:00:00Z", ""), 2},
		{account("b", "2026-11-03T00:00:00Z", "2020-01-01T00:00:00Z", ""), 2},
		{account("a", "2026-11-04T00:00:00Z", "2020-01-01T00:00:00Z", "2026-11-04T00:00:00Z"), 2},
		{account("b", "2026-11-04T00:00:00Z", "2020-01-01T00:00:00Z", "2026-11-03T00:00:00Z"), 3},
		{account("b", "2026-11-05T00:00:00Z", "2020-01-01T00:00:00Z", "2026-11-02T00:00:00Z"), 3},
	} {
		r.put(t, c.one, record.Stored)
		if len(r.walks) != c.walks {
			t.Errorf("%d %s: %d walks, not %d", i, c.one.Category, len(r.walks), c.walks)
		}
	}
}

// F03: a state that would expire before the task of its walk is kept until then, to the second, since the walk needs it.
func TestFault_F03_TheStateOutlivesItsWalk(t *testing.T) {
	r := newRig()
	r.put(t, person("2024-11-24T12:00:00Z", "Anna"), record.Stored) // expires tomorrow, its subject with the month
	r.clock.Set(moment("2026-11-23T12:00:00.5Z"))
	r.put(t, account("a", "2026-11-20T00:00:00Z", "2020-01-01T00:00:00Z", "2024-11-23T12:30:00Z"), record.Stored)
	if len(r.walks) != 1 {
		t.Fatalf("%d walks", len(r.walks))
	}
	end := r.walks[0].ExpiresAt
	if got := r.states[r.sid()].ExpiresAt; !got.Equal(end.Truncate(time.Second)) || !end.After(moment("2026-12-01T00:00:00Z")) {
		t.Errorf("the state expires %v, the task %v", got, end)
	}
}

// said is the consent record of a version. It is about marketing mail, or only about something else if state is "".
func said(state consent.State, version int) consent.Record {
	r := consent.Record{Version: version, ExpiresAt: moment("2030-05-23T12:00:00Z"),
		Decisions: map[privacy.Purpose]consent.Decision{privacy.Testimonials: {State: consent.Granted}}}
	if state != "" {
		r.Decisions[privacy.MarketingEmail] = consent.Decision{State: state}
	}
	return r
}

func (r *rig) choose(t *testing.T, state consent.State, version int) {
	t.Helper()
	if err := r.FollowConsent(t.Context(), r.sid(), said(state, version)); err != nil {
		t.Error(err)
	}
}

// F04: for everything that a consent record can say about marketing mail: the state and the stored record afterwards.
func TestPromise_F04_WhatAConsentRecordSays(t *testing.T) {
	for _, row := range []struct {
		said   consent.State
		want   standing.Choice
		until  string // of what finds the subject, "" for no end
		stored map[string]string
	}{
		{consent.Granted, standing.Consented, "", map[string]string{"marketing#news": ""}},
		{consent.Denied, standing.Withdrawn, "2030-06-01T00:00:00Z", map[string]string{}},
		{"", standing.NoChoice, "2030-06-01T00:00:00Z", map[string]string{"marketing#news": "2026-12-23T12:00:00Z"}},
	} {
		r := newRig()
		r.put(t, marketing("news", "2026-11-01T00:00:00Z"), record.Stored)
		for range 2 { // the task may be found twice (fault F02)
			r.choose(t, row.said, 1)
			state := r.states[r.sid()]
			if state.Marketing != row.want || state.Proof.Version != 1 || state.Version != 2 || !state.ExpiresAt.Equal(moment(row.until)) {
				t.Errorf("said %q: %+v", row.said, state)
			}
			r.expect(t, fmt.Sprintf("said %q", row.said), row.stored)
		}
	}
}

// F02: two consent records overtake each other. The older one undoes nothing.
func TestFault_F02_AnOlderConsentRecordUndoesNothing(t *testing.T) {
	r := newRig()
	r.put(t, marketing("news", "2026-11-01T00:00:00Z"), record.Stored)
	r.put(t, invoice("1", "2026-11-01T00:00:00Z"), record.Stored)
	r.choose(t, consent.Denied, 2)
	r.choose(t, consent.Granted, 1)
	r.put(t, marketing("news", "2026-11-22T00:00:00Z"), record.RetentionOver)
	r.put(t, marketing("other", "2026-11-22T00:00:00Z"), record.RetentionOver)
	r.expect(t, "withdrawn", map[string]string{"transaction#1": "2033-11-01T00:00:00Z"})
	r.choose(t, consent.Granted, 3)
	r.put(t, marketing("news", "2026-11-22T00:00:00Z"), record.Stored)
	r.expect(t, "granted again", map[string]string{"marketing#news": "", "transaction#1": "2033-11-01T00:00:00Z"})
}

// F15: a withdrawal comes between the decision on a marketing record and its write. The record is not stored under the old state.
func TestFault_F15_NoMarketingLineSlipsPastAWithdrawal(t *testing.T) {
	r := newRig()
	r.put(t, marketing("first", "2026-11-01T00:00:00Z"), record.Stored)
	r.before = func(operation string) error {
		if operation == "Commit" {
			r.before = nil
			r.choose(t, consent.Denied, 1)
		}
		return nil
	}
	r.put(t, marketing("second", "2026-11-02T00:00:00Z"), record.RetentionOver)
	r.expect(t, "withdrawn", map[string]string{})
}

// A consent of an unknown data subject changes nothing. A failure is left to the next run.
func TestAConsentThatCannotBeFollowed(t *testing.T) {
	r := newRig()
	if err := r.FollowConsent(t.Context(), "nobody", said(consent.Denied, 1)); err != nil || r.calls["Move"] > 0 {
		t.Errorf("%v, calls %v", err, r.calls)
	}
	r.put(t, marketing("news", "2026-11-01T00:00:00Z"), record.Stored)
	for _, operation := range []string{"Transition", "Move"} {
		r.before = func(called string) error {
			if called == operation {
				return errCut
			}
			return nil
		}
		if err := r.FollowConsent(t.Context(), r.sid(), said(consent.Denied, 1)); !errors.Is(err, errCut) {
			t.Errorf("%s: %v", operation, err)
		}
	}
}
