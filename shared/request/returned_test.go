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
func TestFault_F24_AChallengeThatCameBackForGood(t *testing.T) {
	s := newRig(t)
	r := s.FileAndMail("anna@example.org")
	s.Report(s.LastMail(), feedback.Bounced, true, "no_email")
	s.Pass(linkLife - time.Minute)
	before := s.Load(r.ID)
	s.Pass(2 * time.Hour)
	file := s.Load(r.ID)
	if before.Request.State != request.Verifying || file.Request.State != request.Lapsed || len(s.Mails) != 1 ||
		!slices.Equal(servicetest.Kinds(file), []request.EventKind{"challenged", "challenge_returned", "lapsed"}) || file.Events[1].Reason != "no_email" {
		t.Errorf("%s, then %s after %d mails: %+v", before.Request.State, file.Request.State, len(s.Mails), file.Events)
	}
}

// F24: a challenge that came back for a time is mailed again, with longer and longer pauses, while the first link would work. All its links
// work until they expire, and the request lapses after the last.
func TestFault_F24_AChallengeThatComesBackAllTheTime(t *testing.T) {
	s := newRig(t)
	r := s.FileAndMail("anna@example.org")
	filed, seen := s.Clock.Now(), 0
	var at []time.Duration
	for s.Load(r.ID).Request.State == request.Verifying && s.Clock.Now().Before(filed.Add(20*24*time.Hour)) {
		if len(s.Mails) > seen {
			seen = len(s.Mails)
			at = append(at, s.Clock.Now().Sub(filed).Round(time.Hour))
			s.Report(s.LastMail(), feedback.Bounced, false, "mailbox_full")
			s.Report(s.LastMail(), feedback.Bounced, false, "mailbox_full") // twice
		}
		s.Clock.Advance(30 * time.Minute)
		s.Work()
	}
	hours := []int{0, 6, 18, 42, 66, 90, 114, 138, 162}
	if len(at) < 7 || len(at) > len(hours) || at[len(at)-1] >= linkLife {
		t.Fatalf("mailed after %v", at)
	}
	for i, got := range at {
		if difference := got - time.Duration(hours[i])*time.Hour; difference < 0 || difference > 6*time.Hour {
			t.Errorf("mail %d after %v, not %d hours", i+1, got, hours[i])
		}
	}
	file := s.Load(r.ID)
	if returned := slices.DeleteFunc(servicetest.Kinds(file), func(k request.EventKind) bool { return k != request.EventChallengeReturned }); len(returned) != len(at) {
		t.Errorf("%d mails, and the history is %v", len(at), servicetest.Kinds(file))
	}
	if life := s.Clock.Now().Sub(filed); file.Request.State != request.Lapsed || life < linkLife || life > 2*linkLife+time.Hour {
		t.Errorf("%s after %v", file.Request.State, life)
	}
}

// F24: the mailbox works again after the second mail. Both links work until one is used, and no further mail leaves.
func TestFault_F24_AChallengeThatArrivesInTheEnd(t *testing.T) {
	for which := range 2 {
		s := newRig(t)
		r := s.FileAndMail("anna@example.org")
		s.Report(s.LastMail(), feedback.Bounced, false, "general")
		s.Pass(7 * time.Hour)
		if len(s.Mails) != 2 {
			t.Fatalf("%d mails", len(s.Mails))
		}
		if _, err := s.Requester.Verify(t.Context(), r.ID, s.Mails[which].Token); err != nil {
			t.Errorf("link %d: %v", which+1, err)
		}
		s.Report(s.Mails[1], feedback.Bounced, false, "general") // an automatic reply that comes late
		s.Pass(2 * linkLife)
		challenges := slices.DeleteFunc(slices.Clone(s.Mails), func(m servicetest.Mail) bool { return m.Kind != "challenge" })
		if got := s.Load(r.ID).Request; len(challenges) != 2 || got.State != request.Fulfilled {
			t.Errorf("%s, %d challenges", got.State, len(challenges))
		}
	}
}

