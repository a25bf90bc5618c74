package main

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
)

// Addresses that are in doubt, as [rig.inDoubt] makes them.
const (
	shared   = "shared@example.org"
	detached = "detached@example.org"
	frozen   = "frozen@example.org"
)

// known stores a record about somebody with an id of the company's system, and with an address.
func (s *rig) known(t testing.TB, id, email string) {
	t.Helper()
	one := record.Record{Category: privacy.Identity, ID: "self", Source: privacy.Direct, OccurredAt: s.Clock.Now().Add(-time.Hour), Data: []byte(`{"firstName":"Anna","lastName":"Berg"}`)}
	if _, err := s.TakeAs(id, email, one); err != nil {
		t.Fatal(err)
	}
	s.RunChanges()
}

// inDoubt puts an address of each kind of doubt on record.
func (s *rig) inDoubt(t testing.TB) {
	t.Helper()
	s.known(t, "one", shared)
	s.known(t, "two", shared)
	s.known(t, "three", detached)
	s.SetAddresses("three", false, "three@example.org")
	s.known(t, "four", "four@example.org")
	s.SetAddresses("four", false, "four@example.org", frozen)
	p := s.enters(t, "four@example.org")
	for _, one := range s.me(t, p).Pending {
		if w := s.as(p, "POST", "/v1/pending/"+one.ID+"/discard", ""); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	s.RunChanges()
}

// mailedTo has a link mailed to an address, as its holder asks for it, and returns the mail.
func (s *rig) mailedTo(t testing.TB, email string) servicetest.Mail {
	t.Helper()
	s.Clock.Advance(time.Second) // a link of the second of a change dies with it
	if err := s.Posting.Want(t.Context(), s.Parse(email), mailbox.ForRequests); err != nil {
		t.Fatal(err)
	}
	s.Post(email)
	for i := len(s.Mails) - 1; i >= 0; i-- {
		if m := s.Mails[i]; m.Kind == "link" && m.About == servicetest.Aliases.Mailbox(s.Parse(email)) {
			return m
		}
	}
	t.Fatalf("no link was mailed")
	return servicetest.Mail{}
}

// enters has a link mailed to an address, and opens it.
func (s *rig) enters(t testing.TB, email string) person {
	t.Helper()
	m := s.mailedTo(t, email)
	box, _, err := s.Mailboxes.Load(t.Context(), m.About)
	if err != nil {
		t.Fatal(err)
	}
	return person{email: email, mailbox: m.About, sid: box.Subject, session: s.enter(t, m.About, m.Token), unsubscribe: m.Unsubscribe}
}

// ended fails the test if a session or a link still opens anything.
func (s *rig) ended(t testing.TB, p person, m servicetest.Mail) {
	t.Helper()
	if w := s.as(p, "GET", "/v1/me", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("an old cookie: %d %s", w.Code, w.Body)
	}
	if w := s.tryLink(m.About, m.Token); w.Code != http.StatusNotFound {
		t.Errorf("an old link: %d %s", w.Code, w.Body)
	}
}

// subjectOf returns the data subject with an id of the company's system.
func (s *rig) subjectOf(t testing.TB, id string) privacy.SubjectID {
	t.Helper()
	known, ok, err := s.Subjects.Find(t.Context(), servicetest.Aliases.IDAlias(servicetest.CRM, id))
	if err != nil || !ok {
		t.Fatalf("%s: %t, %v", id, ok, err)
	}
	return known.Subject
}

// marketingOf returns what a data subject decided about marketing mail.
func (s *rig) marketingOf(t testing.TB, id privacy.SubjectID) consent.State {
	t.Helper()
	r, err := s.ByAddress.Recorder.Current(t.Context(), consent.Address(id))
	if err != nil {
		t.Fatal(err)
	}
	return r.Effective(privacy.MarketingEmail, s.Clock.Now()).State
}

// grantedBy records that a data subject agreed to both purposes of mail.
func (s *rig) grantedBy(t testing.TB, id privacy.SubjectID) {
	t.Helper()
	act := consent.Act{Subject: consent.Address(id), Operation: "by " + string(id), PolicyVersion: rules.Version, Language: "en", Surface: "preferences",
		Decisions: map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted, privacy.Testimonials: consent.Granted}}
	if _, err := s.ByAddress.Recorder.Record(t.Context(), act); err != nil {
		t.Fatal(err)
	}
}

// doubted returns what the holder of an address in doubt sees, and fails the test if it is more than what waits.
func (s *rig) doubted(t testing.TB, p person, doubt string) []pending {
	t.Helper()
	var seen struct {
		Doubt             string
		Pending, Requests []pending
		Preferences       json.RawMessage
	}
	w := s.as(p, "GET", "/v1/me", "")
	if err := json.Unmarshal(w.Body.Bytes(), &seen); err != nil || seen.Doubt != doubt || string(seen.Preferences) != "null" || len(seen.Requests) != 0 {
		t.Errorf("%s: %d %s", doubt, w.Code, w.Body)
	}
	if status, answer := s.preferences(t, p); status != http.StatusConflict || answer["type"] != "urn:problem:shared" {
		t.Errorf("%s: the preferences: %d %v", doubt, status, answer)
	}
	return seen.Pending
}
