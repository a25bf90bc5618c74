package decision

import (
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// wasErased returns the state after an erasure a month ago.
func wasErased(s standing.State) standing.State {
	return s.Erase("e", []privacy.SubjectID{"anna"}, imposed.AddDate(2, 0, 0), imposed)
}

// remains is the law, written once more: for which purposes an erasure leaves data of which category, besides what a running contract keeps.
var remains = map[privacy.Category][]privacy.Purpose{
	privacy.Transaction: {"financial_records", "legal_compliance", "authority_requests"}, privacy.SecurityLog: {"security"},
	"": {"financial_records", "legal_compliance", "authority_requests", "security"},
}

// contractual is for which purposes a contract that runs keeps data.
var contractual = []privacy.Purpose{
	"service_delivery", "invoicing", "account_management", "personalisation", "security", "financial_records", "legal_compliance", "authority_requests",
}

// TestPromise_H03_PurposeByErasure is the table of every purpose, every category, every choice, and every standing after an erasure.
func TestPromise_H03_PurposeByErasure(t *testing.T) {
	p := policy.InForce(now)
	runs := standing.Unknown.Contracted([]standing.Account{{ID: "a"}})
	ended := runs.Contracted([]standing.Account{{ID: "a", EndedAt: imposed.AddDate(0, -1, 0)}})
	hold := standing.Hold{ID: "h", At: imposed}
	renewed := wasErased(ended).Renew(imposed.AddDate(0, 0, 1), imposed.AddDate(0, 0, 1)).Contracted([]standing.Account{{ID: "b"}})
	for name, c := range map[string]struct {
		state  standing.State
		erased bool // as far as it is not for a contract
		runs   bool // a contract keeps account data
	}{
		"nothing": {standing.Unknown, false, false}, "only held": {standing.Unknown.Place(hold), false, false},
		"erased": {wasErased(standing.Unknown), true, false}, "erased after a contract": {wasErased(ended), true, false},
		"erased during a contract": {wasErased(runs), true, true},
		"its contract has ended":   {wasErased(runs).Contracted([]standing.Account{{ID: "a", EndedAt: now}}), true, false},
		"its contract will end":    {wasErased(runs).Contracted([]standing.Account{{ID: "a", EndedAt: now.Add(time.Second)}}), true, true},
		"erased and held":          {wasErased(ended.Place(hold)), true, false},
		"acknowledged":             {wasErased(ended).Acknowledge("e", "crm"), true, false},
		"a new contract":           {renewed, false, false},
	} {
		for choice, newest := range choices() {
			for _, category := range []privacy.Category{"", privacy.Identity, privacy.Contact, privacy.Account, privacy.Preference, privacy.Transaction, privacy.Communication, privacy.Marketing, privacy.SecurityLog} {
				for _, purpose := range p.Purposes {
					facts := Facts{Newest: newest, Standing: c.state, Category: category, Now: now}
					free := facts
					free.Standing = standing.Unknown
					want := Decide(p, purpose.ID, free)
					keeps := c.runs && (category == "" || category.IsAccountData()) && slices.Contains(contractual, purpose.ID)
					keeps = keeps || c.runs && category.IsAccountData() && purpose.ID == "customer_support" // it needs transcripts, but may use what is there
					old := c.state.Erased() && !newest.Effective(purpose.ID, now).DecidedAt.After(imposed)
					switch {
					case purpose.Basis == privacy.Consent && old && (c.erased || want.Allowed):
						want = Decision{Basis: purpose.Basis, Reason: ByErasure}
					case purpose.Basis != privacy.Consent && c.erased && !keeps && !slices.Contains(remains[category], purpose.ID):
						want = Decision{Basis: purpose.Basis, Reason: ByErasure}
					}
					if got := Decide(p, purpose.ID, facts); got != want {
						t.Errorf("%s, %s: %q for %s: %+v, not %+v", name, choice, category, purpose.ID, got, want)
					}
				}
			}
		}
	}
}

// What somebody has limited is the reason before the erasure is, and the age before both.
func TestPromise_H03_WhatIsNamedBeforeAnErasure(t *testing.T) {
	p := policy.InForce(now)
	for name, c := range map[string]struct {
		state   standing.State
		purpose privacy.Purpose
		under16 bool
		want    Reason
	}{
		"age":         {standing.Unknown, privacy.MarketingEmail, true, ByAge},
		"opt-out":     {standing.Unknown.OptedOut(standing.OptOut{Request: "o", At: imposed}), privacy.MarketingCookies, false, ByOptOut},
		"objection":   {objects("business_development"), "business_development", false, ByObjection},
		"restriction": {restricts(privacy.Claims, nil), "customer_support", false, ByRestriction},
		"nothing":     {standing.Unknown, "customer_support", false, ByErasure},
	} {
		if got := Decide(p, c.purpose, Facts{Standing: wasErased(c.state), Under16: c.under16, Now: now}); got.Allowed || got.Reason != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// People see a consent that an erasure has ended as what it is, and decide anew.
func TestPromise_H03_AConsentThatAnErasureHasEnded(t *testing.T) {
	p := policy.InForce(now)
	for name, c := range map[string]struct {
		state  consent.State
		at     time.Time
		reason Reason
	}{"before": {consent.Granted, imposed, ByErasure}, "since": {consent.Granted, imposed.Add(1), ""}, "refused before": {consent.Denied, imposed, ""}} {
		got := Refused(p, Facts{Newest: decided(c.state, c.at), Standing: wasErased(standing.Unknown), Now: now})
		if got[privacy.MarketingEmail] != c.reason || c.reason == "" && len(got) > 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A purpose of which an erasure always leaves the data needs no state, whatever the standing.
func TestWhatAnErasureCanForbid(t *testing.T) {
	p := policy.InForce(now)
	for _, purpose := range p.Purposes {
		for _, category := range []privacy.Category{"", privacy.Transaction, privacy.SecurityLog, privacy.Identity} {
			facts := Facts{Category: category, Now: now}
			facts.Standing = wasErased(standing.Unknown)
			if got, forbids := erasable(p, purpose, facts), Decide(p, purpose.ID, facts).Reason == ByErasure; got != forbids {
				t.Errorf("%q for %s: %t, and it forbids %t", category, purpose.ID, got, forbids)
			}
		}
	}
}
