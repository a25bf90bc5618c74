package policy

import (
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// predecessor returns the newest version as if it had been published on 2 November 2026 and had come into force on that day.
func predecessor(t *testing.T) *Policy {
	t.Helper()
	p := copyOf(t)
	p.Version, p.LastUpdated, p.EffectiveFrom, p.AnnounceAt = "2026-11-02", "2026-11-02", "2026-11-02", ""
	return p
}

// successor returns a significant version that is published on 1 March 2027 and in force from 31 March, 30 days later. The clocks in London go
// forward between the two days.
func successor(t *testing.T) *Policy {
	t.Helper()
	p := predecessor(t)
	p.Version, p.LastUpdated, p.EffectiveFrom, p.NoticeWithin, p.Kind = "2027-03-01", "2027-03-01", "2027-03-31", 7, Significant
	return p
}

// publishes changes the successor of the predecessor and expects violations at exactly these paths.
func publishes(t *testing.T, name string, change func(p *Policy), paths ...string) {
	t.Helper()
	p := successor(t)
	change(p)
	var found []string
	for _, err := range Validate(p, predecessor(t)) {
		path, _, _ := strings.Cut(err.Error(), ": ")
		found = append(found, path)
	}
	if strings.Join(found, " ") != strings.Join(paths, " ") {
		t.Errorf("%s: violations at %q, not at %q", name, found, paths)
	}
}

// soon lets a version come into force after 29 days, too early for a new purpose.
func soon(p *Policy) { p.EffectiveFrom = "2027-03-30" }

func both(changes ...func(p *Policy)) func(p *Policy) {
	return func(p *Policy) {
		for _, change := range changes {
			change(p)
		}
	}
}

func TestPromise_K05_PeopleAreToldWhatChanged(t *testing.T) {
	silent := func(p *Policy) { p.WhatChanged = nil }
	publishes(t, "significant", silent, "/whatChanged")
	publishes(t, "transfer", both(silent, func(p *Policy) { p.Kind = Transfer }), "/whatChanged")
	publishes(t, "editorial", both(silent, func(p *Policy) { p.Kind = Editorial }))
}

func TestPromise_K01_PublicationComesFirst(t *testing.T) {
	publishes(t, "in force before it is published", func(p *Policy) { p.EffectiveFrom = "2027-02-28" }, "/effectiveFrom")
	publishes(t, "in force when it is published", func(p *Policy) { p.EffectiveFrom = "2027-03-01" })
	publishes(t, "published on the day of its predecessor", func(p *Policy) { p.LastUpdated = "2026-11-02" }, "/lastUpdated")
	publishes(t, "published before its predecessor", func(p *Policy) { p.LastUpdated = "2026-11-01" }, "/lastUpdated")
}

// uses are the changes of which people are told 30 days before.
var uses = map[string]func(p *Policy){
	"a new purpose": func(p *Policy) {
		p.Purposes = append(p.Purposes, Purpose{ID: "profiling", Title: "Profiling", Text: "Profiling.", Basis: privacy.LegitimateInterests})
	},
	"another basis": func(p *Policy) { p.Purposes[0].Basis = privacy.LegalObligation },
	"another title": func(p *Policy) { p.Purposes[1].Title += " and more" },
	"another text":  func(p *Policy) { p.Purposes[2].Text += " And more." },
	"it sells":      func(p *Policy) { p.Purposes[0].Sells = true },
	"another category for purposes": func(p *Policy) {
		p.Categories[0].Purposes = append(p.Categories[0].Purposes, p.Purposes[len(p.Purposes)-1].ID)
	},
}

func TestPromise_K06_NoNewUseBefore30Days(t *testing.T) {
	for name, change := range uses {
		publishes(t, name+", 30 days ahead", change)
		publishes(t, name+", 29 days ahead", both(change, soon), "/effectiveFrom")
	}
	publishes(t, "nothing new", soon)
	publishes(t, "the order of purposes", both(soon, func(p *Policy) { p.Purposes[0], p.Purposes[1] = p.Purposes[1], p.Purposes[0] }))
	publishes(t, "a purpose less for a category", both(soon, func(p *Policy) { p.Categories[0].Purposes = p.Categories[0].Purposes[1:] }))
}

// What is new is compared with the version published before, so that a later version cannot bring an announced purpose forward.
func TestPromise_K06_AnAnnouncedPurposeIsNotBroughtForward(t *testing.T) {
	announced := successor(t)
	uses["a new purpose"](announced)
	for day, ok := range map[string]bool{"2027-03-30": false, "2027-03-31": true} {
		p := successor(t)
		uses["a new purpose"](p)
		p.Kind, p.LastUpdated, p.EffectiveFrom = Editorial, "2027-03-15", day
		if found := Validate(p, announced); (len(found) == 0) != ok {
			t.Errorf("from %s: %q", day, found)
		}
	}
}

func TestPromise_D05_ATransferIsAnnounced30DaysBefore(t *testing.T) {
	transfer := func(p *Policy) { p.Kind = Transfer }
	publishes(t, "30 days", transfer)
	publishes(t, "29 days", both(transfer, soon), "/effectiveFrom")
	p := successor(t)
	p.Kind, p.EffectiveFrom = Transfer, "2027-03-02"
	if found := Validate(p, nil); len(found) != 1 || !strings.HasPrefix(found[0].Error(), "/effectiveFrom: ") {
		t.Errorf("the first version: %q", found)
	}
}

func TestPromise_K06_NoVersionOvertakesItsPredecessor(t *testing.T) {
	before := predecessor(t)
	before.EffectiveFrom = "2027-04-15"
	for day, ok := range map[string]bool{"2027-04-14": false, "2027-04-15": true} {
		p := successor(t)
		p.EffectiveFrom = day
		if found := Validate(p, before); (len(found) == 0) != ok {
			t.Errorf("from %s: %q", day, found)
		}
	}
	p := successor(t) // the same day begins earlier in the east
	p.EffectiveFrom, p.Controller.TimeZone = before.EffectiveFrom, "Asia/Tokyo"
	if found := Validate(p, before); len(found) != 1 || !strings.HasPrefix(found[0].Error(), "/effectiveFrom: ") {
		t.Errorf("further east: %q", found)
	}
	old := *before
	old.EffectiveFrom = "" // it came into force when it was published
	p = successor(t)
	p.EffectiveFrom = "2027-03-01"
	if found := Validate(p, &old); len(found) > 0 {
		t.Errorf("after a version that does not state its day: %q", found)
	}
}

func TestPromise_K06_NoticesLeaveBeforeTheVersionIsInForce(t *testing.T) {
	at := func(announce, from string) func(p *Policy) {
		return func(p *Policy) { p.AnnounceAt, p.EffectiveFrom, p.NoticeWithin = announce, from, 1 }
	}
	publishes(t, "on the day of publication", at("2027-03-01T00:00:00Z", "2027-03-31"))
	publishes(t, "the day before", at("2027-02-28T23:59:59Z", "2027-03-31"), "/announceAt")
	publishes(t, "when it comes into force", at("2027-03-28T00:00:00Z", "2027-03-28"))
	publishes(t, "after that", at("2027-03-28T00:00:01Z", "2027-03-28"), "/announceAt")
	publishes(t, "in summer time", at("2027-03-28T23:00:00Z", "2027-03-29")) // 00:00 in London
	publishes(t, "after that in summer time", at("2027-03-28T23:00:01Z", "2027-03-29"), "/announceAt")
	publishes(t, "later on the day of publication, which is the first day in force", at("2027-03-01T23:59:00Z", "2027-03-01"))
	publishes(t, "the day after that", at("2027-03-02T00:00:01Z", "2027-03-01"), "/announceAt")
	publishes(t, "an editorial version, which is not announced", both(at("2028-03-02T12:00:00Z", "2027-03-01"), func(p *Policy) { p.Kind = Editorial }))
}

func TestPromise_K06_TheLastNoticeLeavesBeforeTheVersionIsInForce(t *testing.T) {
	within := func(announce string, days int) func(p *Policy) {
		return func(p *Policy) { p.AnnounceAt, p.NoticeWithin = announce, days }
	}
	publishes(t, "29 days from 09:00", within("", 29))
	publishes(t, "30 days from 09:00", within("", 30), "/noticeDeadlineDays")
	publishes(t, "3 days of 24 hours, over the change of the clocks", within("2027-03-27T23:00:00Z", 3))
	publishes(t, "3 days and a second", within("2027-03-27T23:00:01Z", 3), "/noticeDeadlineDays")
	publishes(t, "a version without a new purpose that is in force sooner", both(within("", 30), soon))
	publishes(t, "an editorial version", both(within("", 90), func(p *Policy) { p.Kind = Editorial }))
}

func TestPromise_K05_AnEditorialVersionChangesNoSubstance(t *testing.T) {
	editorial := func(p *Policy) { p.Kind = Editorial }
	for path, change := range map[string]func(p *Policy){
		"/purposes/3/text":                 func(p *Policy) { p.Purposes[3].Text += " More." },
		"/categories/1/title":              func(p *Policy) { p.Categories[1].Title += " data" },
		"/categories/1/fields/0/title":     func(p *Policy) { p.Categories[1].Fields[0].Title += "!" },
		"/categories/0/examples":           func(p *Policy) { p.Categories[0].Examples = append(p.Categories[0].Examples, "Shoe size") },
		"/retention/0/reason":              func(p *Policy) { p.Retention[0].Reason += " and more" },
		"/systems/0/text":                  func(p *Policy) { p.Systems[0].Text += " More." },
		"/systems/4/subProcessors/0/title": func(p *Policy) { p.Systems[4].SubProcessors[0].Title += " Ltd." },
		"/systems/4/subProcessors/0":       func(p *Policy) { p.Systems[4].SubProcessors = nil },
	} {
		publishes(t, "a change of "+path, both(editorial, change), path)
	}
	publishes(t, "words elsewhere", both(editorial, func(p *Policy) {
		p.Preamble[0].Text, p.Security[0].Text, p.Decisions[0].Title, p.Summary = "Other words.", "Other words.", "Another title", "Another summary."
	}))
	publishes(t, "no change", editorial)
}

func TestATimeZoneThatDoesNotExist(t *testing.T) {
	publishes(t, "no zone", func(p *Policy) { p.Controller.TimeZone = "Europe/Atlantis" }, "/controller/timeZone")
}
