package main

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// mailboxItem returns what is stored of the mailbox of an address.
func (s *rig) mailboxItem(email string) mailbox.Mailbox {
	s.T.Helper()
	m, _, err := s.Mailboxes.Load(s.T.Context(), s.mailboxOf(email))
	if err != nil {
		s.T.Fatal(err)
	}
	return m
}

// F19, F23: a refused link is tried less and less often, in the end once an hour, until SES accepts it. Until then no link is stored, no mail is
// counted, and what waits for it does not lapse. The link lives from the mail on.
func TestFault_F23_ALinkThatIsRefused(t *testing.T) {
	s := newRig(t)
	s.ses.Set(ses.Suspended)
	asked, filed := s.ask("bad@example.org", "client", "", consent.Granted), s.file("bad@example.org")
	for began := s.Clock.Now(); s.Clock.Now().Before(began.Add(linkLife + 48*time.Hour)); s.Clock.Advance(soak.Pick(2*time.Hour, time.Hour)) {
		s.fulfils()
	}
	m := s.mailboxItem("bad@example.org")
	if len(m.Links) != 0 || m.Try < 100 || m.Try > 9*24+6 || m.NextAt.IsZero() {
		t.Fatalf("%d links, %d tries, next at %s", len(m.Links), m.Try, m.NextAt)
	}
	for r, n := range m.Mailed.Counts {
		if n != 0 {
			t.Errorf("%d mails are counted for %s", n, r)
		}
	}
	if file := s.Load(filed); file.Request.State != request.Verifying || len(file.Events) != 0 {
		t.Errorf("the request is %s, %+v", file.Request.State, file.Events)
	}
	s.ses.Set(ses.Sending)
	s.Clock.Advance(time.Hour)
	s.fulfils()
	if s.links("bad@example.org") != 1 || s.work() != "" {
		t.Fatalf("%d mails, and work is left:%s", s.links("bad@example.org"), s.work())
	}
	s.Clock.Advance(linkLife - time.Minute)
	s.fulfils()
	proof, box := s.open("bad@example.org")
	if _, err := s.ByAddress.Confirm(t.Context(), asked, box, proof, false); err != nil {
		t.Errorf("the consent, a minute before the end of the link's week: %v", err)
	}
	if _, err := s.Requester.Confirm(t.Context(), filed, proof); err != nil {
		t.Errorf("the request, a minute before the end of the link's week: %v", err)
	}
}

// F23: what names an address that cannot receive mail is given up. No mail is tried, and nothing is recorded as mailed.
func TestFault_F23_ALinkThatNobodyCanGet(t *testing.T) {
	s := newRig(t)
	id := s.ask("änna@example.org", "client", "", consent.Granted)
	if err := s.Links.Ask(t.Context(), "änna@example.org"); fault.KindOf(err) != fault.Unacceptable { // it says so at once
		t.Errorf("a wish: %v", err)
	}
	now := s.Clock.Now() // a wish that was stored all the same
	if err := s.Mailboxes.SaveWish(t.Context(), mailbox.Wish{ID: "wish", Email: "änna@example.org", ExpiresAt: now.Add(linkLife), Due: work.Due{NextAt: now}}); err != nil {
		t.Fatal(err)
	}
	s.fulfils()
	c, _, err := s.ByAddress.Confirmations.Load(t.Context(), id)
	if err != nil || !c.NextAt.IsZero() || c.Mailbox != "" || s.counts.Len() != 0 || len(s.Scan("SubjectsTable")) != 0 || s.mailboxItem("änna@example.org").Version != 0 {
		t.Errorf("%v, %+v, %s", err, c, s.counts.String())
	}
	if s.work() != "" || len(s.box.All()) != 0 {
		t.Errorf("%d mails, work left:%s", len(s.box.All()), s.work())
	}
}

// F23, T09: if requests and consents by one address wait for SES together, none is dropped and none lapses. One mail brings them all after the
// repair: refusals use up no mail of the day, and do not pile up.
func TestFault_F23_TheDayOfAnAddressIsNotUsedUpByRefusals(t *testing.T) {
	s := newRig(t)
	s.ses.Set(ses.Paused)
	ids := []string{s.file("anna@example.org")}
	s.fulfils()
	ids = append(ids, s.File(request.Filing{Right: "portability", Email: "anna@example.org"}).ID)
	asked := s.ask("anna@example.org", "client", "", consent.Granted)
	for range 60 {
		s.fulfils()
		s.Clock.Advance(time.Hour)
	}
	s.ses.Set(ses.Sending)
	for range 48 {
		s.fulfils()
		s.Clock.Advance(time.Hour)
	}
	if n := s.links("anna@example.org"); n != 1 {
		t.Errorf("%d links after the repair", n)
	}
	proof, box := s.open("anna@example.org")
	for _, id := range ids {
		s.confirm(id, proof)
	}
	if _, err := s.ByAddress.Confirm(t.Context(), asked, box, proof, false); err != nil {
		t.Error(err)
	}
}

// F23, T09: a link that was refused on one day waits for the next day if that is used up meanwhile, and is not dropped.
func TestFault_F23_TheDaysLimitDropsNoLinkThatWasRefused(t *testing.T) {
	s := newRig(t)
	for i := range 3 { // the day is used up
		s.File(request.Filing{Right: "access", Email: "anna@example.org", Details: string(rune('a' + i))})
		s.fulfils()
	}
	id := s.file("anna@example.org")
	if s.fulfils(); s.links("anna@example.org") != 3 {
		t.Fatalf("%d links in a day", s.links("anna@example.org"))
	}
	s.Clock.Advance(11 * time.Hour)
	if s.fulfils(); s.links("anna@example.org") != 3 {
		t.Fatalf("%d links in a day", s.links("anna@example.org"))
	}
	s.ses.Set(ses.Paused)
	s.Clock.Advance(time.Hour) // midnight
	s.fulfils()
	s.ses.Set(ses.Sending)
	s.Clock.Advance(time.Hour)
	if s.fulfils(); s.links("anna@example.org") != 4 {
		t.Errorf("%d links on the day after", s.links("anna@example.org"))
	}
	proof, _ := s.open("anna@example.org")
	s.confirm(id, proof)
}
