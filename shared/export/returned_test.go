package export_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// answered returns a request that was answered, with an export or because nothing is stored.
func (s *rig) answered(t *testing.T, stored bool) request.Request {
	t.Helper()
	if stored {
		s.OnRecord["anna@example.org"] = "anna@example.org"
	}
	r := s.Verified("anna@example.org")
	s.Work()
	if file := s.Load(r.ID); file.Request.State != request.Fulfilled {
		t.Fatalf("%s", file.Request.State)
	}
	return r
}

// waits says whether the request waits for the team, and compares its state.
func (s *rig) waits(t *testing.T, id string, state request.State, want bool) {
	t.Helper()
	file := s.Load(id)
	if file.Request.State != state || export.HasReturned(file) != want || state.Final() == file.Request.ClosedAt.IsZero() {
		t.Errorf("%s, closed %v, waits %t: %v", file.Request.State, file.Request.ClosedAt, export.HasReturned(file), servicetest.Kinds(file))
	}
}

// F24: an answer whose mail came back is no answer. The request is open again with its deadline, waits for the team and does nothing by
// itself. After the team's retry it is answered by another mail. Reports that come twice or late change nothing.
func TestFault_F24_AnAnswerThatCameBack(t *testing.T) {
	for name, c := range map[string]struct {
		stored  bool
		outcome feedback.Outcome
		open    request.State
	}{
		"export":   {true, feedback.Bounced, request.Fulfilling},
		"nothing":  {false, feedback.Bounced, request.Open},
		"rejected": {true, feedback.Rejected, request.Fulfilling},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRig(t)
			r := s.answered(t, c.stored)
			first, due := s.LastMail(), request.DueAt(s.Load(r.ID).Request)
			if err := s.Retry(r.ID); !errors.Is(err, export.ErrNotStopped) {
				t.Errorf("retried while it was answered: %v", err)
			}
			for range 2 {
				s.Report(first, c.outcome, true, "no_email")
			}
			s.waits(t, r.ID, c.open, true)
			file := s.Load(r.ID)
			last := file.Events[len(file.Events)-1]
			if s.Reopened != 1 || !request.DueAt(file.Request).Equal(due) || last.Kind != request.EventAnswerReturned || last.Reason != "no_email" || s.IsDue(400*24*time.Hour) && !c.stored {
				t.Errorf("told %d times, due %v, %+v", s.Reopened, request.DueAt(file.Request), last)
			}
			mails := len(s.Mails)
			s.Pass(3 * 24 * time.Hour)
			s.waits(t, r.ID, c.open, true)
			if len(s.Mails) != mails {
				t.Error("it went on by itself")
			}
			if err := s.Retry(r.ID); err != nil {
				t.Fatal(err)
			}
			if export.HasReturned(s.Load(r.ID)) {
				t.Error("it still waits for the team")
			}
			s.Work()
			s.waits(t, r.ID, request.Fulfilled, false)
			if second := s.LastMail(); second.Kind != first.Kind || second.Part == first.Part {
				t.Errorf("%+v after %+v", second, first)
			}
			s.Report(first, c.outcome, true, "no_email")
			s.waits(t, r.ID, request.Fulfilled, false)
			s.Report(s.LastMail(), c.outcome, true, "no_email") // the second came back, too
			s.waits(t, r.ID, c.open, true)
			if s.Reopened != 2 {
				t.Errorf("told %d times", s.Reopened)
			}
		})
	}
}

// F24: the first answer came back only after a second one was mailed, which counts. If that comes back as well, the request is open again.
func TestFault_F24_ALateReportAboutTheFirstAnswer(t *testing.T) {
	s := newRig(t)
	r := s.answered(t, true)
	first := s.LastMail()
	if _, err := export.Another(t.Context(), s.Requester, r.ID, anna); err != nil {
		t.Fatal(err)
	}
	s.Work()
	second := s.LastMail()
	s.Report(first, feedback.Bounced, false, "mailbox_full")
	s.waits(t, r.ID, request.Fulfilled, false)
	if s.Reopened != 0 || second.Part == first.Part {
		t.Errorf("told %d times", s.Reopened)
	}
	s.Report(second, feedback.Bounced, false, "mailbox_full")
	s.waits(t, r.ID, request.Fulfilling, true)
}

// F24: while another export is on its way, the report about the first leaves the request to that one, and the team has nothing to do.
func TestFault_F24_AnotherExportIsOnItsWay(t *testing.T) {
	s := newRig(t)
	r := s.answered(t, true)
	first := s.LastMail()
	if _, err := export.Another(t.Context(), s.Requester, r.ID, anna); err != nil {
		t.Fatal(err)
	}
	s.Report(first, feedback.Bounced, true, "general")
	s.waits(t, r.ID, request.Fulfilling, false)
	s.Work()
	s.waits(t, r.ID, request.Fulfilled, false)
	if s.Reopened != 0 {
		t.Errorf("told %d times", s.Reopened)
	}
}

