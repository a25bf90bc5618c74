package periods

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/decision"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// flips is the service around the second in which a version comes into force that was published in May. The day begins in London while it is
// 23:00 in UTC.
func flips(t *testing.T, change func(p *policy.Policy)) (s *rig, versions map[time.Time]*policy.Policy) {
	next := policytest.Next(t, "2027-05-01", "2027-06-09", change)
	from := time.Date(2027, 6, 8, 23, 0, 0, 0, time.UTC)
	s = newRig(t, policy.Newest())
	s.Schedule(policy.Newest(), next)
	return s, map[time.Time]*policy.Policy{from.Add(-time.Second): policy.Newest(), from: next}
}

// K06, A02: a request keeps the terms of the version in force in the second in which it is received, and an export those of the second in
// which its link is mailed.
func TestPromise_K06_RequestsAndExportsFollowTheVersionInForce(t *testing.T) {
	_, versions := flips(t, func(*policy.Policy) {})
	for at := range versions {
		s, versions := flips(t, func(p *policy.Policy) {
			p.AnswerWithin = 12
			longer(p, policy.ExportObject)
			longer(p, policy.MailboxLink)
		})
		in := versions[at]
		s.Clock.Set(at)
		r := s.answer()
		stored, made := s.Load(r.ID), export.Of(s.Load(r.ID))[0]
		if stored.Request.PolicyVersion != in.Version || stored.Request.Terms != in.Terms() {
			t.Errorf("a request of %v has the terms of %s: %+v", at, stored.Request.PolicyVersion, stored.Request.Terms)
		}
		if until := in.SpanOf(policy.ExportObject).After(at); made.PolicyVersion != in.Version || !made.OpenUntil.Equal(until) {
			t.Errorf("an export of %v under %s is open until %v, not %v", at, made.PolicyVersion, made.OpenUntil, until)
		}
		// The link was opened at once, so only its wait for the first opening shows the period: one more is mailed.
		s.must(s.Posting.Want(t.Context(), s.Parse(anna), mailbox.ForRequests))
		s.Post(anna)
		if ends := s.ends("RequestsTable", "m#", "MAILBOX"); !ends.Equal(in.SpanOf(policy.MailboxLink).After(at)) {
			t.Errorf("a link of %v works until %v", at, ends)
		}
	}
}

// K06, H13: a request that was received a second before a version came into force keeps its deadline and its periods, although its link is
// mailed and its export is made afterwards, under the new version.
func TestPromise_K06_ARequestAnsweredAfterTheChange(t *testing.T) {
	s, versions := flips(t, func(p *policy.Policy) {
		p.AnswerWithin = 12
		longer(p, policy.ExportObject)
		longer(p, policy.MailboxLink)
	})
	from := time.Date(2027, 6, 8, 23, 0, 0, 0, time.UTC)
	old, next := versions[from.Add(-time.Second)], versions[from]
	s.Clock.Set(from.Add(-time.Second))
	s.Known(anna)
	r := s.File(request.Filing{Right: privacy.Access, Email: anna})
	s.Clock.Set(from)
	s.Fulfil(r.ID)
	s.Post(anna)
	if ends := s.ends("RequestsTable", "m#", "MAILBOX"); !ends.Equal(next.SpanOf(policy.MailboxLink).After(from)) {
		t.Errorf("a link that is mailed afterwards works until %v", ends)
	}
	proof, _ := s.Open(s.LastMail())
	_, err := s.Requester.Confirm(t.Context(), r.ID, proof)
	s.must(err)
	s.Fulfil(r.ID)
	_, err = s.Delivery.Run(t.Context(), r.ID, 1)
	s.must(err)
	stored, made := s.Load(r.ID).Request, export.Of(s.Load(r.ID))[0]
	if stored.PolicyVersion != old.Version || stored.Terms != old.Terms() || stored.State != request.Fulfilled {
		t.Errorf("the request is %s and has the terms of %s: %+v", stored.State, stored.PolicyVersion, stored.Terms)
	}
	for _, clock := range request.Clocks(stored) {
		if want := time.Date(2027, 7, 8, 22, 59, 59, 0, time.UTC); clock.Law == "policy" && !clock.DueAt.Equal(want) {
			t.Errorf("it is due %v, not %v", clock.DueAt, want)
		}
	}
	if until := next.SpanOf(policy.ExportObject).After(from); made.PolicyVersion != next.Version || !made.OpenUntil.Equal(until) {
		t.Errorf("its export is made under %s and open until %v, not %v", made.PolicyVersion, made.OpenUntil, until)
	}
	if until := old.Terms().Attempts.After(stored.ReceivedAt); !made.ExpiresAt.Equal(until) {
		t.Errorf("the entry of its export is kept until %v, not %v", made.ExpiresAt, until)
	}
}

