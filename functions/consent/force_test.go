package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// coming returns a version that was published in May and is in force from 9 June 2027, which begins in London while it is 23:00 in UTC. It asks
// for consent to one more purpose and to one less, and changes each figure of consents.
func coming(t testing.TB) (next *policy.Policy, from time.Time) {
	next = policytest.Next(t, "2027-05-01", "2027-06-09", func(p *policy.Policy) {
		for i, x := range p.Purposes {
			switch x.ID {
			case privacy.Testimonials:
				p.Purposes[i].Basis = privacy.LegitimateInterests
			case privacy.AnalyticsCookies:
				p.Purposes[i].Sells = true
			case "business_development":
				p.Purposes[i].Basis = privacy.Consent
			default: // the others stay as they are
			}
		}
		p.ConsentMonths, p.VersionGrace = 3, 10
	})
	return next, time.Date(2027, 6, 8, 23, 0, 0, 0, time.UTC)
}

// K06: until the second in which a version comes into force, consents follow the version before it. A warm function changes over in that second.
func TestPromise_K06_ConsentsFollowTheVersionInForce(t *testing.T) {
	s, old := newRig(t), policy.Newest()
	s.Handler = s.raw // the contract lists the purposes of the published version
	next, from := coming(t)
	s.Schedule(old, next)
	post := func(at time.Time, version, purpose string, headers ...string) (int, map[string]any) {
		t.Helper()
		s.Clock.Set(at)
		body := strings.Replace(decide(uuid.NewString(), `"`+purpose+`":"granted"`), rules.Version, version, 1)
		status, answer, _ := s.call(t, "POST", "/v1/consents", body, headers...)
		return status, answer
	}
	before := from.Add(-time.Second)
	for _, row := range []struct {
		at               time.Time
		version, purpose string
		status           int
		refusal          string // the field at fault and what is wrong with it
	}{
		{before, old.Version, "testimonials", 201, ""},
		{before, old.Version, "business_development", 422, "/decisions/business_development is not a purpose that rests on consent"},
		{before, next.Version, "analytics_cookies", 422, "/policyVersion is a version that is not in force before 2027-06-09"},
		{from, next.Version, "business_development", 201, ""},
		{from, next.Version, "testimonials", 422, "/decisions/testimonials is not a purpose that rests on consent"},
		{from, old.Version, "analytics_cookies", 201, ""},
		{from, old.Version, "testimonials", 201, ""},                                                                               // a page that was open before still offered it
		{from, old.Version, "business_development", 422, "/decisions/business_development is not a purpose that rests on consent"}, // and did not offer this
		{from.AddDate(0, 0, 10).Add(-time.Second), old.Version, "analytics_cookies", 201, ""},
		{from.AddDate(0, 0, 10), old.Version, "analytics_cookies", 422, "/policyVersion must be a version of the policy in force in the last 10 days"},
	} {
		status, answer := post(row.at, row.version, row.purpose)
		refusal := ""
		if faults, _ := answer["errors"].([]any); len(faults) == 1 {
			one, _ := faults[0].(map[string]any)
			refusal = fmt.Sprint(one["pointer"], " ", one["detail"])
		}
		if status != row.status || refusal != strings.Replace(row.refusal, "/", "#/", 1) && refusal != row.refusal {
			t.Errorf("%v, %s about %s: %d %q, want %d %q", row.at, row.version, row.purpose, status, refusal, row.status, row.refusal)
		}
	}
	for at, months := range map[time.Time]int{before: old.ConsentMonths, from: next.ConsentMonths} {
		_, answer := post(at, old.Version, "marketing_email")
		one, _ := answer["decisions"].(map[string]any)["marketing_email"].(map[string]any)
		if want := at.AddDate(0, months, 0).Format(time.RFC3339); one["expiresAt"] != want {
			t.Errorf("a consent of %v ends %v, not %s", at, one["expiresAt"], want)
		}
		if _, answer := post(at, old.Version, "analytics_cookies", "Sec-GPC", "1"); stateOf(t, answer, "analytics_cookies") != map[bool]string{true: "granted", false: "denied"}[at.Equal(before)] {
			t.Errorf("%v, with the signal: %v", at, answer)
		}
	}
}

// K06, A02: a withdrawal names no version, so it records the one in force, and withdraws what rests on consent under it.
func TestPromise_K06_AWithdrawalFollowsTheVersionInForce(t *testing.T) {
	s, old := newRig(t), policy.Newest()
	s.Handler = s.raw // the contract lists the purposes of the published version
	next, from := coming(t)
	s.Schedule(old, next)
	for at, want := range map[time.Time]struct{ version, purpose, not string }{
		from.Add(-time.Second): {old.Version, "testimonials", "business_development"}, from: {next.Version, "business_development", "testimonials"},
	} {
		s.Clock.Set(at)
		status, answer, _ := s.call(t, "POST", "/v1/consents/"+uuid.NewString()+"/withdraw", "")
		if status != 201 || answer["policyVersion"] != want.version || stateOf(t, answer, want.purpose) != "denied" || stateOf(t, answer, want.not) != "" {
			t.Errorf("%v: %d %v", at, status, answer)
		}
	}
}

// K06, C03: a version may come into force at any point of a call. No choice and no withdrawal is refused because of it.
func TestPromise_K06_AVersionComesIntoForceDuringACall(t *testing.T) {
	old := policy.Newest()
	next, from := coming(t)
	const most = 20 // more often than a call looks at the clock
	for _, call := range []struct{ path, body string }{
		{"/v1/consents", `"testimonials":"granted","analytics_cookies":"denied"`},
		{"/v1/consents/%s/withdraw", ""},
	} {
		for before := range most {
			s := newRig(t)
			s.Handler = s.raw
			s.Schedule(old, next)
			looks := 0
			s.ByAddress.Recorder.Now = func() time.Time {
				if looks++; looks <= before {
					return from.Add(-time.Second)
				}
				return from
			}
			visitor, body := uuid.NewString(), ""
			path := strings.Replace(call.path, "%s", visitor, 1)
			if call.body != "" {
				body = strings.Replace(decide(visitor, call.body), rules.Version, old.Version, 1)
			}
			if status, answer, _ := s.call(t, "POST", path, body, "Sec-GPC", "1"); status != 201 || answer["version"] != 1.0 {
				t.Errorf("%s, after %d looks at the clock: %d %v", call.path, before, status, answer)
			}
			if before == most-1 && looks >= most {
				t.Errorf("%s looks at the clock %d times, so this test stops too early", call.path, looks)
			}
		}
	}
}
