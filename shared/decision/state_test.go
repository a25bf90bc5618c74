package decision

import (
	"errors"
	"slices"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// The state is read if something in it can change the answer: not for what the law demands or what protects others, not for somebody under 16, and of
// nobody who is unknown. The log of consents is read after it, and not if an opt-out decides.
func TestWhatADecisionReads(t *testing.T) {
	out := standing.Unknown.OptedOut(standing.OptOut{Request: "p", At: imposed})
	for name, c := range map[string]struct {
		question Question
		state    standing.State
		want     string // a for aliases, s for a state, l for the log
	}{
		"a consent":                 {Question{byEmail(anna), privacy.MarketingEmail, "", false}, standing.Unknown, "asl"},
		"a consent, under 16":       {Question{byEmail(anna), privacy.MarketingEmail, "", true}, standing.Unknown, "a"},
		"a sale, opted out":         {Question{byEmail(anna), privacy.MarketingCookies, "", false}, out, "as"},
		"a contract":                {Question{byEmail(anna), "service_delivery", privacy.Contact, false}, standing.Unknown, "as"},
		"an interest":               {Question{byEmail(anna), "business_development", "", true}, standing.Unknown, "as"},
		"security":                  {Question{byEmail(anna), "security", "", false}, standing.Unknown, "a"},
		"the law":                   {Question{byEmail(anna), "financial_records", privacy.Transaction, false}, standing.Unknown, "a"},
		"nobody known":              {Question{byEmail("x@example.org"), privacy.MarketingEmail, "", false}, standing.Unknown, "a"},
		"a visitor":                 {Question{Who{Visitor: ptr(visitor)}, privacy.MarketingCookies, "", false}, standing.Unknown, "l"},
		"an objection, and consent": {Question{byEmail(anna), privacy.MarketingEmail, "", false}, objects(privacy.MarketingEmail), "asl"},
	} {
		d, m := newDecider(t)
		m.states["s1"] = standing.Snapshot{State: c.state}
		var order string
		m.order = &order
		if _, err := d.Answer(t.Context(), "crm", c.question); err != nil || order != c.want {
			t.Errorf("%s: read %s, not %s, %v", name, order, c.want, err)
		}
	}
}

// A purpose whose state is not read cannot be forbidden by any state.
func TestWhatCannotBeLimitedIsNeverForbidden(t *testing.T) {
	p := policy.InForce(now)
	all := restricts(privacy.Claims, ids(p.Purposes)).OptedOut(standing.OptOut{Request: "p", At: imposed})
	all, _ = all.Objected(standing.Objection{Request: "o", At: imposed, Purposes: ids(p.Purposes)})
	var free []privacy.Purpose
	for _, purpose := range p.Purposes {
		got := Decide(p, purpose.ID, Facts{Standing: all, Now: now})
		if needsState(p, purpose.ID, Facts{Now: now}, Decide(p, purpose.ID, Facts{Now: now})) == got.Allowed {
			t.Errorf("%s: %+v", purpose.ID, got)
		}
		if got.Allowed {
			free = append(free, purpose.ID)
		}
	}
	if want := []privacy.Purpose{"security", "legal_compliance", "authority_requests", "financial_records"}; !slices.Equal(free, want) {
		t.Errorf("what remains: %v", free)
	}
	for _, basis := range []privacy.LawfulBasis{privacy.LegalObligation, privacy.LegitimateInterests} {
		sale := policy.Purpose{ID: "x", Basis: basis, Sells: true, Compelling: true}
		if got := Decide(&policy.Policy{Purposes: []policy.Purpose{sale}}, "x", Facts{Standing: all, Now: now}); got.Reason != ByOptOut || !limitable(sale) {
			t.Errorf("a sale that rests on %s: %+v", basis, got)
		}
	}
}

// Somebody who is joined to another one between the two reads is answered by the state of the other. A state that cannot be read allows nothing.
func TestAJoinWhileADecisionIsMade(t *testing.T) {
	d, m := newDecider(t)
	m.states["s1"] = standing.Snapshot{State: standing.State{Into: "s2"}}
	m.states["s2"] = standing.Snapshot{State: objects("business_development")}
	q := Question{byEmail(anna), "business_development", "", false}
	if _, err := d.Answer(t.Context(), "crm", q); fault.KindOf(err) != fault.Unavailable || len(m.finds) != standing.MostFormer {
		t.Errorf("an alias that never follows: %v after %d reads", err, len(m.finds))
	}
	m.finds, m.after = nil, func() {
		for key, a := range m.aliases {
			a.Subjects = []privacy.SubjectID{"s2"}
			m.aliases[key] = a
		}
	}
	if got, err := d.Answer(t.Context(), "crm", q); err != nil || got.Reason != ByObjection || len(m.finds) != 2 {
		t.Errorf("%+v, %v after %d reads", got, err, len(m.finds))
	}
	delete(m.states, "s2")
	if got, err := d.Answer(t.Context(), "crm", q); fault.KindOf(err) != fault.Unavailable || got.Allowed {
		t.Errorf("without a state: %+v, %v", got, err)
	}
}

// An id that the data subject has not used yet means them, unless they have another one of the same client. Their state is read once.
func TestAnUnknownIDReadsTheStateOnce(t *testing.T) {
	d, m := newDecider(t)
	var order string
	m.order = &order
	m.states["s1"] = standing.Snapshot{State: objects(privacy.MarketingEmail), Aliases: m.states["s1"].Aliases}
	m.records[consent.Address("s1")] = decided(consent.Granted, imposed)
	got, err := d.Answer(t.Context(), "crm", Question{byID("9", anna), privacy.MarketingEmail, "", false})
	if err != nil || got.Reason != ByObjection || order != "asl" && order != "asal" {
		t.Errorf("%+v, %v, read %s", got, err, order)
	}
}

// The category must be one of personal data.
func TestTheCategoryOfAQuestion(t *testing.T) {
	for category, fine := range map[privacy.Category]bool{"": true, privacy.Contact: true, privacy.SecurityLog: true, privacy.Analytics: false, "shoes": false} {
		d, m := newDecider(t)
		_, err := d.Answer(t.Context(), "crm", Question{byEmail(anna), "service_delivery", category, false})
		refusal, refused := errors.AsType[*fault.Error](err)
		if refused == fine || refused && (len(refusal.Fields) != 1 || refusal.Fields[0].Pointer != "/category" || len(m.finds) > 0) {
			t.Errorf("%q: %v", category, err)
		}
	}
	d, m := newDecider(t)
	m.states["s1"] = standing.Snapshot{State: restricts(privacy.Accuracy, nil, privacy.Contact)}
	for category, allowed := range map[privacy.Category]bool{"": false, privacy.Contact: false, privacy.Account: true} {
		if got, err := d.Answer(t.Context(), "crm", Question{byEmail(anna), "service_delivery", category, false}); err != nil || got.Allowed != allowed {
			t.Errorf("%q: %+v, %v", category, got, err)
		}
	}
}
