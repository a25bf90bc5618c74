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

// F23: a challenge is refused for eight days on end. It is not recorded as mailed, leaves nothing behind, and does not make the request
// lapse. Within an hour of the repair it is mailed, and its link works from then on.
func TestFault_F23_ARefusedChallenge(t *testing.T) {
	s := newRig(t)
	s.Down["mail"] = subject.ErrMailRefused
	r := s.Challenged("anna@example.org")
	s.Pass(8 * 24 * time.Hour)
	file := s.Load(r.ID)
	if file.Request.State != request.Verifying || file.Request.Challenges != 0 || len(file.Request.StatusHashes) != 0 || len(file.Challenges) > 1 || len(file.Events) != 0 {
		t.Errorf("%s, %d challenges counted, %d stored, %d status links, events %v", file.Request.State, file.Request.Challenges, len(file.Challenges), len(file.Request.StatusHashes), servicetest.Kinds(file))
	}
	if tries := len(s.Mails); tries < 100 || tries > 8*24+6 {
		t.Errorf("%d tries in eight days", tries)
	}
	if _, err := s.Requester.Verify(t.Context(), r.ID, s.LastMail().Token); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the link of a mail that was refused: %v", err)
	}
	delete(s.Down, "mail")
	s.Clock.Advance(time.Hour)
	s.Work()
	mended := s.Clock.Now()
	if file = s.Load(r.ID); !slices.Equal(servicetest.Kinds(file), []request.EventKind{"challenged"}) || len(file.Request.StatusHashes) != 1 || file.Request.Try != 0 {
		t.Fatalf("an hour after the repair: %v, %+v", servicetest.Kinds(file), file.Request)
	}
	challenge := s.LastMail()
	s.Clock.Advance(mended.Add(linkLife - time.Second).Sub(s.Clock.Now()))
	s.Work()
	if _, err := s.Requester.Verify(t.Context(), r.ID, challenge.Token); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
}

// F23: a request lapses only after the link of an accepted challenge has expired.
func TestFault_F23_LapsesAfterTheAcceptedChallenge(t *testing.T) {
	s := newRig(t)
	s.Down["mail"] = subject.ErrMailUncertain
	r := s.Challenged("anna@example.org")
	s.Pass(linkLife + 12*time.Hour)
	if got := s.Load(r.ID).Request.State; got != request.Verifying {
		t.Fatalf("%s while no mail is accepted", got)
	}
	delete(s.Down, "mail")
	s.Pass(time.Hour)
	if got := servicetest.Kinds(s.Load(r.ID)); !slices.Equal(got, []request.EventKind{"challenged"}) {
		t.Fatalf("after the repair: %v", got)
	}
	s.Pass(linkLife - time.Hour)
	before := s.Load(r.ID).Request.State
	s.Pass(2 * time.Hour)
	if got := s.Load(r.ID); before != request.Verifying || got.Request.State != request.Lapsed || !slices.Equal(servicetest.Kinds(got), []request.EventKind{"challenged", "lapsed"}) {
		t.Errorf("%s, then %s: %v", before, got.Request.State, servicetest.Kinds(got))
	}
}

// F04, F23: mails that may have left keep their links, but of hundreds only a few: the newest, and the first, which is that of the
// challenge.
func TestFault_F04_LinksOfMailsThatMayHaveLeftAreBounded(t *testing.T) {
	s := newRig(t)
	r := s.Verified("nobody@example.org")
	first := s.LastMail().Status
	s.Down["mail"] = subject.ErrMailUncertain
	s.Pass(4 * 24 * time.Hour)
	file := s.Load(r.ID)
	if len(s.Mails) < 90 || len(file.Request.StatusHashes) != 20 || file.Request.State != request.Open {
		t.Fatalf("%d tries, %d status links, %s", len(s.Mails), len(file.Request.StatusHashes), file.Request.State)
	}
	for name, secret := range map[string]servicetest.Mail{"newest": s.LastMail(), "first": {Status: first}} {
		if _, err := s.Requester.Status(t.Context(), r.ID, secret.Status); err != nil {
			t.Errorf("the %s link: %v", name, err)
		}
	}
	late := s.Challenged("anna@example.org")
	s.Pass(30 * time.Hour)
	if file := s.Load(late.ID); len(file.Challenges) != 20 || len(file.Request.StatusHashes) != 20 {
		t.Errorf("%d challenges and %d status links are kept", len(file.Challenges), len(file.Request.StatusHashes))
	}
	for i := len(s.Mails) - 1; ; i-- {
		if s.Mails[i].Kind != "challenge" {
			continue
		}
		if _, err := s.Requester.Verify(t.Context(), late.ID, s.Mails[i].Token); err != nil {
			t.Errorf("the newest challenge: %v", err)
		}
		break
	}
	delete(s.Down, "mail")
	s.Pass(time.Hour)
	if got := s.Load(r.ID); got.Request.State != request.Fulfilled || !slices.Equal(servicetest.Kinds(got), []request.EventKind{"challenged", "verified", "nothing_held"}) {
		t.Errorf("%s: %v", got.Request.State, servicetest.Kinds(got))
	}
}

