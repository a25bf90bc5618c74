package request_test

import (
	"slices"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// F24: the mail with the outcome came back, so nobody was told. The request is open again and waits for the team; the next outcome counts. An older
// mail that comes back, and one of a request that was withdrawn, change nothing but the history.
func TestFault_F24_AnOutcomeThatCameBack(t *testing.T) {
	s := newRig(t)
	id := s.forTeam(privacy.Erasure)
	closes := func() servicetest.Mail {
		t.Helper()
		if err := s.closes(id, request.Done); err != nil {
			t.Fatal(err)
		}
		s.Work()
		if r := s.Load(id).Request; r.State != request.Fulfilled {
			t.Fatalf("%+v", r)
		}
		return s.LastMail()
	}
	first := closes()
	for range 2 { // a report may arrive twice
		s.Report(first, feedback.Bounced, true, "no_email")
	}
	file := s.Load(id)
	if file.Request.State != request.Open || !file.Request.ClosedAt.IsZero() || file.Request.WaitsFor(s.Clock.Now()) != request.ForTeam || reason(file) != request.WhyClosingReturned || s.Reopened != 1 ||
		!slices.Equal(servicetest.Kinds(file), []request.EventKind{request.EventClosed, request.EventClosingReturned, request.EventForTeam}) || file.Events[1].Reason != "no_email" {
		t.Errorf("%+v, %d reopened", file, s.Reopened)
	}
	second := closes()
	s.Report(servicetest.Mail{About: id, Part: "closed-99"}, feedback.Bounced, true, "no_email")
	if r := s.Load(id).Request; r.State != request.Fulfilled || s.Reopened != 1 {
		t.Errorf("another mail came back: %+v", r)
	}
	s.Report(second, feedback.Rejected, false, "refused")
	if r := s.Load(id).Request; r.State != request.Open || s.Reopened != 2 {
		t.Errorf("the second came back: %+v", r)
	}
	s.Report(servicetest.Mail{About: id, Part: "closed-x"}, feedback.Bounced, true, "no_email")
	if got := len(s.Load(id).Events); got != 7 {
		t.Errorf("%d events", got)
	}
}

// F24: the report can arrive before the acceptance is stored.
func TestFault_F24_AnOutcomeThatCameBackAtOnce(t *testing.T) {
	s := newRig(t)
	id := s.forTeam(privacy.Erasure)
	if err := s.closes(id, request.Done); err != nil {
		t.Fatal(err)
	}
	s.Once["mail"] = subject.ErrMailUncertain
	s.Work()
	s.Report(s.LastMail(), feedback.Bounced, true, "no_email")
	if file := s.Load(id); file.Request.State != request.Open || file.Request.Step != "" || reason(file) != request.WhyClosingReturned || s.Reopened != 1 {
		t.Errorf("%+v", file)
	}
}

// F24: what was refused is being lifted while its mail comes back: that goes on, since the person asked for nothing else.
func TestFault_F24_ALiftGoesOn(t *testing.T) {
	s := newRig(t)
	id := s.forTeam(privacy.Restriction)
	if err := s.closes(id, request.Declined); err != nil {
		t.Fatal(err)
	}
	s.Fulfil(id)
	s.Report(s.LastMail(), feedback.Bounced, true, "no_email")
	if r := s.Load(id).Request; r.State != request.Open || r.Step != request.StepLift || r.NextAt.IsZero() {
		t.Errorf("%+v", r)
	}
}

// F24: a notice that came back stands in the history, and the team is alarmed. The extension stays in force.
func TestFault_F24_ANoticeThatCameBack(t *testing.T) {
	s := newRig(t)
	id := s.forTeam(privacy.Erasure)
	if err := s.extend(id); err != nil {
		t.Fatal(err)
	}
	s.Work()
	s.Report(s.LastMail(), feedback.Bounced, true, "no_email")
	file := s.Load(id)
	if !file.Request.Extended() || file.Request.State != request.Open || s.Reopened != 1 ||
		!slices.Equal(servicetest.Kinds(file), []request.EventKind{request.EventExtended, request.EventExtensionReturned}) {
		t.Errorf("%+v, %d alarms", file, s.Reopened)
	}
}
