package intake

import (
	"errors"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Budget: how often the stores are asked. A refused record tells what is stored, so nothing is read again.
func TestBudgetOfCalls(t *testing.T) {
	r := newRig()
	calls := func(name string, find, accounts, commits int, records ...record.Record) {
		t.Helper()
		clear(r.calls)
		r.send(records...)
		if r.calls["Aliases"] != find || r.calls["Accounts"] != accounts || r.calls["Commit"] != commits {
			t.Errorf("%s: calls %v", name, r.calls)
		}
	}
	calls("the first record", 1, 0, 1, person("2026-11-01T00:00:00Z", "Anna"))
	calls("a newer one", 1, 0, 1, person("2026-11-02T00:00:00Z", "Anna"))
	calls("an older one", 1, 0, 1, person("2026-11-01T00:00:00Z", "Anna"))
	calls("several, and it is not known what is stored", 1, 0, 2, person("2026-11-03T00:00:00Z", "Anna"), person("2026-11-04T00:00:00Z", "Anna"))
	calls("an account", 1, 1, 1, account("a", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", ""))
	calls("the account again", 1, 1, 0, account("a", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", ""))
	calls("what is too old", 1, 0, 0, login("1", "2026-01-01T00:00:00Z"))
}

// A line that is replaced within its call has the expiry of its own content. A line that says nothing new has the expiry of what is stored.
func TestLinesOfOneRecordHaveTheirExpiries(t *testing.T) {
	r := newRig()
	results := r.send(login("1", "2026-11-10T00:00:00Z"), login("1", "2026-11-20T00:00:00Z"), login("1", "2026-11-15T00:00:00Z"))
	for i, want := range []Result{
		{Outcome: record.Stored, ExpiresAt: moment("2027-02-08T00:00:00Z")}, {Outcome: record.Stored, ExpiresAt: moment("2027-02-18T00:00:00Z")},
		{Outcome: record.Unchanged, ExpiresAt: moment("2027-02-18T00:00:00Z")},
	} {
		if got := results[i]; got.Outcome != want.Outcome || !got.ExpiresAt.Equal(want.ExpiresAt) || got.Err != nil {
			t.Errorf("line %d: %+v", i, got)
		}
	}
}

// A view that loads again keeps what it learnt of other records, and replaces the account records by those that are stored now.
func TestAViewLooksAgain(t *testing.T) {
	r := newRig()
	r.put(t, account("a", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", ""), record.Stored)
	r.put(t, account("b", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", ""), record.Stored)
	v := r.newView(by(anna))
	look := func(accounts int) {
		t.Helper()
		v.loaded = false
		if err := v.load(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		if len(v.accounts) != accounts || len(v.stored) != accounts+1 || v.id != r.sid() {
			t.Errorf("%d accounts, %d known of %q", len(v.accounts), len(v.stored), v.id)
		}
	}
	login1 := key{privacy.SecurityLog, "1"}
	if err := v.load(t.Context(), true); err != nil || len(v.stored) != 2 {
		t.Fatalf("%v, %d known", err, len(v.stored))
	}
	v.stored[login1] = stored{Found: Found{OccurredAt: moment(start)}}
	look(2)
	delete(r.records[r.sid()], key{privacy.Account, "a"})
	look(1)

	alias := r.Intake.Aliases.Alias(at(anna)) // the address is somebody else's by now
	r.aliases[alias] = subject.Alias{Key: alias, Subjects: []privacy.SubjectID{"new"}}
	r.states["new"] = r.states[v.id]
	v.loaded = false
	if err := v.load(t.Context(), true); err != nil || v.id != "new" || len(v.stored) != 0 {
		t.Errorf("%v, %d known of %q", err, len(v.stored), v.id)
	}
}

// T16: if the spelling of an address could not be corrected, nothing is stored about it.
func TestThreat_T16_NothingIsStoredBeforeTheSpelling(t *testing.T) {
	r := newRig()
	r.put(t, login("1", "2026-11-20T00:00:00Z"), record.Stored)
	alias := r.Intake.Aliases.Alias(at(anna))
	known := r.aliases[alias]
	known.Typed = true
	r.aliases[alias] = known
	r.before = func(operation string) error {
		if operation == "Spell" {
			return errCut
		}
		return nil
	}
	if _, err := r.TakeOne(t.Context(), Line{by(anna), login("2", "2026-11-20T00:00:00Z")}); !errors.Is(err, errCut) || len(r.stored()) != 1 {
		t.Errorf("%v, %v", err, r.stored())
	}
}

// F15: if a record that the view had read refuses a put, another writer was faster. If the view did not know that record, no race was lost.
func TestFault_F15_WhatARefusalTells(t *testing.T) {
	found := map[int]Found{0: {OccurredAt: moment(start), ExpiresAt: moment(start).Add(time.Hour)}}
	for name, c := range map[string]struct {
		one   record.Record
		known bool
		lost  bool
	}{
		"a record that was not known": {login("1", start), false, false},
		"a record that was known":     {login("1", start), true, true},
		"an account record":           {account("1", start, start, ""), false, true},
	} {
		v := newRig().newView(by(anna))
		k := key{c.one.Category, "1"}
		if c.known {
			v.stored[k] = stored{}
		}
		if lost := v.learn(Transaction{Puts: []Put{{Record: c.one}}}, found); lost != c.lost || !v.stored[k].OccurredAt.Equal(moment(start)) {
			t.Errorf("%s: lost %t, %+v", name, lost, v.stored[k])
		}
	}
}

// F15: what a write depends on. A write of an account record excludes any other. A write of a record that follows the state excludes a
// change of the state. Any other write depends only on its own condition.
func TestFault_F15_WhatAWriteDependsOn(t *testing.T) {
	r := newRig()
	for i, c := range []struct {
		one  record.Record
		want Change
	}{
		{account("a", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", ""), CreateSubject},
		{account("a", "2026-11-02T00:00:00Z", "2026-01-01T00:00:00Z", ""), SameAccounts},
		{account("b", "2026-11-02T00:00:00Z", "2026-01-01T00:00:00Z", "2026-11-02T00:00:00Z"), SameAccounts},
		{person("2026-11-01T00:00:00Z", "Anna"), SameState},
		{marketing("1", "2026-11-01T00:00:00Z"), ChangeState}, // the first starts the period
		{marketing("2", "2026-11-01T00:00:00Z"), SameState},
		{invoice("1", "2026-11-01T00:00:00Z"), ChangeState}, // moves the end of what finds the subject
		{invoice("2", "2026-11-02T00:00:00Z"), NoChange},
		{account("a", "2026-11-03T00:00:00Z", "2026-01-01T00:00:00Z", "2026-11-03T00:00:00Z"), ChangeState},
		{sample(privacy.Analytics, "x", "2026-11-21T00:00:00Z", `{"day":"2026-11-20"}`), NoChange},
	} {
		clear(r.changes)
		if c.one.Category == privacy.Analytics {
			r.Take(t.Context(), []Line{{Record: c.one}})
		} else {
			r.put(t, c.one, record.Stored)
		}
		if len(r.changes) != 1 || r.changes[c.want] != 1 {
			t.Errorf("%d %s: %v, not %d", i, c.one.Category, r.changes, c.want)
		}
	}
}