// F23: the form refuses an address that no mail can reach. A request that was filed before this was checked lapses as if nobody had
// confirmed it.
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
	r := s.Challenged("anna@example.org")
	s.Pass(linkLife + time.Hour)
	if file := s.Load(r.ID); file.Request.State != request.Lapsed || len(s.Mails) != 1 || len(file.Request.StatusHashes) != 0 || !slices.Equal(servicetest.Kinds(file), []request.EventKind{"lapsed"}) {
		t.Errorf("%s after %d tries: %v", file.Request.State, len(s.Mails), servicetest.Kinds(file))
	}
}

// F23, T09: the day's limit delays a mail that was refused the day before, and does not end its request.
func TestFault_F23_TheDaysLimitEndsNoRequestThatWasRefused(t *testing.T) {
	s := newRig(t)
	s.Clock.Set(s.Clock.Now().Truncate(24 * time.Hour).Add(23 * time.Hour))
	s.Once["mail"] = subject.ErrMailRefused
	r := s.Challenged("anna@example.org")
	s.Clock.Advance(90 * time.Minute) // the next day, of which others have used the mails up
	for range 3 {
		s.Clock.Advance(time.Second)
		if ok, _, err := s.Limits.MayChallenge(t.Context(), s.Parse("anna@example.org"), s.Clock.Now().String(), false, s.Clock.Now()); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	s.Pass(22 * time.Hour)
	if got := s.Load(r.ID).Request; got.State != request.Verifying || got.Step != request.StepChallenge || len(s.Mails) != 1 {
		t.Fatalf("%s, %s next, %d tries", got.State, got.Step, len(s.Mails))
	}
	s.Pass(3 * time.Hour)
	if got := s.Load(r.ID); !slices.Equal(servicetest.Kinds(got), []request.EventKind{"challenged"}) {
		t.Errorf("on the day after: %v", servicetest.Kinds(got))
	}
}

// F23, T09: four requests come from one address on the first day of a week in which SES accepts no mail. As in any other week, three are
// first tried on that day and one on the next, although the first three are tried before it, and none lapses. After the repair they leave,
// three a day.
func TestFault_F23_NoneLapsesBehindMailsThatWereNotAccepted(t *testing.T) {
	for name, down := range map[string]error{"refused": subject.ErrMailRefused, "without an answer": subject.ErrMailUncertain} {
		t.Run(name, func(t *testing.T) {
			s := newRig(t)
			s.Clock.Set(s.Clock.Now().Truncate(24 * time.Hour).Add(10 * time.Hour))
			s.Down["mail"] = down
			var filed []request.Request
			file := func(n int) {
				for range n {
					filed = append(filed, s.Challenged("anna@example.org"))
				}
			}
			file(4)
			s.Clock.Set(s.Clock.Now().Truncate(24 * time.Hour).Add(25 * time.Hour)) // the first three come before the fourth on the day
			for _, r := range filed {
				if err := s.Fulfilment.Run(t.Context(), r.ID); err != nil {
					t.Fatal(err)
				}
			}
			s.Pass(6 * 24 * time.Hour)
			for i, r := range filed {
				if got := s.Load(r.ID).Request; got.State != request.Verifying || got.Step != request.StepChallenge {
					t.Errorf("request %d after a week: %s, %s next", i+1, got.State, got.Step)
				}
			}
			delete(s.Down, "mail")
			s.Mails = nil
			s.Pass(24 * time.Hour)
			if n := len(s.Mails); n < 3 || n > 4 { // on two days
				t.Errorf("%d mails within a day of the repair", n)
			}
			s.Pass(24 * time.Hour)
			for i, r := range filed {
				if got := servicetest.Kinds(s.Load(r.ID)); !slices.Equal(got, []request.EventKind{"challenged"}) {
					t.Errorf("request %d in the end: %v", i+1, got)
				}
			}
		})
	}
}

// T09, F23: a flood of requests to one address while SES refuses mails fills no queue. As many mails as on any other day are first tried on
// a day.
func TestThreat_T09_AnOutageFillsNoQueue(t *testing.T) {
	s := newRig(t)
	s.Clock.Set(s.Clock.Now().Truncate(24 * time.Hour).Add(10 * time.Hour))
	s.Down["mail"] = subject.ErrMailRefused
	for range 30 {
		s.Challenged("anna@example.org")
	}
	s.Pass(3 * 24 * time.Hour)
	delete(s.Down, "mail")
	s.Mails = nil
	s.Pass(10 * 24 * time.Hour)
	if len(s.Mails) != 6 {
		t.Errorf("%d mails after the repair", len(s.Mails))
	}
}
