package restore_test

import (
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/copies"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/decision"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const canary = "Zwirbelfink"

// G06, F17: somebody who was erased after the backup is erased from its copy too. What is withheld stays, without what the law does not ask for.
// Running it twice changes nothing, and what systems send about the past is turned away.
func TestPromise_G06_TheErasedStayErasedAfterARestore(t *testing.T) {
	s := newService(t)
	anna := canary + "@example.org"
	s.knows(anna, canary)
	s.stores(anna, privacy.Transaction, "one", `{"cardLast4":"4242","issuedAt":"`+s.Clock.Now().Format(time.RFC3339)+`"}`)
	s.decides(anna, consent.Granted, privacy.MarketingEmail)
	s.knows("ben@example.org", "unconcerned")
	b := s.backup()
	id := s.erases(anna)
	s.Clock.AdvanceDate(0, 0, 20)

	copied := s.copied(b)
	if len(copied.finds(canary, copies.Tables[:]...)) < 5 {
		t.Fatal("the canary is not in the backup")
	}
	r := s.restorer(copied, b)
	first, err := r.Run(t.Context())
	if err != nil || first.Erasures != 1 {
		t.Fatalf("%+v, %v", first, err)
	}
	if found := copied.finds(canary, copies.Tables[:]...); len(found) > 0 {
		t.Errorf("found in %v", found)
	}
	if found := copied.finds("4242", "RecordsTable"); len(found) > 0 {
		t.Errorf("what the law does not ask for is found in %v", found)
	}
	if got := copied.finds("issuedAt", "RecordsTable"); len(got) != 1 {
		t.Errorf("the invoice, which is withheld, is there %d times", len(got))
	}
	if _, is := copied.stands(anna); is.Erasure.Request != id || is.Marketing != "" {
		t.Errorf("%+v", is.Erasure)
	}
	if len(copied.finds("unconcerned", "RecordsTable")) != 4 {
		t.Error("somebody else has lost records")
	}
	if got := copied.may(anna, privacy.MarketingEmail); got.Allowed || got.Reason != decision.ByErasure {
		t.Errorf("marketing: %+v", got)
	}
	if got := copied.sends(anna, privacy.Identity, "one", `{"firstName":"`+canary+`","lastName":"Berg"}`); got != record.Erased {
		t.Errorf("a record of the past is %s", got)
	}
	copied.sameAgain(s, b, first)
}

// sameAgain does everything again once more, and compares all tables.
func (s *service) sameAgain(live *service, b backup, first any) {
	s.T.Helper()
	before := s.backup()
	again, err := live.restorer(s, b).Run(s.T.Context())
	if err != nil || any(again) != first {
		s.T.Errorf("once more: %+v, first: %+v, %v", again, first, err)
	}
	s.Clock.Advance(-2 * time.Minute)
	s.same(before)
}

// same compares all tables with a backup.
func (s *service) same(was backup) {
	s.T.Helper()
	is := s.backup()
	for table := range is.items {
		before, now := texts(was.items[table]), texts(is.items[table])
		for key, text := range now {
			if before[key] != text {
				s.T.Errorf("%s %s\nis  %s\nwas %s", table, key, text, before[key])
			}
		}
		for key := range before {
			if now[key] == "" {
				s.T.Errorf("%s %s has gone", table, key)
			}
		}
	}
}

// F17: what people forbade after the backup stays forbidden: a refusal, an objection, an opt-out, a restriction, of known and of unknown addresses.
func TestFault_F17_WhatWasForbiddenStaysForbidden(t *testing.T) {
	s := newService(t)
	const ben, cleo, emil = "ben@example.org", "cleo@example.org", "emil@example.org"
	for _, email := range []string{ben, cleo, emil} {
		s.knows(email, "data")
		s.decides(email, consent.Granted, privacy.MarketingEmail, privacy.MarketingCookies)
	}
	b := s.backup()
	s.decides(ben, consent.Denied, privacy.MarketingEmail)
	s.asks(request.Filing{Right: privacy.Objection, Email: cleo, Purposes: []privacy.Purpose{business, privacy.MarketingEmail}})
	s.asks(request.Filing{Right: privacy.OptOut, Email: cleo})
	s.asks(request.Filing{Right: privacy.Restriction, Email: emil, Ground: privacy.Claims})
	s.asks(request.Filing{Right: privacy.OptOut, Email: "unknown@example.org"})
	s.asks(request.Filing{Right: privacy.Objection, Email: "unknown2@example.org", Purposes: []privacy.Purpose{business}})
	s.decides("unknown3@example.org", consent.Denied, privacy.MarketingEmail)
	s.Clock.AdvanceDate(0, 0, 34)

	c, first := s.restore(b)
	for _, want := range []struct {
		email   string
		purpose privacy.Purpose
		reason  decision.Reason
	}{
		{ben, privacy.MarketingEmail, decision.Reason(consent.Denied)},
		{cleo, privacy.MarketingEmail, decision.ByObjection},
		{cleo, business, decision.ByObjection},
		{cleo, privacy.MarketingCookies, decision.ByOptOut},
		{emil, business, decision.ByRestriction},
		{"unknown@example.org", privacy.MarketingCookies, decision.ByOptOut},
		{"unknown2@example.org", business, decision.ByObjection},
		{"unknown3@example.org", privacy.MarketingEmail, decision.Reason(consent.Denied)},
	} {
		live, restored := s.may(want.email, want.purpose), c.may(want.email, want.purpose)
		if live.Reason != want.reason || restored.Allowed || restored.Reason != live.Reason {
			t.Errorf("%s, %s: %s (%t), before %s", want.email, want.purpose, restored.Reason, restored.Allowed, live.Reason)
		}
	}
	if got := c.may(ben, privacy.MarketingCookies); !got.Allowed {
		t.Errorf("what was not refused is %+v", got)
	}
	if _, is := c.stands(emil); !is.Suspends(privacy.Communication) {
		t.Error("the restriction keeps nothing")
	}
	for _, email := range []string{"unknown@example.org", "unknown2@example.org", "unknown3@example.org"} {
		if len(c.finds(email, "SubjectsTable")) > 0 {
			t.Errorf("%s is spelt out, though the ledger must not say it", email)
		}
	}
	c.sameAgain(s, b, first)
}

// F25: people who were joined after the backup are one person again, and each address leads to whom it led: attached, detached, renamed, shared.
func TestFault_F25_ARestoreAfterAJoin(t *testing.T) {
	s := newService(t)
	for id, email := range map[string]string{"gina": "gina@example.org", "hugo": "hugo@example.org", "ivy": "ivy@example.org", "jack": "jack@example.org"} {
		s.ids[id] = s.knows(email, canary+id)
		if _, err := s.TakeAs(id, email, conversation(s.Clock.Now())); err != nil {
			t.Fatal(err)
		}
	}
	b := s.backup()
	s.SetAddresses("gina", true, "gina@example.org", "hugo@example.org")
	s.SetAddresses("ivy", false, "ivy.new@example.org")
	if _, err := s.Identity.Rename(t.Context(), servicetest.System, servicetest.CRM, s.Parse("jack@example.org"), s.Parse("jack.new@example.org"), false); err != nil {
		t.Fatal(err)
	}
	if got, err := s.TakeAs("kate", "jack.new@example.org", conversation(s.Clock.Now())); err != nil || got.Outcome != record.Stored {
		t.Fatalf("%+v, %v", got, err)
	}
	s.works()
	s.Clock.AdvanceDate(0, 0, 34)

	c, first := s.restore(b)
	for _, email := range []string{"gina@example.org", "hugo@example.org", "ivy@example.org", "ivy.new@example.org", "jack@example.org", "jack.new@example.org"} {
		key := servicetest.Aliases.Alias(s.Parse(email))
		live, err := s.Subjects.Aliases(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		restored, err := c.Subjects.Aliases(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if is, was := restored[key], live[key]; !slices.Equal(is.Subjects, was.Subjects) || is.Doubt(c.Clock.Now()) != was.Doubt(s.Clock.Now()) || is.From != was.From {
			t.Errorf("%s: stands for %v (%q), before for %v (%q)", email, is.Subjects, is.Doubt(c.Clock.Now()), was.Subjects, was.Doubt(s.Clock.Now()))
		}
	}
	if _, is := c.stands("hugo@example.org"); len(is.Persons("")) != 2 {
		t.Errorf("joined: %v", is.Formerly)
	}
	if known, _, err := c.Addresses.Find(t.Context(), s.Parse("jack.new@example.org")); err != nil || known.Doubt != subject.Shared {
		t.Errorf("the address that two people share: %q, %v", known.Doubt, err)
	}
	c.sameAgain(s, b, first)
}

// F25: somebody who was joined, and then erased, after the backup is found nowhere in its copy, 35 days back.
func TestFault_F25_ErasedAfterAJoin(t *testing.T) {
	s := newService(t)
	for id, email := range map[string]string{"gina": "gina@example.org", "hugo": "hugo@example.org"} {
		s.knows(email, canary)
		if _, err := s.TakeAs(id, email, conversation(s.Clock.Now())); err != nil {
			t.Fatal(err)
		}
	}
	b := s.backup()
	s.SetAddresses("gina", true, "gina@example.org", "hugo@example.org")
	s.works()
	s.Clock.AdvanceDate(0, 0, 8) // an address that was attached is answered after seven days
	s.erases("gina@example.org")
	s.Clock.Set(b.at.AddDate(0, 0, 35))

	c, _ := s.restore(b)
	if found := c.finds(canary, "RecordsTable"); len(found) > 0 {
		t.Errorf("found in %v", found)
	}
}

// F17: a record that was taken back stays invisible, and a legal hold stays in force.
func TestFault_F17_RecordsTakenBackAndHolds(t *testing.T) {
	s := newService(t)
	liam, mona := s.knows("liam@example.org", "liam"), s.knows("mona@example.org", "mona")
	b := s.backup()
	if err := s.Intake.Retract(t.Context(), servicetest.System, subject.Named{Client: servicetest.CRM, Address: s.Parse("liam@example.org")}, privacy.Communication, "one"); err != nil {
		t.Fatal(err)
	}
	hold, err := s.Identity.PlaceHold(t.Context(), servicetest.Operator, "maria", mona, "a claim", nil)
	if err != nil {
		t.Fatal(err)
	}
	s.works()

	c, first := s.restore(b)
	for one, err := range c.Eraser.Records.Held(t.Context(), liam) {
		if err != nil {
			t.Fatal(err)
		}
		if one.Category == privacy.Communication && !one.Expiry.At.Before(c.Clock.Now()) {
			t.Errorf("the record is there until %s", one.Expiry.At)
		}
	}
	_, is := c.stands("mona@example.org")
	if len(is.Holds) != 1 || is.Holds[0].ID != hold || is.Holds[0].Ground != "a claim" {
		t.Errorf("holds: %+v", is.Holds)
	}
	for one, err := range c.Eraser.Records.Held(t.Context(), mona) {
		if err != nil || !one.Expiry.At.IsZero() {
			t.Errorf("%s expires at %s, though it is held; %v", one.Category, one.Expiry.At, err)
		}
	}
	c.sameAgain(s, b, first)
	s.releases(b, mona, hold)
}

// releases ends a hold and goes back to the backup once more: nothing of it is left.
func (s *service) releases(b backup, id privacy.SubjectID, hold string) {
	s.T.Helper()
	if err := s.Identity.ReleaseHold(s.T.Context(), servicetest.Operator, "maria", id, hold); err != nil {
		s.T.Fatal(err)
	}
	c, _ := s.restore(b)
	for one, err := range c.Eraser.Records.Held(s.T.Context(), id) {
		if err != nil || one.Expiry.At.IsZero() && one.Category != privacy.Marketing {
			s.T.Errorf("%s has no end after the hold; %v", one.Category, err)
		}
	}
}

// T07: somebody may have cancelled an erasure after the backup. So nothing is erased before they have agreed to it once more.
func TestThreat_T07_AnErasureThatHadNotBegunIsAskedForAgain(t *testing.T) {
	s := newService(t)
	s.knows("nora@example.org", canary)
	id := s.agrees("nora@example.org")
	if got := erasure.Of(s.Load(id)).State; got != erasure.Cooling {
		t.Fatal(got)
	}
	b := s.backup()
	if _, err := s.Requester.WithdrawOf(t.Context(), id, subject.Proof{Mailbox: s.Load(id).Request.Mailbox, Fresh: true}); err != nil {
		t.Fatal(err)
	}
	c, first := s.restore(b)
	c.Clock.AdvanceDate(0, 0, 7)
	c.works()
	if e := erasure.Of(c.Load(id)); e.State != erasure.Planned || e.Agreed != "" || c.Load(id).Request.Waiting != request.ForYou {
		t.Errorf("%s, agreed to %q", e.State, e.Agreed)
	}
	if len(c.finds(canary, "RecordsTable")) != 4 {
		t.Error("something was erased")
	}
	if m := c.LastMail(); m.Kind != "link" {
		t.Errorf("the last mail is %s", m.Kind)
	}
	_ = first
}

// F16, F17: an erasure that began after the backup goes on in its copy to its certificate, whatever state it had there.
func TestFault_F17_AnErasureGoesOnFromTheCopy(t *testing.T) {
	for name, before := range map[string]func(s *service, email string) string{
		"planned": func(s *service, email string) string {
			return s.Planned(request.Filing{Right: privacy.Erasure, Email: email})
		},
		"cooling": (*service).agrees,
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			s.knows("olga@example.org", canary)
			id := before(s, "olga@example.org")
			b := s.backup()
			if name == "planned" {
				s.Agree(id)
			}
			s.Clock.Advance(73 * time.Hour)
			s.works()
			if got := s.Load(id).Request.State; got != request.Fulfilled {
				t.Fatal(got)
			}
			c, _ := s.restore(b)
			if found := c.finds(canary, "RecordsTable"); len(found) > 0 {
				t.Errorf("found in %v", found)
			}
			c.works()
			file := c.Load(id)
			e := erasure.Of(file)
			if file.Request.State != request.Fulfilled || e.Certificate == "" || !e.BegunAt.Equal(erasure.Of(s.Load(id)).BegunAt) {
				t.Errorf("%s, %s, certificate %q", file.Request.State, e.State, e.Certificate)
			}
			count := func(e erasure.Erasure) (n int) {
				for _, item := range e.Plan.Items {
					if item.Kind == policy.Kind(privacy.Identity) {
						n += item.Count
					}
				}
				return n
			}
			if count(e) != 1 {
				t.Errorf("the plan has %d records of identity", count(e))
			}
		})
	}
}
