package main

import (
	"strings"
	"testing"
	"testing/fstest"
)

// printed returns what go generate prints about the newest version of m.
func printed(t *testing.T, m fstest.MapFS) string {
	t.Helper()
	e, err := read(m)
	if err != nil {
		t.Fatal(err)
	}
	return e.changes()
}

func TestPromise_K05_AReviewerSeesWhatAVersionChanges(t *testing.T) {
	m := authored(t)
	name := add(t, m, "2027-06-01", "2027-07-15")
	for old, text := range map[string]string{
		"answerWithinDays: 30": "answerWithinDays: 12",
		"whatChanged:\n":       "announceAt: 2027-06-10T08:00:00Z\nwhatChanged:\n",
		"text: This policy covers every service offered at www.helpdeskexpert.com.": "text: This policy covers every service that we offer at www.helpdeskexpert.com.",
		"  - {id: location, title: Where you live matters,":                         "  - {id: cost, title: No cost, text: You do not pay for your rights.}\n  - {id: location, title: Where you live matters,",
		"examples: [First name, Last name, Job title]":                              "examples: [Last name, First name, Nickname]",
	} {
		replace(t, m, name, old, text)
	}
	got := printed(t, m)
	for _, want := range []string{
		"Version 2027-06-01 (significant, decided by Privacy Team, HelpDesk Expert Ltd.), published 2027-06-01, in force from 2027-07-15.\n  You can now ask online",
		"  - Your data online: You can ask for access",
		"  Notices start at 2027-06-10T08:00:00Z.\n",
		"Changes since version 2026-11-02. [-Words-] like these were removed, {+words+} like these are new:\n",
		"\nscope\n  ~ text: This policy covers every service [-offered-]{+that we offer+} at www.helpdeskexpert.com.\n",
		"\npreamble\n  + cost\n      id: cost\n      title: No cost\n      text: You do not pay for your rights.\n",
		"\ncategories\n  + identity / examples: Nickname\n  - identity / examples: Job title\n  ~ identity / examples: in another order, now Last name, First name\n",
		"\nanswerWithinDays\n  ~ 30 → 12\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it does not say %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "\nlastUpdated\n") || strings.Count(got, "\nanswerWithinDays\n") != 1 {
		t.Errorf("it says:\n%s", got)
	}
}

func TestAVersionThatChangesNothing(t *testing.T) {
	m := authored(t)
	add(t, m, "2027-06-01", "2027-06-01")
	if got := printed(t, m); !strings.Contains(got, "It says the same as version 2026-11-02.\n") || strings.Contains(got, "Changes since") {
		t.Errorf("it says:\n%s", got)
	}
}

func TestTheFirstVersionIsComparedWithNone(t *testing.T) {
	m := authored(t)
	for _, version := range []string{"2024-09-02", "2025-08-18"} {
		delete(m, "versions/"+version+".yaml")
	}
	if got := printed(t, m); !strings.HasSuffix(got, "It is the first version.\n") {
		t.Errorf("it says:\n%s", got)
	}
}
