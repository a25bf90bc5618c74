package intake

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// retracts takes a record back and expects an error of the kind, "" for none.
func (r *rig) retracts(t testing.TB, who subject.Named, category privacy.Category, id string, want fault.Kind) {
	t.Helper()
	err := r.Intake.Retract(t.Context(), crm, who, category, id)
	if (err == nil) != (want == "") || err != nil && fault.KindOf(err) != want {
		t.Fatalf("%s %s: %v", category, id, err)
	}
}

// F01: a record that was filed under the wrong person is gone at once, and the contract and the rest follow from what is left. It can be sent again.
func TestPromise_F01_ARecordIsTakenBack(t *testing.T) {
	r, acted := newRig(), []audit.Act(nil)
	r.Acted = func(_ context.Context, act audit.Act) { acted = append(acted, act) }
	one := account("a", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", "")
	r.takes(t, byID("7", anna), person("2026-06-01T00:00:00Z", "Anna"))
	r.takes(t, byID("7", anna), one)
	r.takes(t, byID("7", anna), login("1", "2026-11-20T00:00:00Z"))
	r.retracts(t, byID("7", ""), privacy.Account, "a", "")
	r.expect(t, "the account", map[string]string{"identity#self": "2028-11-20T00:00:00Z", "security_log#1": "2027-02-18T00:00:00Z"})
	if state := r.states[r.sid()]; state.Contract != standing.NoContract || !state.ExpiresAt.Equal(moment("2028-12-01T00:00:00Z")) || len(r.tasks) > 0 {
		t.Errorf("%+v, %v", state, r.tasks)
	}
	r.retracts(t, by(anna), privacy.SecurityLog, "1", "")
	r.expect(t, "the newest record", map[string]string{"identity#self": "2028-06-01T00:00:00Z"})
	r.retracts(t, by(anna), privacy.SecurityLog, "1", fault.NotFound)

	r.takes(t, byID("7", ""), one)
	r.expect(t, "sent again", map[string]string{"identity#self": "", "account#a": ""})
	if !slices.Equal(acted, []audit.Act{audit.RecordRetracted, audit.RecordRetracted}) || len(r.entries) != 2 || len(r.acts) != 2 {
		t.Fatalf("told of %v, %d entries, %d changes", acted, len(r.entries), len(r.acts))
	}
	entry, change := r.entries[0], r.acts[0]
	if entry.Act != audit.RecordRetracted || entry.Actor != crm || entry.About != string(r.sid()) || !entry.At.Equal(moment(start)) {
		t.Errorf("%+v", entry)
	}
	if change.ID != entry.ID || change.Kind != entry.Act || !slices.Equal(change.Rebuild, []privacy.SubjectID{r.sid()}) || !change.NextAt.Equal(moment(start).Add(walkAfter)) ||
		!change.ExpiresAt.After(change.NextAt) || len(change.Cut)+len(change.Told) > 0 {
		t.Errorf("%+v", change)
	}
}

// F08: whoever became known only by the record that is taken back is forgotten, once everything that follows from it is certainly done.
func TestPromise_F08_NobodyIsLeftOfAMistake(t *testing.T) {
	r := newRig()
	r.takes(t, byID("7", anna), account("a", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", ""))
	r.retracts(t, byID("7", anna), privacy.Account, "a", "")
	until := r.states[r.sid()].ExpiresAt
	if !until.After(r.acts[0].NextAt) || until.After(moment(start).AddDate(0, 0, 31)) {
		t.Errorf("known until %v", until)
	}
	r.clock.Set(until)
	if r.sid() != "" || r.known(byID("7", "")) != "" {
		t.Error("somebody is still known")
	}
}

// Whom a retraction means, as a contract end does: it makes nobody known, teaches no alias and names no shared address.
func TestWhoseRecordIsTakenBack(t *testing.T) {
	for name, c := range map[string]struct {
		who  subject.Named
		want fault.Kind
	}{
		"her address": {by(anna), ""}, "her id": {byID("7", ""), ""}, "her id and his address": {byID("7", bo), ""}, "her id and a new address": {byID("7", "new@example.org"), ""},
		"an id of another system and her address": {subject.Named{Client: "shop", ID: "1", Address: at(anna)}, ""},
		"another id and her address":              {byID("9", anna), fault.NotFound}, "his id": {byID("8", ""), fault.NotFound}, "an unknown id": {byID("9", ""), fault.NotFound},
		"an unknown address": {by("new@example.org"), fault.NotFound}, "a shared address": {by(family), fault.Shared}, "a shared address and her id": {byID("7", family), ""},
		"an unknown id and a shared address": {byID("9", family), fault.NotFound},
	} {
		r := people(t)
		states, aliases := len(r.states), len(r.aliases)
		r.retracts(t, c.who, privacy.SecurityLog, "anna", c.want)
		if left := len(r.of(r.sid())); left != map[bool]int{true: 0, false: 1}[c.want == ""] || len(r.states) != states || len(r.aliases) != aliases || len(r.acts) != 1-left {
			t.Errorf("%s: %d records, %d data subjects, %d aliases", name, left, len(r.states), len(r.aliases))
		}
	}
}

// After a join a record is taken back under whichever id it is stored, and under both if both have it: the older one must not come to light.
func TestARecordOfTheJoinedIsTakenBack(t *testing.T) {
	r, annas, bos := couple(t, account("b", "2026-06-01T00:00:00Z", "2026-01-01T00:00:00Z", ""))
	r.takes(t, byID("8", bo), person("2026-04-01T00:00:00Z", "Bo"))
	r.joins(t, "7", bo)
	r.rebuilds(t, annas)
	r.retracts(t, byID("7", ""), privacy.Account, "b", "")
	if got := r.expiries(annas, bos); !maps.Equal(got, map[string]string{"identity#self": "2028-06-01T00:00:00Z", "identity#other": "2028-06-01T00:00:00Z"}) {
		t.Errorf("%v", got)
	}
	r.retracts(t, byID("8", ""), privacy.Identity, "self", "")
	if got := r.expiries(annas, bos); !maps.Equal(got, map[string]string{"identity#other": "2028-05-01T00:00:00Z"}) || len(r.of(bos)) != 1 {
		t.Errorf("%v", got)
	}
	if entry := r.entries[len(r.entries)-1]; entry.About != string(annas) {
		t.Errorf("%+v", entry)
	}
}

// F15: another writer decides on the account that is being taken back. It decides again, and nobody has a contract by a record that is gone.
func TestFault_F15_ARetractionMeetsAnotherWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		ended := account("b", "2026-11-02T00:00:00Z", "2026-01-01T00:00:00Z", "2026-10-31T00:00:00Z")
		r.takes(t, byID("7", anna), account("a", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", ""))
		r.takes(t, byID("7", anna), account("b", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", ""))
		r.before = func(operation string) error {
			if operation == "Commit" { // the writer has read both accounts, and nothing has changed the state when its turn comes
				r.before = nil
				r.retracts(t, byID("7", ""), privacy.Account, "a", "")
			}
			return nil
		}
		r.takes(t, byID("7", ""), ended)
		r.expect(t, "the writer was slow", map[string]string{"account#b": "2028-10-31T00:00:00Z"})

		r.takes(t, byID("7", ""), account("a", "2026-11-03T00:00:00Z", "2026-01-01T00:00:00Z", ""))
		r.before = func(operation string) error {
			if operation == "Retract" {
				r.before = nil
				r.takes(t, byID("7", ""), account("a", "2026-11-04T00:00:00Z", "2026-01-01T00:00:00Z", ""))
			}
			return nil
		}
		r.retracts(t, byID("7", ""), privacy.Account, "a", "")
		r.expect(t, "the retraction was slow", map[string]string{"account#b": "2028-10-31T00:00:00Z"})

		r.takes(t, byID("7", ""), login("1", "2026-11-20T00:00:00Z"))
		r.before = func(operation string) error {
			if operation == "Retract" {
				r.before = nil
				r.retracts(t, byID("7", ""), privacy.SecurityLog, "1", "")
			}
			return nil
		}
		r.retracts(t, byID("7", ""), privacy.SecurityLog, "1", fault.NotFound)
	})
}

// F03: if the run is killed after the record was taken back, the caller has an answer all the same, and the task does the rest.
func TestFault_F03_ARetractionIsCutOffAnywhere(t *testing.T) {
	for after := 0; ; after++ {
		r, calls, cut := newRig(), 0, false
		r.takes(t, byID("7", anna), person("2026-06-01T00:00:00Z", "Anna"))
		r.takes(t, byID("7", anna), account("a", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", ""))
		r.before = func(string) error {
			if calls++; calls > after {
				cut = true
				return errCut
			}
			return nil
		}
		err := r.Intake.Retract(t.Context(), crm, byID("7", ""), privacy.Account, "a")
		r.before = nil
		if _, stored := r.stored()["account#a"]; stored != errors.Is(err, errCut) || stored != (len(r.acts) == 0) {
			t.Fatalf("cut after %d calls: %v, stored %t", after, err, stored)
		}
		if err != nil {
			r.retracts(t, byID("7", ""), privacy.Account, "a", "")
		}
		r.clock.Advance(time.Minute)
		for _, change := range r.acts {
			for _, id := range change.Rebuild {
				if _, err := r.Rebuild(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
		}
		r.expect(t, "in the end", map[string]string{"identity#self": "2028-06-01T00:00:00Z"})
		if !cut {
			if after < 8 {
				t.Fatalf("only %d calls", after)
			}
			return
		}
	}
}

// A record whose retention is over cannot be taken back: nobody sees it any more.
func TestFault_F09_WhatHasExpiredIsNotTakenBack(t *testing.T) {
	r := newRig()
	r.takes(t, by(anna), login("1", "2026-11-20T00:00:00Z"))
	r.takes(t, by(anna), invoice("1", "2026-11-20T00:00:00Z"))
	r.clock.Set(moment("2027-02-18T00:00:00Z"))
	r.retracts(t, by(anna), privacy.SecurityLog, "1", fault.NotFound)
	if len(r.acts) > 0 || len(r.stored()) != 1 {
		t.Errorf("%v, %v", r.acts, r.stored())
	}
	if got, err := r.TakeOne(t.Context(), Line{by(anna), login("1", "2026-11-20T00:00:00Z")}); err != nil || got.Outcome != record.RetentionOver {
		t.Errorf("%+v, %v", got, err)
	}
}
