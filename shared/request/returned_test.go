package request_test

import (
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// F24: no later mail reaches the address. The history tells it with the reason, the request lapses as usual, and no other mail leaves.
func TestFault_F24_ALinkThatCameBackForGood(t *testing.T) {
	s := newRig(t)
	r := s.FileAndMail("anna@example.org")
	s.reportLink(s.LastMail(), feedback.Bounced, true, "no_email")
	s.Pass(linkLife - time.Minute)
	before := s.Load(r.ID)
	s.Pass(2 * time.Hour)
	file := s.Load(r.ID)
	if before.Request.State != request.Verifying || file.Request.State != request.Lapsed || len(s.Mails) != 1 ||
		!slices.Equal(servicetest.Kinds(file), []request.EventKind{request.EventLinkReturned, request.EventLapsed}) || file.Events[0].Reason != "no_email" {
		t.Errorf("%s, then %s after %d mails: %+v", before.Request.State, file.Request.State, len(s.Mails), file.Events)
	}
}

// F24: a link that came back for a time is mailed again six hours later. The history tells each return once, and the request waits for a mail that
// arrives.
func TestFault_F24_ALinkThatArrivesInTheEnd(t *testing.T) {
	for _, outcome := range []feedback.Outcome{feedback.Bounced, feedback.Rejected, feedback.NotRendered} {
		s := newRig(t)
		r := s.FileAndMail("anna@example.org")
		times := 12
		if outcome == feedback.Bounced { // as many automatic replies are replaced
			times = 3
		}
		for returns := range times {
			for range 2 { // a report may arrive twice
				s.reportLink(s.LastMail(), outcome, false, "mailbox_full")
			}
			s.Pass(6*time.Hour - time.Minute)
			if len(s.Mails) != returns+1 {
				t.Fatalf("%s: %d mails after %d returns", outcome, len(s.Mails), returns+1)
			}
			for len(s.Mails) == returns+1 { // the day may have no room left
				s.Pass(time.Hour)
			}
		}
		file := s.Load(r.ID)
		if kinds := servicetest.Kinds(file); len(kinds) != times || slices.ContainsFunc(kinds, func(k request.EventKind) bool { return k != request.EventLinkReturned }) {
			t.Errorf("%s: %v", outcome, kinds)
		}
		if err := s.confirm(r.ID, s.LastMail()); err != nil {
			t.Errorf("%s: the link that arrived: %v", outcome, err)
		}
	}
}

// F24: a report that comes back after the link was opened is an automatic reply. No further mail leaves, and what was confirmed stays so.
func TestFault_F24_AReportAboutALinkThatWasOpened(t *testing.T) {
	s := newRig(t)
	waiting := s.written("anna@example.org", "another")
	s.Fulfil(waiting.ID)
	confirmed := s.Verified("anna@example.org")
	links := s.sort("link")
	s.reportLink(links[len(links)-1], feedback.Bounced, false, "general")
	s.Pass(24 * time.Hour)
	if got := s.Load(confirmed.ID); len(s.sort("link")) != len(links) || slices.Contains(servicetest.Kinds(got), request.EventLinkReturned) || !got.Request.Confirmed() {
		t.Errorf("%d links, %v", len(s.sort("link")), servicetest.Kinds(got))
	}
	if got := servicetest.Kinds(s.Load(waiting.ID)); !slices.Equal(got, []request.EventKind{request.EventLinkReturned}) {
		t.Errorf("what waits: %v", got)
	}
}

// F02, F24: reports about older mails, about an unknown mailbox, about mails that arrived, and those that come twice change nothing, or add a line at
// most.
func TestFault_F02_ReportsTwiceLateAndAboutNothing(t *testing.T) {
	s := newRig(t)
	s.Once["mail"] = subject.ErrMailUncertain
	r, other := s.FileAndMail("anna@example.org"), s.FileAndMail("berta@example.org")
	s.Pass(time.Hour) // mailed again, and accepted
	older, due := s.Mails[0], s.Load(r.ID).Request.Due
	for range 3 {
		s.reportLink(older, feedback.Bounced, false, "general")
	}
	file := s.Load(r.ID)
	if len(s.Mails) != 3 || file.Request.Step != request.StepLapse || file.Request.Due != due || !slices.Equal(servicetest.Kinds(file), []request.EventKind{request.EventLinkReturned}) {
		t.Errorf("an older mail came back: %+v, %v", file.Request, servicetest.Kinds(file))
	}
	for _, outcome := range []feedback.Outcome{feedback.Sent, feedback.Delivered, feedback.Delayed, feedback.Complained} {
		s.reportLink(s.LastMail(), outcome, false, "")
	}
	for _, m := range []servicetest.Mail{{About: "01990000-0000-7000-8000-000000000000", Part: "export-1"}, {About: "no id", Part: "export-1"}, {About: r.ID, Part: "other"}, {About: r.ID, Part: "export-9"}} {
		s.Report(m, feedback.Bounced, true, "general")
	}
	s.reportLink(servicetest.Mail{About: servicetest.Proof("nobody@example.org").Mailbox, Part: "link-1"}, feedback.Bounced, true, "general")
	if again := s.Load(r.ID); again.Request.Version != file.Request.Version || len(s.Load(other.ID).Events) != 0 {
		t.Errorf("changed to %+v", again.Request)
	}
	if _, err := s.Requester.Withdraw(t.Context(), r.ID, status(r.ID)); err != nil {
		t.Fatal(err)
	}
	s.reportLink(s.LastMail(), feedback.Bounced, false, "general")
	if file = s.Load(r.ID); file.Request.State != request.Withdrawn || file.Request.Step != "" || file.Events[len(file.Events)-1].Kind != request.EventWithdrawn {
		t.Errorf("after the withdrawal: %+v", file.Request)
	}
}

// F24: the report comes before the acceptance of the mail is stored. The request lapses in the end, and no later than if nobody had opened its link.
func TestFault_F24_TheReportOvertakesTheAcceptance(t *testing.T) {
	for _, permanent := range []bool{true, false} {
		s := newRig(t)
		r := s.written("anna@example.org", "")
		s.Fails = func(operation string) error {
			if operation == "mail" {
				s.Fails = nil
				s.reportLink(s.LastMail(), feedback.Bounced, permanent, "general")
			}
			return nil
		}
		s.Work()
		s.Pass(2*linkLife + time.Hour)
		if got := s.Load(r.ID); got.Request.State != request.Lapsed || len(s.Mails) > 2 || got.Events[0].Kind != request.EventLinkReturned {
			t.Errorf("permanent %t: %s after %d mails", permanent, got.Request.State, len(s.Mails))
		}
	}
}
