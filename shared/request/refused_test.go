package request_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject/address"
)

// due reports whether the table says that anything is due in so long.
func (s *rig) due(in time.Duration) bool {
	s.T.Helper()
	out, err := s.Tables.Client.Scan(s.T.Context(), &dynamodb.ScanInput{
		TableName: &s.Requests.Table, ConsistentRead: aws.Bool(true), FilterExpression: aws.String("nextAt <= :at"),
		ExpressionAttributeValues: dynamo.Item{":at": dynamo.Seconds(s.Clock.Now().Add(in))},
	})
	if err != nil {
		s.T.Fatal(err)
	}
	return len(out.Items) > 0
}

// pass lets time go by, and does what is due each half hour.
func (s *rig) pass(d time.Duration) {
	s.T.Helper()
	for end := s.Clock.Now().Add(d); s.Clock.Now().Before(end); {
		step := 30 * time.Minute
		if s.due(0) {
			s.work()
		} else if !s.due(6 * time.Hour) {
			step = 6 * time.Hour
		}
		s.Clock.Advance(min(step, end.Sub(s.Clock.Now())))
	}
}

// kinds returns what happened to a request.
func kinds(f request.File) (all []string) {
	for _, e := range f.Events {
		all = append(all, string(e.Kind))
	}
	return all
}

// verified takes a request in and presses the button of its challenge.
func (s *rig) verified(email string) request.Request {
	s.T.Helper()
	r := s.file(email)
	if _, err := s.Requester.Verify(s.T.Context(), r.ID, s.LastMail().Token); err != nil {
		s.T.Fatal(err)
	}
	return r
}

// F23: a challenge that is refused, for eight days on end, is not recorded as mailed, leaves nothing behind, and lapses nothing. Within an hour
// of the repair it leaves, and its link lives from then on.
func TestFault_F23_ARefusedChallenge(t *testing.T) {
	s := newRig(t)
	s.down["mail"] = address.ErrRefused
	r := s.file("anna@example.org")
	s.pass(8 * 24 * time.Hour)
	file := s.Load(r.ID)
	if file.Request.State != request.Verifying || file.Request.Challenges != 0 || len(file.Request.StatusHashes) != 0 || len(file.Challenges) > 1 || len(file.Events) != 0 {
		t.Errorf("%s, %d challenges counted, %d stored, %d status links, events %v", file.Request.State, file.Request.Challenges, len(file.Challenges), len(file.Request.StatusHashes), kinds(file))
	}
	if tries := len(s.Mails); tries < 100 || tries > 8*24+6 {
		t.Errorf("%d tries in eight days", tries)
	}
	if _, err := s.Requester.Verify(t.Context(), r.ID, s.LastMail().Token); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the link of a mail that was refused: %v", err)
	}
	delete(s.down, "mail")
	s.Clock.Advance(time.Hour)
	s.work()
	mended := s.Clock.Now()
	if file = s.Load(r.ID); !slices.Equal(kinds(file), []string{"challenged"}) || len(file.Request.StatusHashes) != 1 || file.Request.Try != 0 {
		t.Fatalf("an hour after the repair: %v, %+v", kinds(file), file.Request)
	}
	challenge := s.LastMail()
	s.Clock.Advance(mended.Add(linkLife - time.Second).Sub(s.Clock.Now()))
	s.work()
	if _, err := s.Requester.Verify(t.Context(), r.ID, challenge.Token); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
}

// F23: only the link of a challenge that was accepted lapses a request.
func TestFault_F23_LapsesAfterTheAcceptedChallenge(t *testing.T) {
	s := newRig(t)
	s.down["mail"] = address.ErrUncertain
	r := s.file("anna@example.org")
	s.pass(linkLife + 12*time.Hour)
	if got := s.Load(r.ID).Request.State; got != request.Verifying {
		t.Fatalf("%s while no mail is accepted", got)
	}
	delete(s.down, "mail")
	s.pass(time.Hour)
	if got := kinds(s.Load(r.ID)); !slices.Equal(got, []string{"challenged"}) {
		t.Fatalf("after the repair: %v", got)
	}
	s.pass(linkLife - time.Hour)
	before := s.Load(r.ID).Request.State
	s.pass(2 * time.Hour)
	if got := s.Load(r.ID); before != request.Verifying || got.Request.State != request.Lapsed || !slices.Equal(kinds(got), []string{"challenged", "lapsed"}) {
		t.Errorf("%s, then %s: %v", before, got.Request.State, kinds(got))
	}
}

