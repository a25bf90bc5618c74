package decision

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// rules is what the policy in force says about consents.
var rules = policy.ForConsents().InForce(now)

// recorded returns a record with the same decision about each purpose. askAgain is when the decisions expire, and kept is when the record
// does.
func recorded(state consent.State, askAgain, kept time.Time, purposes ...privacy.Purpose) consent.Record {
	r := consent.Record{Version: 1, ExpiresAt: kept, Decisions: map[privacy.Purpose]consent.Decision{}}
	for _, purpose := range purposes {
		r.Decisions[purpose] = consent.Decision{State: state, ExpiresAt: askAgain}
	}
	return r
}

// states are the states of consent at now, each with the reason that it gives a decision.
func states(purposes ...privacy.Purpose) map[string]struct {
	newest consent.Record
	reason Reason
} {
	later, soon, past := now.AddDate(1, 0, 0), now.Add(time.Nanosecond), now.Add(-time.Nanosecond)
	return map[string]struct {
		newest consent.Record
		reason Reason
	}{
		"granted":                     {recorded(consent.Granted, later, later, purposes...), ByConsent},
		"granted, the last moment":    {recorded(consent.Granted, soon, soon, purposes...), ByConsent},
		"granted, to be asked again":  {recorded(consent.Granted, now, later, purposes...), "expired"},
		"granted, long ago":           {recorded(consent.Granted, past, later, purposes...), "expired"},
		"granted, kept no longer":     {recorded(consent.Granted, later, now, purposes...), "undecided"},
		"denied":                      {recorded(consent.Denied, later, later, purposes...), "denied"},
		"denied, to be asked again":   {recorded(consent.Denied, now, later, purposes...), "expired"},
		"denied, kept no longer":      {recorded(consent.Denied, later, now, purposes...), "undecided"},
		"nothing about the purpose":   {recorded(consent.Granted, later, later, "another purpose"), "undecided"},
		"no record, or nobody known":  {consent.Record{}, "undecided"},
		"a state that nobody defined": {recorded("maybe", later, later, purposes...), "maybe"},
	}
}

// TestPromise_C01_PurposeByState is the table of every declared purpose, every state of consent and either age.
func TestPromise_C01_PurposeByState(t *testing.T) {
	rests := map[privacy.LawfulBasis]int{}
	for _, purpose := range policy.InForce(now).Purposes {
		rests[purpose.Basis]++
		for name, state := range states(rules.Purposes...) {
			for _, under16 := range []bool{false, true} {
				want := Decision{Allowed: state.reason == ByConsent, Basis: purpose.Basis, Reason: state.reason}
				switch {
				case purpose.Basis != privacy.Consent:
					want.Allowed, want.Reason = true, ByBasis
				case under16:
					want.Allowed, want.Reason = false, ByAge
				}
				if got := Decide(policy.InForce(now), purpose.ID, Facts{Newest: state.newest, Under16: under16, Now: now}); got != want {
					t.Errorf("%s, %s, under 16 %v: %+v", purpose.ID, name, under16, got)
				}
			}
		}
	}
	if len(rests) != 4 || rests[privacy.Consent] != len(rules.Purposes) {
		t.Errorf("purposes by basis: %v", rests)
	}
}

// The lawful basis is that of the policy that is given, whatever the policy in force says.
func TestPromise_C01_TheBasisIsThePolicys(t *testing.T) {
	for _, basis := range []privacy.LawfulBasis{privacy.Consent, privacy.Contract, privacy.LegitimateInterests, privacy.LegalObligation, "none that is known"} {
		p := &policy.Policy{Purposes: []policy.Purpose{{ID: "another", Basis: privacy.Consent}, {ID: "x", Basis: basis}}}
		for name, state := range states("x") {
			for _, under16 := range []bool{false, true} {
				got := Decide(p, "x", Facts{Newest: state.newest, Under16: under16, Now: now})
				allowed := basis != privacy.Consent || state.reason == ByConsent && !under16
				if got.Allowed != allowed || got.Basis != basis || (got.Reason == ByBasis) != (basis != privacy.Consent) {
					t.Errorf("%s, %s, under 16 %v: %+v", basis, name, under16, got)
				}
			}
		}
	}
}

// Nothing is allowed for a purpose that the policy does not declare, whatever was consented to.
func TestPromise_C01_AnUndeclaredPurposeIsNeverAllowed(t *testing.T) {
	for _, p := range []*policy.Policy{policy.InForce(now), {}} {
		for _, purpose := range []privacy.Purpose{"profiling", ""} {
			for name, state := range states(purpose) {
				for _, under16 := range []bool{false, true} {
					if got := Decide(p, purpose, Facts{Newest: state.newest, Under16: under16, Now: now}); got != (Decision{Reason: Undeclared}) {
						t.Errorf("%q, %s, under 16 %v: %+v", purpose, name, under16, got)
					}
				}
			}
		}
	}
}

// TestPromise_C01_TwoPurposesThatLookAlike: counting visits needs no consent, cookies that count them do.
func TestPromise_C01_TwoPurposesThatLookAlike(t *testing.T) {
	own := Decide(policy.InForce(now), "internal_analytics", Facts{Now: now})
	cookies := Decide(policy.InForce(now), privacy.AnalyticsCookies, Facts{Now: now})
	if !own.Allowed || own.Basis != privacy.LegitimateInterests || cookies.Allowed {
		t.Errorf("%+v, %+v", own, cookies)
	}
}
