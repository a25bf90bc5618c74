package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// statusLink matches the link of a request's status page in a mail.
var statusLink = regexp.MustCompile(`/requests/([0-9a-f-]+)#(\S+)`)

// receipts returns the receipts to an address, oldest first.
func (s *rig) receipts(email string) []ses.Mail { return s.about(email, "receipt") }

// T31: confirming, deciding and discarding bring one receipt each, which names what was done. That of a confirmed request has the link of its
// status page, and that page withdraws the request, even after the answer was begun.
func TestThreat_T31_EachActBringsOneReceipt(t *testing.T) {
	s := newRig(t)
	const email = "anna@example.org"
	s.Known(email)
	own, other := s.file(email), s.File(request.Filing{Right: privacy.Portability, Email: email}).ID
	asked := s.ask(email, "client", "", consent.Granted)
	s.fulfils()
	proof, box := s.open(email)

	told := 0
	receipt := func(after string) string {
		t.Helper()
		for range 2 {
			s.fulfils()
		}
		told++
		all := s.receipts(email)
		if len(all) != told {
			t.Fatalf("%d receipts after %s", len(all), after)
		}
		return all[told-1].Text
	}
	s.confirm(own, proof)
	text := receipt("a confirmation")
	found := statusLink.FindStringSubmatch(text)
	if found == nil || found[1] != own || strings.Contains(text, "/me#") {
		t.Fatalf("the receipt has no link to the request's status, or a link that opens the mailbox: %s", text)
	}
	if file, err := s.Requester.Status(t.Context(), own, subject.Token(found[2])); err != nil || file.Request.State != request.Fulfilling {
		t.Errorf("%s, %v", file.Request.State, err)
	}

	if _, err := s.ByAddress.Confirm(t.Context(), asked, box, proof, false); err != nil {
		t.Fatal(err)
	}
	if text := receipt("a consent"); statusLink.MatchString(text) || !strings.Contains(text, "/me\n") {
		t.Errorf("the receipt of a consent: %s", text)
	}
	act := consent.Act{Operation: "op", PolicyVersion: s.ByAddress.Recorder.Rules().Version, Language: "en", Surface: "preferences",
		Decisions: map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Denied}}
	if _, err := s.ByAddress.Decide(t.Context(), box, proof, act); err != nil {
		t.Fatal(err)
	}
	receipt("a decision")

	err := s.Requester.Discard(t.Context(), other, proof)
	if err == nil {
		err = s.Links.Tell(t.Context(), proof.Mailbox, "", mailbox.Act{Kind: mailbox.Discarded, Right: privacy.Access})
	}
	if err != nil {
		t.Fatal(err)
	}
	if text := receipt("a discarded request"); statusLink.MatchString(text) {
		t.Errorf("a discarded request has a status: %s", text)
	}
	asked = s.ask(email, "client", "another", consent.Granted)
	s.fulfils()
	if err := s.ByAddress.Discard(t.Context(), asked, proof); err != nil {
		t.Fatal(err)
	}
	receipt("a discarded consent")

	if file, err := s.Requester.Withdraw(t.Context(), own, subject.Token(found[2])); err != nil || file.Request.State != request.Withdrawn {
		t.Errorf("the receipt's link does not withdraw: %s, %v", file.Request.State, err)
	}
	if left := s.work(); strings.Contains(left, "MAILBOX") {
		t.Errorf("work is left:%s", left)
	}
}

// T31, T09: the sixth receipt of a day waits for the next day, and then tells all that was done since the fifth at once. Receipts use up no link,
// and links no receipt.
func TestThreat_T31_TheSixthReceiptIsTomorrowsDigest(t *testing.T) {
	s := newRig(t)
	const email = "anna@example.org"
	for i := range 6 {
		s.File(request.Filing{Right: privacy.Access, Email: email, Details: fmt.Sprint(i)})
	}
	for _, right := range []privacy.Right{privacy.Portability} {
		for i := range 3 {
			s.File(request.Filing{Right: right, Email: email, Details: fmt.Sprint(i)})
		}
	}
	s.fulfils()
	proof, _ := s.open(email)
	waiting := s.waiting(email)
	if len(waiting) != 9 || s.links(email) != 1 {
		t.Fatalf("%d wait behind %d links", len(waiting), s.links(email))
	}
	for i, w := range waiting {
		s.confirm(w.ID, proof)
		if s.fulfils(); len(s.receipts(email)) != min(i+1, 5) {
			t.Errorf("%d receipts after %d acts", len(s.receipts(email)), i+1)
		}
	}
	s.file(email)
	if s.fulfils(); s.links(email) != 2 {
		t.Errorf("%d links: receipts have used them up", s.links(email))
	}
	s.Clock.Advance(13 * time.Hour) // the next day
	for range 2 {
		s.fulfils()
	}
	all := s.receipts(email)
	if len(all) != 6 {
		t.Fatalf("%d receipts on the day after", len(all))
	}
	links := statusLink.FindAllStringSubmatch(all[5].Text, -1)
	if len(links) != 4 {
		t.Fatalf("the digest has %d status links: %s", len(links), all[5].Text)
	}
	for i, found := range links {
		if found[1] != waiting[5+i].ID {
			t.Errorf("line %d is about another request", i+1)
		}
		if _, err := s.Requester.Status(t.Context(), found[1], subject.Token(found[2])); err != nil {
			t.Error(err)
		}
	}
}

// F23: a receipt that SES refuses is tried until it is accepted, and comes once. Refusals use up nothing of the day.
func TestFault_F23_AReceiptThatIsRefused(t *testing.T) {
	s := newRig(t)
	const email = "anna@example.org"
	id := s.file(email)
	s.fulfils()
	proof, _ := s.open(email)
	s.ses.Set(ses.Suspended)
	s.confirm(id, proof)
	for range 8 {
		s.fulfils()
		s.Clock.Advance(time.Hour)
	}
	m := s.mailboxItem(email)
	if m.Receipt.Try < 8 || len(m.Acts) != 1 || !m.Receipt.NextAt.Before(s.Clock.Now().Add(time.Hour)) {
		t.Errorf("%+v", m)
	}
	s.ses.Set(ses.Sending)
	s.Clock.Advance(time.Hour)
	for range 3 {
		s.fulfils()
		s.Clock.Advance(time.Hour)
	}
	if n := len(s.receipts(email)); n != 1 {
		t.Errorf("%d receipts", n)
	}
}
