package consent_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/consenttest"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// pointers returns what an error names, in order.
func pointers(err error) string {
	var failed *fault.Error
	if !errors.As(err, &failed) {
		return ""
	}
	var named []string
	for _, field := range failed.Fields {
		named = append(named, field.Pointer)
	}
	return strings.Join(named, " ")
}

// An act that means nothing is refused, and everything that is wrong with it is named, each time in the same order.
func TestActsThatMeanNothing(t *testing.T) {
	recorder := &consent.Recorder{Log: &consenttest.Log{}, Periods: policy.CurrentConsentPeriods(), Now: testclock.New(now).Now}
	visitor := uuid.NewString()
	for name, row := range map[string]struct {
		change func(*consent.Act)
		want   string
	}{
		"right":             {func(*consent.Act) {}, ""},
		"right, by visitor": {func(a *consent.Act) { a.Subject, a.Who.Visitor = "", visitor }, ""},
		"right, by address": {func(a *consent.Act) { a.Subject, a.Who.Email = "", "anna@example.org" }, ""},
		"nothing":           {func(a *consent.Act) { *a = consent.Act{} }, "/subject /policyVersion /language /surface /decisions"},
		"two names":         {func(a *consent.Act) { a.Subject, a.Who = "", consent.Who{Visitor: visitor, Email: "anna@example.org"} }, "/subject"},
		"no visitor":        {func(a *consent.Act) { a.Subject, a.Who.Visitor = "", "anna" }, "/subject/visitor"},
		"no address":        {func(a *consent.Act) { a.Subject, a.Who.Email = "", "anna" }, "/subject/email"},
		"a card number":     {func(a *consent.Act) { a.Subject, a.Who.Email = "", "4111111111111111@example.org" }, "/subject/email"},
		"another version":   {func(a *consent.Act) { a.PolicyVersion = "1999-01-01" }, "/policyVersion"},
		"no language":       {func(a *consent.Act) { a.Language = "*" }, "/language"},
		"another surface":   {func(a *consent.Act) { a.Surface = "wall" }, "/surface"},
		"another state":     {func(a *consent.Act) { a.Decisions[privacy.Testimonials] = consent.Expired }, "/decisions/testimonials"},
		"other purposes": {func(a *consent.Act) {
			a.Decisions["support"], a.Decisions["billing"], a.Decisions["z"] = consent.Denied, consent.Denied, consent.Denied
		}, "/decisions/billing /decisions/support /decisions/z"},
		"a purpose and a state": {func(a *consent.Act) { a.Decisions["z"], a.Decisions[privacy.MarketingEmail] = consent.Denied, "" }, "/decisions/marketing_email /decisions/z"},
	} {
		act := decides(consent.Granted)
		row.change(&act)
		prepared, err := recorder.Prepare(act)
		if pointers(err) != row.want || (err == nil) != (row.want == "") {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && strings.HasPrefix(prepared.Subject, "v#") == act.Who.ByEmail() {
			t.Errorf("%s: the subject is %q", name, prepared.Subject)
		}
		if _, recorded := recorder.Record(t.Context(), act); (recorded == nil) != (err == nil) {
			t.Errorf("%s: prepared with %v, recorded with %v", name, err, recorded)
		}
	}
}

// D01: the signal denies what counts as sharing and nothing else, whatever the act says, and does not change the caller's act.
func TestPromise_D01_WhatTheSignalDenies(t *testing.T) {
	recorder := &consent.Recorder{Periods: policy.CurrentConsentPeriods(), Now: testclock.New(now).Now}
	for _, signal := range []bool{false, true} {
		act := decides(consent.Granted)
		for _, purpose := range consent.Purposes() {
			act.Decisions[purpose] = consent.Granted
		}
		act.GPC = signal
		sent := maps.Clone(act.Decisions)
		prepared, err := recorder.Prepare(act)
		if err != nil || !maps.Equal(act.Decisions, sent) {
			t.Fatal(act.Decisions, err)
		}
		for _, purpose := range consent.Purposes() {
			if denied := prepared.Decisions[purpose] == consent.Denied; denied != (signal && policy.Shares(purpose)) {
				t.Errorf("signal %t: %s is %s", signal, purpose, prepared.Decisions[purpose])
			}
		}
	}
}

// C03: only an act that denies nothing, and came without the signal, gives way.
func TestPromise_C03_WhichActsYield(t *testing.T) {
	grant, denial, mixed, signalled := decides(consent.Granted), decides(consent.Denied), decides(consent.Granted), decides(consent.Granted)
	mixed.Decisions[privacy.MarketingEmail], signalled.GPC = consent.Denied, true
	for lost, want := range map[int]bool{0: false, 4: false, 5: true, 6: true, 1000: true} {
		if grant.Yields(lost) != want || denial.Yields(lost) || mixed.Yields(lost) || signalled.Yields(lost) {
			t.Errorf("after %d lost races: %t %t %t %t", lost, grant.Yields(lost), denial.Yields(lost), mixed.Yields(lost), signalled.Yields(lost))
		}
	}
}

// recorded returns a recorder on a log in which the visitor v#x has so many versions, the last of which granted testimonials.
func recorded(t *testing.T, versions int) (*consent.Recorder, *consenttest.Log) {
	t.Helper()
	log := &consenttest.Log{}
	for version := 1; version <= versions; version++ {
		err := log.Append(t.Context(), consent.Record{Subject: "v#x", Version: version, Operation: "old", PolicyVersion: policy.CurrentVersion, ExpiresAt: now.AddDate(3, 6, 0),
			Decisions: map[privacy.Purpose]consent.Decision{privacy.Testimonials: {State: consent.Granted, DecidedAt: now, ExpiresAt: now.AddDate(0, 6, 0)}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return &consent.Recorder{Log: log, Periods: policy.CurrentConsentPeriods(), Now: testclock.New(now).Now}, log
}

// What a caller asserts about the record before an act must hold.
func TestWhatACallerAsserts(t *testing.T) {
	for _, row := range []struct {
		versions int
		first    bool
		after    []int
		want     bool
	}{
		{0, true, nil, true}, {0, false, []int{0}, true}, {0, false, []int{1}, false}, {0, true, []int{0}, true}, {0, true, []int{7}, false},
		{3, true, nil, false}, {3, false, []int{3}, true}, {3, false, []int{1, 3}, true}, {3, false, []int{2}, false}, {3, false, []int{4}, false}, {3, true, []int{3}, false},
	} {
		recorder, log := recorded(t, row.versions)
		act := decides(consent.Denied)
		act.First, act.After = row.first, row.after
		_, err := recorder.Record(t.Context(), act)
		if holds := err == nil; holds != row.want || !holds && fault.KindOf(err) != fault.Precondition || holds != (len(log.History("v#x")) == row.versions+1) {
			t.Errorf("%+v: %v, %d records", row, err, len(log.History("v#x")))
		}
	}
	recorder, _ := recorded(t, 1)
	recorder.Now = testclock.New(now.AddDate(3, 6, 0)).Now // its retention is over, and the record is about to be deleted
	act := decides(consent.Denied)
	act.First = true
	if r, err := recorder.Record(t.Context(), act); err != nil || r.Version != 2 || len(r.Decisions) != 1 {
		t.Errorf("after a record whose retention is over: %+v, %v", r, err)
	}
}

// Beyond a thousand versions nothing is granted any more, and everything can still be denied.
func TestTheLogOfOneSubjectIsBounded(t *testing.T) {
	mixed := decides(consent.Granted)
	mixed.Decisions[privacy.MarketingEmail] = consent.Denied
	for name, row := range map[string]struct {
		versions int
		act      consent.Act
		want     fault.Kind
	}{
		"the last grant":          {999, decides(consent.Granted), ""},
		"a grant beyond":          {1000, decides(consent.Granted), fault.Exhausted},
		"a denial":                {1000, decides(consent.Denied), ""},
		"a grant beside a denial": {1000, mixed, ""},
	} {
		recorder, _ := recorded(t, row.versions)
		r, err := recorder.Record(t.Context(), row.act)
		if err != nil && fault.KindOf(err) != row.want || err == nil && (row.want != "" || r.Version != row.versions+1) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		_, said := r.Decisions[privacy.MarketingEmail]
		if err == nil && (r.Operation != row.act.Operation || said != (len(row.act.Decisions) == 2)) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
