package main

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// waiting files two requests and a consent by one address, and returns the ids of the requests and the mail with the link to all three.
func (s *rig) waiting(email string) (ids []string, m servicetest.Mail) {
	s.T.Helper()
	for _, right := range []request.Filing{{Right: "access", Email: email}, {Right: "portability", Email: email}} {
		r := s.File(right)
		s.Fulfil(r.ID)
		ids = append(ids, r.ID)
	}
	m = s.asked(email)
	if m.Kind != "link" || len(m.Waiting) != 3 {
		s.T.Fatalf("%+v", m)
	}
	return ids, m
}

// lines returns how often the timeline of each request says that the mail with its link came back, and why it says so last.
func (s *rig) lines(ids []string) (counts []int, why string) {
	for _, id := range ids {
		file := s.Load(id)
		if file.Request.State != request.Verifying {
			s.T.Errorf("the request is %s", file.Request.State)
		}
		n := 0
		for _, e := range file.Events {
			if e.Kind == request.EventLinkReturned {
				n, why = n+1, e.Reason
			}
		}
		counts = append(counts, n)
	}
	return counts, why
}

// F24: a link whose mail bounced for good stands once on the timeline of each request that waits behind it, and its consents end, since nobody
// can press their buttons. The requests wait on: their deadlines do not run before they are confirmed, and the team sees why nobody answers.
func TestFault_F24_ALinkThatBouncesForGood(t *testing.T) {
	s := newRig(t)
	ids, m := s.waiting("anna@example.org")
	for range 2 {
		if failed := s.deliver(bounce(m, "Permanent", "NoEmail"), bounce(m, "Permanent", "NoEmail")); failed != nil {
			t.Fatalf("%v failed: %s", failed, s.log())
		}
	}
	if counts, why := s.lines(ids); !slices.Equal(counts, []int{1, 1}) || why != "no_email" {
		t.Errorf("%v lines, %q", counts, why)
	}
	if err := s.presses(m); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the consent still waits: %v", err)
	}
	if box := s.box("anna@example.org"); !box.NextAt.IsZero() {
		t.Errorf("another mail is due at %s", box.NextAt)
	}
}

// F24: a link whose mail bounced for now stands once on the timeline of each request, and another is mailed hours later, once. Everything waits
// for it. The link that came back opens nothing.
func TestFault_F24_ALinkThatBouncesForNow(t *testing.T) {
	s := newRig(t)
	ids, m := s.waiting("anna@example.org")
	for range 2 {
		if failed := s.deliver(bounce(m, "Transient", "MailboxFull"), bounce(m, "Transient", "MailboxFull")); failed != nil {
			t.Fatalf("%v failed: %s", failed, s.log())
		}
	}
	if counts, why := s.lines(ids); !slices.Equal(counts, []int{1, 1}) || why != "mailbox_full" {
		t.Errorf("%v lines, %q", counts, why)
	}
	mailed := len(s.Mails)
	s.Post("anna@example.org")
	if box := s.box("anna@example.org"); len(s.Mails) != mailed || box.NextAt.Before(time.Now().Add(5*time.Hour)) || box.NextAt.After(time.Now().Add(7*time.Hour)) {
		t.Fatalf("%d mails at once, the next at %s", len(s.Mails)-mailed, box.NextAt)
	}
	if _, _, _, err := s.Links.Open(t.Context(), m.About, m.Token); err == nil {
		t.Error("the link that came back opens")
	}
	s.Clock.Advance(7 * time.Hour)
	for range 2 {
		s.Post("anna@example.org")
	}
	again := s.LastMail()
	if len(s.Mails) != mailed+1 || again.Kind != "link" || again.Part == m.Part || len(again.Waiting) != 3 {
		t.Fatalf("%d mails, %+v", len(s.Mails)-mailed, again)
	}
	proof, _ := s.Open(again)
	for _, id := range ids {
		if _, err := s.Requester.Confirm(t.Context(), id, proof); err != nil {
			t.Error(err)
		}
	}
}

