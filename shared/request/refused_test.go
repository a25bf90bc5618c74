package request_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// F23: the mail with the link is refused for eight days on end. The request does not lapse. Within an hour of the repair the mail leaves, and its
// link works from then on.
func TestFault_F23_ARefusedLink(t *testing.T) {
	s := newRig(t)
	s.Down["mail"] = subject.ErrMailRefused
	r := s.FileAndMail("anna@example.org")
	s.Pass(8 * 24 * time.Hour)
	if file := s.Load(r.ID); file.Request.State != request.Verifying || len(file.Events) != 0 {
		t.Errorf("%s, events %v", file.Request.State, servicetest.Kinds(file))
	}
	if tries := len(s.Mails); tries < 100 || tries > 8*24+6 {
		t.Errorf("%d tries in eight days", tries)
	}
	if err := s.confirm(r.ID, s.LastMail()); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the link of a mail that was refused: %v", err)
	}
	delete(s.Down, "mail")
	s.Clock.Advance(time.Hour)
	s.Work()
	mended, link, tries := s.Clock.Now(), s.LastMail(), len(s.Mails)
	s.Pass(mended.Add(linkLife - time.Second).Sub(s.Clock.Now()))
	if err := s.confirm(r.ID, link); err != nil || len(s.Mails) != tries {
		t.Errorf("a second before its end: %v, %d mails more", err, len(s.Mails)-tries)
	}
}

// F23: a request lapses only after the link of an accepted mail has expired.
func TestFault_F23_LapsesAfterTheAcceptedLink(t *testing.T) {
	for name, down := range map[string]error{"refused": subject.ErrMailRefused, "without an answer": subject.ErrMailUncertain} {
		s := newRig(t)
		s.Down["mail"] = down
		r := s.FileAndMail("anna@example.org")
		s.Pass(linkLife + 36*time.Hour)
		if got := s.Load(r.ID).Request.State; got != request.Verifying {
			t.Fatalf("%s: %s while no mail is accepted", name, got)
		}
		delete(s.Down, "mail")
		s.Mails = nil
		for len(s.Mails) == 0 {
			s.Pass(time.Hour)
		}
		s.Pass(linkLife - 2*time.Hour)
		before := s.Load(r.ID).Request.State
		s.Pass(26 * time.Hour) // it is looked at once a day
		if got := s.Load(r.ID); before != request.Verifying || got.Request.State != request.Lapsed || !slices.Equal(servicetest.Kinds(got), []request.EventKind{request.EventLapsed}) {
			t.Errorf("%s: %s, then %s: %v", name, before, got.Request.State, servicetest.Kinds(got))
		}
	}
}

// F04, F23: each mail that may have left keeps its link, and no more are sent than on any other day. An answer that nothing is stored is tried until
// it is accepted.
func TestFault_F04_LinksOfMailsThatMayHaveLeft(t *testing.T) {
	s := newRig(t)
	r := s.Verified("nobody@example.org")
	s.Down["mail"] = subject.ErrMailUncertain
	s.Pass(4 * 24 * time.Hour)
	if got := s.Load(r.ID).Request.State; got != request.Open || len(s.sort("nothing")) < 80 {
		t.Fatalf("%d tries, %s", len(s.sort("nothing")), got)
	}
	late, mails := s.FileAndMail("anna@example.org"), len(s.sort("link"))
	s.Pass(30 * time.Hour)
	links := s.sort("link")[mails-1:]
	if n := len(links); n < 4 || n > 6 { // on two days
		t.Errorf("%d links in 30 hours", n)
	}
	for i, m := range links {
		if proof, _ := s.Open(m); !proof.Fresh {
			t.Errorf("link %d is not fresh", i)
		}
	}
	if err := s.confirm(late.ID, links[0]); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a link that was opened before: %v", err)
	}
	delete(s.Down, "mail")
	s.Pass(2 * time.Hour)
	if got := s.Load(r.ID); got.Request.State != request.Fulfilled || !slices.Equal(servicetest.Kinds(got), []request.EventKind{request.EventVerified, request.EventNothingStored}) {
		t.Errorf("%s: %v", got.Request.State, servicetest.Kinds(got))
	}
}

// F23: the form refuses an address that no mail can reach. A request whose address on record no mail can reach lapses as if nobody had confirmed it.
func TestFault_F23_AnAddressThatNoMailCanReach(t *testing.T) {
	s := newRig(t)
	for _, email := range []string{"änna@example.org", "anna@example.invalid", "anna@192.0.2.1", strings.Repeat("a", 65) + "@example.org"} {
		_, err := s.Requester.File(t.Context(), request.Filing{Right: privacy.Access, Email: email})
		var refused *fault.Error
		if !errors.As(err, &refused) || len(refused.Fields) != 1 || refused.Fields[0].Pointer != "/email" || !strings.HasPrefix(refused.Fields[0].Detail, "must be able to receive email: ") {
			t.Errorf("%s: %v", email, err)
		}
	}
	s.Once["mail"] = subject.ErrUnmailable
	r := s.FileAndMail("anna@example.org")
	s.Pass(linkLife + time.Hour)
	if file := s.Load(r.ID); file.Request.State != request.Lapsed || len(s.Mails) != 1 || !slices.Equal(servicetest.Kinds(file), []request.EventKind{request.EventLapsed}) {
		t.Errorf("%s after %d tries: %v", file.Request.State, len(s.Mails), servicetest.Kinds(file))
	}
}

// F03: a run is killed after it has put the request behind its mailbox, or while it is mailed. The next one goes on, and both links open the mailbox.
func TestFault_F03_AMailThatFailedIsMailedAgain(t *testing.T) {
	s := newRig(t)
	s.Once["mail"] = errors.New("throttled")
	r := s.FileAndMail("anna@example.org")
	if len(s.Mails) != 1 {
		t.Fatalf("%d mails while the lease runs", len(s.Mails))
	}
	s.Clock.Advance(3 * time.Minute)
	together(8, func() { _ = s.Posting.Run(t.Context(), s.LastMail().About) })
	if len(s.Mails) != 2 {
		t.Fatalf("%d mails after the lease", len(s.Mails))
	}
	together(8, func() { _ = s.Fulfilment.Run(t.Context(), r.ID) })
	s.Work()
	if len(s.Mails) != 2 {
		t.Fatalf("%d mails after more runs", len(s.Mails))
	}
	for _, m := range s.Mails {
		if proof, box := s.Open(m); !proof.Fresh || box.ID != s.Load(r.ID).Request.Mailbox {
			t.Errorf("%+v", proof)
		}
	}
}

// F02: eight runs of the first step at once list the request once and make one mail due.
func TestFault_F02_EightRunsOfTheFirstStep(t *testing.T) {
	s := newRig(t)
	r := s.written("anna@example.org", "")
	together(8, func() {
		if err := s.Fulfilment.Run(t.Context(), r.ID); err != nil {
			t.Error(err)
		}
	})
	s.Work()
	if under, err := s.Requests.Under(t.Context(), s.Load(r.ID).Request.Mailbox); err != nil || len(under) != 1 || len(s.Mails) != 1 || s.Load(r.ID).Request.Step != request.StepLapse {
		t.Errorf("%v, %d listed, %d mails", err, len(under), len(s.Mails))
	}
}
