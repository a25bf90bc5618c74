package decision

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// H10, D01: an opt-out in the log, such as that of a browser, forbids sharing like one on record for a person, and the reason says so.
func TestPromise_H10_AnOptOutInTheLogIsTheReason(t *testing.T) {
	p := policy.InForce(now)
	newest := recorded(consent.Denied, now.AddDate(1, 0, 0), now.AddDate(3, 0, 0), rules.Purposes...)
	d := newest.Decisions[privacy.MarketingCookies]
	d.OptOut = true
	newest.Decisions[privacy.MarketingCookies] = d
	for days, want := range map[int]map[privacy.Purpose]Reason{
		0:   {privacy.MarketingCookies: ByOptOut, privacy.AnalyticsCookies: Reason(consent.Denied)},
		364: {privacy.MarketingCookies: ByOptOut, privacy.AnalyticsCookies: Reason(consent.Denied)},
		366: {privacy.MarketingCookies: Reason(consent.Expired), privacy.AnalyticsCookies: Reason(consent.Expired)},
	} {
		for purpose, reason := range want {
			if got := Decide(p, purpose, Facts{Newest: newest, Now: now.AddDate(0, 0, days)}); got.Allowed || got.Reason != reason {
				t.Errorf("%s on day %d: %+v", purpose, days, got)
			}
		}
	}
}

// H06, H10: what is refused, and why. A consent after an objection takes its purpose out, a consent after an opt-out does not.
func TestPromise_H06_WhatIsShownAsRefused(t *testing.T) {
	p, hour := policy.InForce(now), time.Hour
	before, after := now.Add(-hour), now.Add(hour)
	objected := standing.State{Limits: standing.Limits{Objections: []standing.Objection{{Request: "r1", At: now, Purposes: []privacy.Purpose{privacy.MarketingEmail, "business_development"}}}}}
	optedOut := standing.State{Limits: standing.Limits{OptOuts: []standing.OptOut{{Request: "r2", At: now}}}}
	restricted := standing.State{Limits: standing.Limits{Restrictions: []standing.Restriction{{Request: "r3", At: now, Ground: privacy.Claims, Purposes: []privacy.Purpose{privacy.MarketingEmail}}}}}
	agreed := func(at time.Time) consent.Record {
		r := recorded(consent.Granted, now.AddDate(1, 0, 0), now.AddDate(3, 0, 0), rules.Purposes...)
		for purpose, d := range r.Decisions {
			d.DecidedAt = at
			r.Decisions[purpose] = d
		}
		return r
	}
	for name, c := range map[string]struct {
		facts Facts
		want  map[privacy.Purpose]Reason
	}{
		"nothing":                        {Facts{Newest: agreed(before)}, nil},
		"an objection after a consent":   {Facts{Newest: agreed(before), Standing: objected}, map[privacy.Purpose]Reason{privacy.MarketingEmail: ByObjection}},
		"an objection without a consent": {Facts{Standing: objected}, map[privacy.Purpose]Reason{privacy.MarketingEmail: ByObjection}},
		"a consent after an objection":   {Facts{Newest: agreed(after), Standing: objected}, nil},
		"an opt-out after a consent":     {Facts{Newest: agreed(before), Standing: optedOut}, map[privacy.Purpose]Reason{privacy.MarketingCookies: ByOptOut}},
		"a consent after an opt-out":     {Facts{Newest: agreed(after), Standing: optedOut}, map[privacy.Purpose]Reason{privacy.MarketingCookies: ByOptOut}},
		"a restriction after a consent":  {Facts{Newest: agreed(before), Standing: restricted}, nil},
	} {
		c.facts.Now = now.Add(2 * hour)
		got := Refused(p, c.facts)
		for purpose, reason := range c.want {
			if got[purpose] != reason {
				t.Errorf("%s: %s is refused by %q", name, purpose, got[purpose])
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// H06, H10: people see as refused what the decision call forbids for that reason, and nothing else, whatever they decided and limited in whatever order.
func TestPromise_H06_WhatIsShownIsWhatIsDecided(t *testing.T) {
	p := policy.InForce(now)
	soak.Check(t, func(t *rapid.T) {
		at := func(label string) time.Time {
			return now.Add(time.Duration(rapid.IntRange(-400, 0).Draw(t, label)) * 24 * time.Hour)
		}
		facts := Facts{Now: now, Newest: consent.Record{Version: 1, ExpiresAt: now.AddDate(3, 0, 0), Decisions: map[privacy.Purpose]consent.Decision{}}}
		for _, purpose := range rules.Purposes {
			d := consent.Decision{State: rapid.SampledFrom([]consent.State{consent.Granted, consent.Denied}).Draw(t, "state"), DecidedAt: at("decided")}
			d.OptOut = d.State == consent.Denied && rules.Shares(purpose) && rapid.Bool().Draw(t, "opted out")
			if d.ExpiresAt = rules.Decision.After(d.DecidedAt); d.OptOut {
				d.ExpiresAt = rules.OptOut.After(d.DecidedAt)
			}
			facts.Newest.Decisions[purpose] = d
		}
		if rapid.Bool().Draw(t, "opt-out") {
			facts.Standing.OptOuts = []standing.OptOut{{Request: "r", At: at("opt-out at")}}
		}
		for range rapid.IntRange(0, 3).Draw(t, "objections") {
			facts.Standing.Objections = append(facts.Standing.Objections, standing.Objection{
				At: at("objection at"), Purposes: []privacy.Purpose{rapid.SampledFrom(rules.Purposes).Draw(t, "purpose")}})
		}
		shown := Refused(p, facts)
		for _, purpose := range rules.Purposes {
			by := Decide(p, purpose, facts)
			if reason, refused := shown[purpose]; refused && (by.Allowed || by.Reason != reason) || !refused && (by.Reason == ByOptOut || by.Reason == ByObjection) {
				t.Fatalf("%s is shown as refused %t by %q, and decided %+v", purpose, refused, reason, by)
			}
		}
	})
}