// F02, F24: reports about older mails, about a closed or an unknown request, about mails that arrived, and those that come twice change
// nothing, or add a line at most.
func TestFault_F02_ReportsTwiceLateAndAboutNothing(t *testing.T) {
	s := newRig(t)
	s.Once["mail"] = subject.ErrMailUncertain
	r := s.FileAndMail("anna@example.org")
	s.Pass(time.Hour) // mailed again, and accepted
	older, due := s.Mails[0], s.Load(r.ID).Request.Due
	for range 3 {
		s.Report(older, feedback.Bounced, false, "general")
	}
	file := s.Load(r.ID)
	if len(s.Mails) != 2 || file.Request.Step != request.StepLapse || file.Request.Due != due || !slices.Equal(servicetest.Kinds(file), []request.EventKind{"challenged", "challenge_returned"}) {
		t.Errorf("an older mail came back: %+v, %v", file.Request, servicetest.Kinds(file))
	}
	for _, outcome := range []feedback.Outcome{feedback.Sent, feedback.Delivered, feedback.Delayed, feedback.Complained} {
		s.Report(s.LastMail(), outcome, false, "")
	}
	unknown := s.LastMail()
	for _, m := range []servicetest.Mail{{About: "01990000-0000-7000-8000-000000000000", Part: "challenge-1"}, {About: "no id", Part: "challenge-1"}, {About: unknown.About, Part: "other"}, {About: unknown.About, Part: "export-9"}} {
		s.Report(m, feedback.Bounced, true, "general")
	}
	if again := s.Load(r.ID); again.Request.Version != file.Request.Version {
		t.Errorf("changed to %+v", again.Request)
	}
	if _, err := s.Requester.Withdraw(t.Context(), r.ID, s.LastMail().Status); err != nil {
		t.Fatal(err)
	}
	s.Report(s.LastMail(), feedback.Bounced, false, "general")
	if file = s.Load(r.ID); file.Request.State != request.Withdrawn || file.Request.Step != "" || file.Events[len(file.Events)-1].Kind != request.EventChallengeReturned {
		t.Errorf("after the withdrawal: %+v", file.Request)
	}
}

// F24: SES accepted the mail and never sent it. It is tried again for as long as it takes, and the request does not lapse.
func TestFault_F24_AChallengeThatWasNeverSent(t *testing.T) {
	for _, outcome := range []feedback.Outcome{feedback.Rejected, feedback.NotRendered} {
		s := newRig(t)
		r := s.FileAndMail("anna@example.org")
		for range 12 {
			s.Report(s.LastMail(), outcome, false, "bad_content")
			s.Pass(25 * time.Hour)
		}
		if got := s.Load(r.ID).Request; got.State != request.Verifying || len(s.Mails) != 13 {
			t.Errorf("%s: %s after %d mails", outcome, got.State, len(s.Mails))
		}
	}
}

// F24: the report comes before the acceptance of the mail is stored. The outcome is the same.
func TestFault_F24_TheReportOvertakesTheAcceptance(t *testing.T) {
	for _, permanent := range []bool{true, false} {
		s := newRig(t)
		r := s.File(request.Filing{Right: "access", Email: "anna@example.org"})
		s.Fails = func(operation string) error {
			if operation == "mail" {
				s.Fails = nil
				s.Report(s.LastMail(), feedback.Bounced, permanent, "general")
			}
			return nil
		}
		s.Work()
		s.Pass(10 * time.Hour)
		if want := map[bool]int{true: 1, false: 2}[permanent]; len(s.Mails) != want {
			t.Errorf("permanent %t: %d mails", permanent, len(s.Mails))
		}
		s.Pass(2 * linkLife)
		if got := s.Load(r.ID).Request.State; got != request.Lapsed {
			t.Errorf("permanent %t: %s in the end", permanent, got)
		}
	}
}

// F24, T09: a challenge that came back is limited like every mail to its address, and the limit of a day only delays it.
func TestFault_F24_MailsThatCameBackAreLimited(t *testing.T) {
	s := newRig(t)
	s.Clock.Set(s.Clock.Now().Truncate(24 * time.Hour).Add(20 * time.Hour))
	r := s.FileAndMail("anna@example.org")
	s.Report(s.LastMail(), feedback.Bounced, false, "general")
	s.Clock.Set(s.Clock.Now().Truncate(24 * time.Hour).Add(24 * time.Hour)) // others use up the next day
	for range 3 {
		s.Clock.Advance(time.Second)
		if ok, _, err := s.Limits.MayChallenge(t.Context(), s.Parse("anna@example.org"), s.Clock.Now().String(), false, s.Clock.Now()); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	s.Pass(23 * time.Hour)
	if got := s.Load(r.ID).Request; got.State != request.Verifying || got.Step != request.StepChallenge || len(s.Mails) != 1 {
		t.Fatalf("%s, %s next, %d mails", got.State, got.Step, len(s.Mails))
	}
	s.Pass(8 * time.Hour)
	if len(s.Mails) != 2 {
		t.Errorf("%d mails on the day after", len(s.Mails))
	}
}