// F24: many automatic replies look like mails that came back. Whoever uses the link has the mail, before the report or after it.
func TestFault_F24_AUsedLinkProvesThatTheMailArrived(t *testing.T) {
	s := newRig(t)
	r := s.answered(t, true)
	mail := s.LastMail()
	use := func() {
		t.Helper()
		if _, err := export.Redeem(t.Context(), s.Requests, servicetest.Tokens, mail.About, mail.Token, s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	s.Report(mail, feedback.Bounced, false, "general")
	s.waits(t, r.ID, request.Fulfilling, true)
	s.Clock.Advance(time.Hour)
	use()
	s.waits(t, r.ID, request.Fulfilled, false)
	file := s.Load(r.ID)
	if !file.Request.ClosedAt.Equal(s.Clock.Now()) || export.Of(file)[0].State != export.Sent || !slices.Equal(servicetest.Kinds(file)[2:], []request.EventKind{"answered", "answer_returned", "answered"}) {
		t.Errorf("%+v, %v", file.Request, servicetest.Kinds(file))
	}
	other := newRig(t)
	r = other.answered(t, true)
	s, mail = other, other.LastMail()
	use()
	s.Report(mail, feedback.Bounced, false, "general")
	s.waits(t, r.ID, request.Fulfilled, false)
	if s.Reopened != 0 || len(s.Load(r.ID).Events) != 4 {
		t.Errorf("told %d times, %v", s.Reopened, servicetest.Kinds(s.Load(r.ID)))
	}
}

// F24: the person whose mailbox works again can ask for a new link, as after any answer.
func TestFault_F24_ThePersonAsksAgain(t *testing.T) {
	s := newRig(t)
	r := s.answered(t, true)
	mail := s.LastMail()
	s.Report(mail, feedback.Bounced, false, "mailbox_full")
	if _, err := export.Another(t.Context(), s.Requester, r.ID, anna); err != nil {
		t.Fatal(err)
	}
	s.Work()
	s.waits(t, r.ID, request.Fulfilled, false)
}

// F24: the report comes before the acceptance of the mail is stored. The request is open again, and nothing more is mailed by itself.
func TestFault_F24_TheReportOvertakesTheAnswer(t *testing.T) {
	for _, stored := range []bool{true, false} {
		s := newRig(t)
		if stored {
			s.OnRecord["anna@example.org"] = "anna@example.org"
		}
		r := s.Verified("anna@example.org")
		outside := s.Fails
		s.Fails = func(operation string) error {
			if operation == "mail" {
				s.Fails = outside
				s.Report(s.LastMail(), feedback.Bounced, true, "general")
			}
			return nil
		}
		s.Work()
		mails := len(s.Mails)
		s.Pass(2 * 24 * time.Hour)
		s.waits(t, r.ID, map[bool]request.State{true: request.Fulfilling, false: request.Open}[stored], true)
		if len(s.Mails) != mails || s.Reopened != 1 {
			t.Errorf("stored %t: %d mails, then %d, told %d times", stored, mails, len(s.Mails), s.Reopened)
		}
		if err := s.Retry(r.ID); err != nil {
			t.Fatal(err)
		}
		s.Work()
		s.waits(t, r.ID, request.Fulfilled, false)
	}
}

// F24: a request that was withdrawn gets the line and nothing else: once for each mail.
func TestFault_F24_AReportAboutAWithdrawnRequest(t *testing.T) {
	s := newRig(t)
	s.OnRecord["anna@example.org"] = "anna@example.org"
	r := s.Verified("anna@example.org")
	s.Once["mail"] = subject.ErrMailUncertain
	s.Work()
	mail := s.LastMail()
	if _, err := s.Requester.Withdraw(t.Context(), r.ID, mail.Status); err != nil || mail.Kind != "export" {
		t.Fatal(err, mail.Kind)
	}
	for range 2 {
		s.Report(mail, feedback.Bounced, true, "general")
	}
	s.waits(t, r.ID, request.Withdrawn, false)
	want := []request.EventKind{request.EventVerified, request.EventExporting, request.EventWithdrawn, request.EventAnswerReturned}
	if kinds := servicetest.Kinds(s.Load(r.ID)); !slices.Equal(kinds, want) || s.Reopened != 0 {
		t.Errorf("%v, told %d times", kinds, s.Reopened)
	}
	if err := s.Retry(r.ID); !errors.Is(err, export.ErrNotStopped) {
		t.Errorf("a withdrawn request was retried: %v", err)
	}
}