// F04, F23: mails that may have left keep their links, and of hundreds of them no more than a few: the newest, and the first, which is that of
// the challenge.
func TestFault_F04_LinksOfMailsThatMayHaveLeftAreBounded(t *testing.T) {
	s := newRig(t)
	r := s.verified("nobody@example.org")
	first := s.LastMail().Status
	s.down["mail"] = address.ErrUncertain
	s.pass(4 * 24 * time.Hour)
	file := s.Load(r.ID)
	if len(s.Mails) < 90 || len(file.Request.StatusHashes) != 20 || file.Request.State != request.Open {
		t.Fatalf("%d tries, %d status links, %s", len(s.Mails), len(file.Request.StatusHashes), file.Request.State)
	}
	for name, secret := range map[string]servicetest.Mail{"newest": s.LastMail(), "first": {Status: first}} {
		if _, err := s.Requester.Status(t.Context(), r.ID, secret.Status); err != nil {
			t.Errorf("the %s link: %v", name, err)
		}
	}
	late := s.file("anna@example.org")
	s.pass(30 * time.Hour)
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
	delete(s.down, "mail")
	s.pass(time.Hour)
	if got := s.Load(r.ID); got.Request.State != request.Fulfilled || !slices.Equal(kinds(got), []string{"challenged", "verified", "nothing_held"}) {
		t.Errorf("%s: %v", got.Request.State, kinds(got))
	}
}

// F23: an answer that nothing is held is none while its mail is refused.
func TestFault_F23_NothingHeldIsTriedUntilItIsAccepted(t *testing.T) {
	s := newRig(t)
	r := s.verified("nobody@example.org")
	s.down["mail"] = address.ErrRefused
	s.pass(8 * 24 * time.Hour)
	if file := s.Load(r.ID); file.Request.State != request.Open || !file.Request.ClosedAt.IsZero() || len(file.Request.StatusHashes) != 1 {
		t.Errorf("%s, closed %s, %d status links", file.Request.State, file.Request.ClosedAt, len(file.Request.StatusHashes))
	}
	delete(s.down, "mail")
	s.pass(time.Hour)
	if file := s.Load(r.ID); file.Request.State != request.Fulfilled || len(file.Request.StatusHashes) != 2 {
		t.Errorf("after the repair: %s, %d status links", file.Request.State, len(file.Request.StatusHashes))
	}
}

// F23: who names an address that no mail can reach is told so on the form. One that was filed before lapses as if nobody had confirmed it.
func TestFault_F23_AnAddressThatNoMailCanReach(t *testing.T) {
	s := newRig(t)
	for _, email := range []string{"änna@example.org", "anna@example.invalid", "anna@192.0.2.1", strings.Repeat("a", 65) + "@example.org"} {
		_, err := s.Requester.File(t.Context(), request.Filing{Right: privacy.Access, Email: email})
		var refused *fault.Error
		if !errors.As(err, &refused) || len(refused.Fields) != 1 || refused.Fields[0].Pointer != "/email" || !strings.HasPrefix(refused.Fields[0].Detail, "must be able to receive email: ") {
			t.Errorf("%s: %v", email, err)
		}
	}
	s.failing["mail"] = address.ErrUnmailable
	r := s.file("anna@example.org")
	s.pass(linkLife + time.Hour)
	if file := s.Load(r.ID); file.Request.State != request.Lapsed || len(s.Mails) != 1 || len(file.Request.StatusHashes) != 0 || !slices.Equal(kinds(file), []string{"lapsed"}) {
		t.Errorf("%s after %d tries: %v", file.Request.State, len(s.Mails), kinds(file))
	}
}