// K06: a decision follows the purposes in force in its second.
func TestPromise_K06_DecisionsFollowTheVersionInForce(t *testing.T) {
	s, versions := flips(t, func(p *policy.Policy) {
		p.Purposes = append(p.Purposes, policy.Purpose{ID: "profiling", Title: "Profiling", Text: "Profiling.", Basis: privacy.LegitimateInterests})
		for i, x := range p.Purposes {
			if x.ID == "business_development" {
				p.Purposes[i].Basis = privacy.Consent
			}
		}
	})
	decider := decision.Decider{Policy: s.InForce, Subjects: s.Subjects, Consents: s.Consents, Aliases: servicetest.Aliases, Now: s.Clock.Now}
	for at, in := range versions {
		s.Clock.Set(at)
		_, declared := in.Purpose("profiling")
		if got, err := decider.Answer(t.Context(), servicetest.CRM, decision.Question{Subject: decision.Who{Named: record.Named{Email: new(anna)}}, Purpose: "profiling"}); (err == nil) != declared || got.Allowed != declared {
			t.Errorf("%v: a new purpose: %+v, %v", at, got, err)
		}
		got, err := decider.Answer(t.Context(), servicetest.CRM, decision.Question{Subject: decision.Who{Named: record.Named{Email: new(anna)}}, Purpose: "business_development"})
		if basis, _ := in.Purpose("business_development"); err != nil || got.Basis != basis.Basis || got.Allowed != (basis.Basis == privacy.LegitimateInterests) {
			t.Errorf("%v: a purpose with another basis: %+v, %v", at, got, err)
		}
	}
}

// K06: a record is checked against the fields, and kept for the period, that are in force in the second in which it arrives.
func TestPromise_K06_RecordsFollowTheVersionInForce(t *testing.T) {
	s, versions := flips(t, func(p *policy.Policy) {
		longer(p, policy.Kind(privacy.Transaction))
		for i, c := range p.Categories {
			if c.ID == privacy.Preference {
				p.Categories[i].Fields = append(p.Categories[i].Fields, policy.Field{Name: "theme", Title: "Theme", Type: "string", Optional: true})
			}
		}
	})
	issued := noon
	for at, in := range versions {
		s.Clock.Set(at)
		draft := record.Draft{Category: "preference", ID: "p", Source: "direct", OccurredAt: noon.Format(time.RFC3339)}
		draft.Subject, draft.Data = &record.Named{Email: new(anna)}, []byte(`{"supportChannel":"chat","serviceTier":"gold","language":"en","theme":"dark"}`)
		if _, err := s.Intake.Check(servicetest.CRM, draft); (err == nil) != (in != policy.Newest()) {
			t.Errorf("%v: a new field: %v", at, err)
		}
		got, err := s.Take(anna, record.Record{Category: privacy.Transaction, ID: in.Version, Source: privacy.Direct, OccurredAt: noon, Data: []byte(`{"issuedAt":"` + issued.Format(time.RFC3339) + `"}`)})
		if want := in.RetentionFor(privacy.Transaction).Span().After(issued); err != nil || !got.ExpiresAt.Equal(want) {
			t.Errorf("%v: an invoice expires %v, not %v: %v", at, got.ExpiresAt, want, err)
		}
	}
}