// F24: a report about a link that was opened, or that a newer link has followed, has no mail sent.
func TestFault_F24_AReportThatComesLate(t *testing.T) {
	s := newRig(t)
	_, m := s.waiting("anna@example.org")
	s.Open(m)
	before := s.box("anna@example.org")
	if failed := s.deliver(bounce(m, "Transient", "General")); failed != nil {
		t.Fatalf("%v failed: %s", failed, s.log())
	}
	if after := s.box("anna@example.org"); !reflect.DeepEqual(before, after) {
		t.Errorf("%+v after %+v", after, before)
	}
}

// F24: a receipt that came back for now changes nothing: neither the mailbox, nor what waits, nor what was done.
func TestFault_F24_AReceiptThatBounces(t *testing.T) {
	s := newRig(t)
	ids, m := s.waiting("anna@example.org")
	s.pressed(m)
	s.Post("anna@example.org")
	receipt := s.LastMail()
	if receipt.Kind != "receipt" || len(receipt.Acts) != 1 || receipt.Acts[0].Kind != mailbox.Decided {
		t.Fatalf("%+v", receipt)
	}
	before := s.Scan("RequestsTable")
	if failed := s.deliver(bounce(receipt, "Transient", "General")); failed != nil {
		t.Fatalf("%v failed: %s", failed, s.log())
	}
	if after := s.Scan("RequestsTable"); !reflect.DeepEqual(before, after) {
		t.Errorf("%v\nafter\n%v", after, before)
	}
	if counts, _ := s.lines(ids); !slices.Equal(counts, []int{0, 0}) {
		t.Errorf("%v lines", counts)
	}
}

// T27: whatever mail came back for good, the mailbox of its address is gone, and may get a new owner. Its links and its session die, those of others
// live. What waits and was not mailed by it waits on.
func TestThreat_T27_AMailboxThatIsGone(t *testing.T) {
	for _, what := range []string{"link", "receipt", "answer"} {
		t.Run(what, func(t *testing.T) {
			s := newRig(t)
			s.answered("anna@example.org")
			mails := map[string]servicetest.Mail{"answer": s.LastMail()}
			ids, other := s.waiting("berta@example.org")
			more, link := s.waiting("anna@example.org")
			_, cookie, _, err := s.Links.Open(t.Context(), link.About, link.Token)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Links.Tell(t.Context(), link.About, "", mailbox.Act{Kind: mailbox.Attached}); err != nil {
				t.Fatal(err)
			}
			s.Post("anna@example.org")
			mails["link"], mails["receipt"] = link, s.LastMail()
			s.Clock.Advance(time.Second) // SES reports it later than it was sent
			for range 2 {
				if failed := s.deliver(bounce(mails[what], "Permanent", "NoEmail")); failed != nil {
					t.Fatalf("%v failed: %s", failed, s.log())
				}
			}
			if _, _, err := s.Links.Session(t.Context(), cookie); fault.KindOf(err) != fault.Unauthenticated {
				t.Errorf("the session: %v", err)
			}
			if _, _, _, err := s.Links.Open(t.Context(), link.About, link.Token); fault.KindOf(err) != fault.NotFound {
				t.Errorf("the link: %v", err)
			}
			if _, _, _, err := s.Links.Open(t.Context(), other.About, other.Token); err != nil {
				t.Errorf("the link of somebody else: %v", err)
			}
			s.lines(slices.Concat(ids, more))
			if err := s.presses(link); (fault.KindOf(err) == fault.NotFound) != (what == "link") {
				t.Errorf("the consent that waits: %v", err)
			}
		})
	}
}

// box returns what is stored of the mailbox of an address.
func (s *rig) box(email string) mailbox.Mailbox {
	s.T.Helper()
	m, _, err := s.Mailboxes.Load(s.T.Context(), servicetest.Aliases.Mailbox(s.Parse(email)))
	if err != nil {
		s.T.Fatal(err)
	}
	return m
}
