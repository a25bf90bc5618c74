package mailbox

import (
	"testing"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// decides is an act of the holder of the mailbox.
func decides(purpose privacy.Purpose, state consent.State) consent.Act {
	act := news("", state)
	act.Operation, act.Subject, act.Decisions = uuid.NewString(), "e#somebody else", map[privacy.Purpose]consent.State{purpose: state}
	return act
}

// T31, C03: which decisions the holder of a mailbox makes. A grant needs a fresh proof, and a grant of cookies is never made here. Each decision is
// recorded for the data subject of the mailbox, and has a receipt.
func TestThreat_T31_WhatASessionDecides(t *testing.T) {
	if len(rules.Cookies) == 0 {
		t.Fatal("the policy has no purposes of cookies")
	}
	cookies := rules.Cookies[len(rules.Cookies)-1]
	for name, row := range map[string]struct {
		act   consent.Act
		fresh bool
		want  fault.Kind
	}{
		"a fresh grant":             {decides(privacy.MarketingEmail, consent.Granted), true, ""},
		"a stale grant":             {decides(privacy.MarketingEmail, consent.Granted), false, fault.Forbidden},
		"a fresh denial":            {decides(privacy.MarketingEmail, consent.Denied), true, ""},
		"a stale denial":            {decides(privacy.MarketingEmail, consent.Denied), false, ""},
		"a fresh grant of cookies":  {decides(cookies, consent.Granted), true, fault.Unacceptable},
		"a stale grant of cookies":  {decides(cookies, consent.Granted), false, fault.Unacceptable},
		"a denial of cookies":       {decides(cookies, consent.Denied), false, ""},
		"a purpose without consent": {decides("none", consent.Denied), true, fault.Unacceptable},
	} {
		p, proof := newPerson(), stale
		if row.fresh {
			proof = fresh
		}
		r, err := p.consents.Decide(t.Context(), annas, proof, row.act)
		if row.want != "" {
			if fault.KindOf(err) != row.want || len(p.history()) != 0 || len(p.told) != 0 {
				t.Errorf("%s: %v, %d records, told %v", name, err, len(p.history()), p.told)
			}
			continue
		}
		if err != nil || r.Subject != consent.Address(sid) || len(p.history()) != 1 || len(p.told) != 1 || p.told[0].Kind != Decided || len(p.told[0].Decisions) != 1 {
			t.Errorf("%s: %+v, %v, told %+v", name, r, err, p.told)
		}
		if shown, yes, err := p.consents.Preferences(t.Context(), annas); err != nil || !yes || shown.Version != 1 {
			t.Errorf("%s: shown %+v, %v", name, shown, err)
		}
	}
}