// F23, T09: the day's limit keeps a mail back that was refused the day before, and does not end its request.
func TestFault_F23_TheDaysLimitEndsNoRequestThatWasRefused(t *testing.T) {
	s := newRig(t)
	s.Clock.Set(s.Clock.Now().Truncate(24 * time.Hour).Add(23 * time.Hour))
	s.failing["mail"] = address.ErrRefused
	r := s.file("anna@example.org")
	s.Clock.Advance(90 * time.Minute) // the next day, of which others have used the mails up
	for range 3 {
		s.Clock.Advance(time.Second)
		if ok, _, err := s.Requests.CountChallenge(t.Context(), "anna@example.org", s.Clock.Now().String(), false, s.Clock.Now()); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	s.pass(22 * time.Hour)
	if got := s.Load(r.ID).Request; got.State != request.Verifying || got.Step != request.StepChallenge || len(s.Mails) != 1 {
		t.Fatalf("%s, %s next, %d tries", got.State, got.Step, len(s.Mails))
	}
	s.pass(3 * time.Hour)
	if got := s.Load(r.ID); !slices.Equal(kinds(got), []string{"challenged"}) {
		t.Errorf("on the day after: %v", kinds(got))
	}
}

// F23, T09: a week without mail, in which four requests came by one address on the first day. As in any other week, three are begun on the day
// and one on the next, though the first three are tried before it, and none lapses. They leave when SES is mended, three a day.
func TestFault_F23_NoneLapsesBehindMailsThatWereNotAccepted(t *testing.T) {
	for name, down := range map[string]error{"refused": address.ErrRefused, "without an answer": address.ErrUncertain} {
		t.Run(name, func(t *testing.T) {
			s := newRig(t)
			s.Clock.Set(s.Clock.Now().Truncate(24 * time.Hour).Add(10 * time.Hour))
			s.down["mail"] = down
			var filed []request.Request
			file := func(n int) {
				for range n {
					filed = append(filed, s.file("anna@example.org"))
				}
			}
			file(4)
			s.Clock.Set(s.Clock.Now().Truncate(24 * time.Hour).Add(25 * time.Hour)) // the first three come before the fourth on the day
			for _, r := range filed {
				if err := s.Fulfilment.Run(t.Context(), r.ID); err != nil {
					t.Fatal(err)
				}
			}
			s.pass(6 * 24 * time.Hour)
			for i, r := range filed {
				if got := s.Load(r.ID).Request; got.State != request.Verifying || got.Step != request.StepChallenge {
					t.Errorf("request %d after a week: %s, %s next", i+1, got.State, got.Step)
				}
			}
			delete(s.down, "mail")
			s.Mails = nil
			s.pass(24 * time.Hour)
			if n := len(s.Mails); n < 3 || n > 4 { // on two days
				t.Errorf("%d mails within a day of the repair", n)
			}
			s.pass(24 * time.Hour)
			for i, r := range filed {
				if got := kinds(s.Load(r.ID)); !slices.Equal(got, []string{"challenged"}) {
					t.Errorf("request %d in the end: %v", i+1, got)
				}
			}
		})
	}
}

// T09, F23: who floods an address while SES refuses mails fills no queue: what is begun on a day is bounded as on any other.
func TestThreat_T09_AnOutageFillsNoQueue(t *testing.T) {
	s := newRig(t)
	s.Clock.Set(s.Clock.Now().Truncate(24 * time.Hour).Add(10 * time.Hour))
	s.down["mail"] = address.ErrRefused
	for range 30 {
		s.file("anna@example.org")
	}
	s.pass(3 * 24 * time.Hour)
	delete(s.down, "mail")
	s.Mails = nil
	s.pass(10 * 24 * time.Hour)
	if len(s.Mails) != 6 {
		t.Errorf("%d mails after the repair", len(s.Mails))
	}
}

// F23: an answer whose data subject cannot be looked up is tried again for as long as it takes.
func TestFault_F23_AnAnswerThatFailsGoesOn(t *testing.T) {
	s := newRig(t)
	s.known["anna@example.org"] = "anna@example.org"
	r := s.verified("anna@example.org")
	s.down["find"] = context.DeadlineExceeded
	s.pass(24 * time.Hour)
	if got := s.Load(r.ID).Request; got.State != request.Open || got.Step != request.StepAnswer || !got.NextAt.Before(s.Clock.Now()) {
		t.Fatalf("%s, %s at %s", got.State, got.Step, got.NextAt)
	}
	delete(s.down, "find")
	s.pass(time.Hour)
	if got := s.Load(r.ID).Request.State; got != request.Fulfilled {
		t.Errorf("after the repair: %s", got)
	}
}
