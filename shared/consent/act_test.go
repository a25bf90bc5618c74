package consent_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/consenttest"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

const visitorID = "d96e02a3-9fbf-4224-9b20-58bcd2a6d8cd"

// atFault returns what an error names, each with its pointer and its detail.
func atFault(err error) (named []string) {
	if known, ok := errors.AsType[*fault.Error](err); ok && known.Kind == fault.Unacceptable {
		for _, f := range known.Fields {
			named = append(named, f.Pointer+" "+f.Detail)
		}
	}
	return named
}

// A caller names a data subject by a visitor's random UUID or by an address, and the refusal says what is wrong with the name.
func TestHowADataSubjectIsNamed(t *testing.T) {
	const noUUID, noAddress = "/subject/visitor must be a random UUID in its hyphenated form", "/subject/email must be an email address"
	for who, want := range map[consent.Who]string{
		{Visitor: visitorID}: "", {Visitor: strings.ToUpper(visitorID)}: "", {Email: "anna@example.org"}: "",
		{}: "/subject is required: a visitor or an email address",
		{Visitor: visitorID, Email: "anna@example.org"}: "/subject must contain either a visitor or an email address",
		{Email: "anna"}:                                                    noAddress,
		{Email: "4111111111111111@example.org"}:                            "/subject/email must not contain a card number",
		{Visitor: "anna"}:                                                  noUUID,
		{Visitor: "00000000-0000-0000-0000-000000000000"}:                  noUUID,
		{Visitor: strings.ReplaceAll(visitorID, "-", "")}:                  noUUID,
		{Visitor: strings.ReplaceAll(visitorID, "-", "0")}:                 noUUID,
		{Visitor: strings.Replace(visitorID, "d96e02a3", "d96e02ag", 1)}:   noUUID,
		{Visitor: strings.Replace(visitorID, "9fbf-4224", "9fb-f4224", 1)}: noUUID,
		{Visitor: "d96e02a3-9fbf-4224-9b2058-bcd2a6d8cd"}:                  noUUID,
		{Visitor: "-96e02a3-9fbf-4224-9b20-58bcd2a6d8cd"}:                  noUUID,
		{Visitor: visitorID + "0"}:                                         noUUID,
		{Visitor: visitorID[:35]}:                                          noUUID,
	} {
		var at fault.Fields
		key := who.Check(&at)
		if got := strings.Join(atFault(at.Err()), "; "); got != want {
			t.Errorf("%+v: %q, want %q", who, got, want)
		}
		if named := strings.HasPrefix(key, "v#"); want == "" && named != (who.Visitor != "") || strings.Contains(key, visitorID) {
			t.Errorf("%+v has the key %q", who, key)
		}
		if got := who.ByEmail(); got != (who.Email != "" && who.Visitor == "") {
			t.Errorf("%+v is named by address: %t", who, got)
		}
	}
	small, _ := consent.Visitor(visitorID)
	if capital, _ := consent.Visitor(strings.ToUpper(visitorID)); small != capital || len(small) != 45 {
		t.Errorf("%q and %q are one visitor", small, capital)
	}
}

// C02: a refusal names every mistake in an act, and nothing is recorded.
func TestPromise_C02_WhatAnActMustSay(t *testing.T) {
	const purposes = "/decisions/"
	version := "/policyVersion must be a version of the policy in force in the last " + strconv.Itoa(rules.GraceDays) + " days"
	for name, row := range map[string]struct {
		spoil func(act *consent.Act)
		want  []string
	}{
		"no subject":          {func(act *consent.Act) { act.Subject = "" }, []string{"/subject is required: a visitor or an email address"}},
		"no version":          {func(act *consent.Act) { act.PolicyVersion = "" }, []string{"/policyVersion is required"}},
		"no such version":     {func(act *consent.Act) { act.PolicyVersion = "2020-01-01" }, []string{version}},
		"no language":         {func(act *consent.Act) { act.Language = "" }, []string{"/language is required"}},
		"no language's tag":   {func(act *consent.Act) { act.Language = "en_GB" }, []string{"/language must be a language tag such as en or pt-BR"}},
		"no surface":          {func(act *consent.Act) { act.Surface = "" }, []string{"/surface is required"}},
		"no such surface":     {func(act *consent.Act) { act.Surface = "phone" }, []string{"/surface must be one of banner, preferences, form, api"}},
		"no decision":         {func(act *consent.Act) { act.Decisions = nil }, []string{"/decisions is required: at least one purpose"}},
		"no purpose of ours":  {func(act *consent.Act) { act.Decisions["b~/"], act.Decisions["a"] = consent.Granted, "?" }, []string{purposes + "a is not a purpose that rests on consent", purposes + "b~0~1 is not a purpose that rests on consent"}},
		"no decision of ours": {func(act *consent.Act) { act.Decisions[privacy.MarketingEmail] = consent.Expired }, []string{purposes + `marketing_email must be "granted" or "denied"`}},
		"not even a decision": {func(act *consent.Act) { act.Decisions[privacy.Testimonials] = "" }, []string{purposes + `testimonials must be "granted" or "denied"`}},
		"everything": {func(act *consent.Act) { *act = consent.Act{GPC: true} }, []string{
			"/subject is required: a visitor or an email address", "/policyVersion is required", "/language is required", "/surface is required", "/decisions is required: at least one purpose"}},
		"nothing": {func(*consent.Act) {}, nil},
	} {
		log := &consenttest.Log{}
		recorder := &consent.Recorder{Log: log, Policy: consents, Now: func() time.Time { return now }}
		act := decides(consent.Granted)
		row.spoil(&act)
		_, err := recorder.Record(t.Context(), act)
		got := atFault(err)
		if !slices.Equal(got, row.want) || (err == nil) != (row.want == nil) {
			t.Errorf("%s: %q, want %q (%v)", name, got, row.want, err)
		}
		if stored := len(log.History(act.Subject)); (stored == 1) != (row.want == nil) {
			t.Errorf("%s: %d records", name, stored)
		}
	}
}

// D01: the privacy signal denies every purpose that counts as sharing, and no other. It does not change the caller's act.
func TestPromise_D01_WhatTheSignalDenies(t *testing.T) {
	for _, signal := range []bool{false, true} {
		recorder := &consent.Recorder{Log: &consenttest.Log{}, Policy: consents, Now: func() time.Time { return now }}
		act := decides(consent.Granted)
		act.GPC = signal
		for _, purpose := range rules.Purposes {
			act.Decisions[purpose] = consent.Granted
		}
		r, err := recorder.Record(t.Context(), act)
		if err != nil {
			t.Fatal(err)
		}
		for _, purpose := range rules.Purposes {
			want := consent.Granted
			if signal && rules.Shares(purpose) {
				want = consent.Denied
			}
			if got := r.Effective(purpose, now).State; got != want || act.Decisions[purpose] != consent.Granted {
				t.Errorf("%s with the signal %t: %s", purpose, signal, got)
			}
		}
		if r.GPC != signal {
			t.Errorf("the signal %t is recorded as %t", signal, r.GPC)
		}
	}
}
