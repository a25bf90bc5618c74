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

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject/address"
)

// due reports whether the table says that anything is due in so long.
func (w *world) due(in time.Duration) bool {
	w.t.Helper()
	out, err := w.tables.Client.Scan(w.t.Context(), &dynamodb.ScanInput{
		TableName: &w.store.Table, ConsistentRead: aws.Bool(true), FilterExpression: aws.String("nextAt <= :at"),
		ExpressionAttributeValues: dynamo.Item{":at": dynamo.Seconds(w.clock.Now().Add(in))},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return len(out.Items) > 0
}

// pass lets time go by, and does what is due each half hour.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	for end := w.clock.Now().Add(d); w.clock.Now().Before(end); {
		step := 30 * time.Minute
		if w.due(0) {
			w.work()
		} else if !w.due(6 * time.Hour) {
			step = 6 * time.Hour
		}
		w.clock.Advance(min(step, end.Sub(w.clock.Now())))
	}
}

// kinds returns what happened to a request.
func kinds(f request.File) (all []string) {
	for _, e := range f.Events {
		all = append(all, e.Kind)
	}
	return all
}

// verified takes a request in and presses the button of its challenge.
func (w *world) verified(email string) request.Request {
	w.t.Helper()
	r := w.file(email)
	if _, err := w.desk.Verify(w.t.Context(), r.ID, w.last().token); err != nil {
		w.t.Fatal(err)
	}
	return r
}

// F23: a challenge that is refused, for eight days on end, is not recorded as mailed, leaves nothing behind, and lapses nothing. Within an hour
// of the repair it leaves, and its link lives from then on.
func TestFault_F23_ARefusedChallenge(t *testing.T) {
	w := newWorld(t)
	w.down["mail"] = address.ErrRefused
	r := w.file("anna@example.org")
	w.pass(8 * 24 * time.Hour)
	file := w.state(r)
	if file.Request.State != request.Verifying || file.Request.Challenges != 0 || len(file.Request.StatusHashes) != 0 || len(file.Challenges) > 1 || len(file.Events) != 0 {
		t.Errorf("%s, %d challenges counted, %d stored, %d status links, events %v", file.Request.State, file.Request.Challenges, len(file.Challenges), len(file.Request.StatusHashes), kinds(file))
	}
	if tries := len(w.mails); tries < 100 || tries > 8*24+6 {
		t.Errorf("%d tries in eight days", tries)
	}
	if _, err := w.desk.Verify(t.Context(), r.ID, w.last().token); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the link of a mail that was refused: %v", err)
	}
	delete(w.down, "mail")
	w.clock.Advance(time.Hour)
	w.work()
	mended := w.clock.Now()
	if file = w.state(r); !slices.Equal(kinds(file), []string{"challenged"}) || len(file.Request.StatusHashes) != 1 || file.Request.Tries != 0 {
		t.Fatalf("an hour after the repair: %v, %+v", kinds(file), file.Request)
	}
	challenge := w.last()
	w.clock.Advance(mended.Add(linkLife - time.Second).Sub(w.clock.Now()))
	w.work()
	if _, err := w.desk.Verify(t.Context(), r.ID, challenge.token); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
}

// F23: only the link of a challenge that was accepted lapses a request.
func TestFault_F23_LapsesAfterTheAcceptedChallenge(t *testing.T) {
	w := newWorld(t)
	w.down["mail"] = address.ErrUncertain
	r := w.file("anna@example.org")
	w.pass(linkLife + 12*time.Hour)
	if got := w.state(r).Request.State; got != request.Verifying {
		t.Fatalf("%s while no mail is accepted", got)
	}
	delete(w.down, "mail")
	w.pass(time.Hour)
	if got := kinds(w.state(r)); !slices.Equal(got, []string{"challenged"}) {
		t.Fatalf("after the repair: %v", got)
	}
	w.pass(linkLife - time.Hour)
	before := w.state(r).Request.State
	w.pass(2 * time.Hour)
	if got := w.state(r); before != request.Verifying || got.Request.State != request.Lapsed || !slices.Equal(kinds(got), []string{"challenged", "lapsed"}) {
		t.Errorf("%s, then %s: %v", before, got.Request.State, kinds(got))
	}
}

// F04, F23: mails that may have left keep their links, and of hundreds of them no more than a few: the newest, and the first, which is that of
// the challenge.
func TestFault_F04_LinksOfMailsThatMayHaveLeftAreBounded(t *testing.T) {
	w := newWorld(t)
	r := w.verified("nobody@example.org")
	first := w.last().status
	w.down["mail"] = address.ErrUncertain
	w.pass(4 * 24 * time.Hour)
	file := w.state(r)
	if len(w.mails) < 90 || len(file.Request.StatusHashes) != 20 || file.Request.State != request.Open {
		t.Fatalf("%d tries, %d status links, %s", len(w.mails), len(file.Request.StatusHashes), file.Request.State)
	}
	for name, secret := range map[string]sent{"newest": w.last(), "first": {status: first}} {
		if _, err := w.desk.Status(t.Context(), r.ID, secret.status); err != nil {
			t.Errorf("the %s link: %v", name, err)
		}
	}
	late := w.file("anna@example.org")
	w.pass(30 * time.Hour)
	if file := w.state(late); len(file.Challenges) != 20 || len(file.Request.StatusHashes) != 20 {
		t.Errorf("%d challenges and %d status links are kept", len(file.Challenges), len(file.Request.StatusHashes))
	}
	for i := len(w.mails) - 1; ; i-- {
		if w.mails[i].kind != "challenge" {
			continue
		}
		if _, err := w.desk.Verify(t.Context(), late.ID, w.mails[i].token); err != nil {
			t.Errorf("the newest challenge: %v", err)
		}
		break
	}
	delete(w.down, "mail")
	w.pass(time.Hour)
	if got := w.state(r); got.Request.State != request.Fulfilled || !slices.Equal(kinds(got), []string{"challenged", "verified", "nothing_held"}) {
		t.Errorf("%s: %v", got.Request.State, kinds(got))
	}
}

// F23: an answer that nothing is held is none while its mail is refused.
func TestFault_F23_NothingHeldIsTriedUntilItIsAccepted(t *testing.T) {
	w := newWorld(t)
	r := w.verified("nobody@example.org")
	w.down["mail"] = address.ErrRefused
	w.pass(8 * 24 * time.Hour)
	if file := w.state(r); file.Request.State != request.Open || !file.Request.ClosedAt.IsZero() || len(file.Request.StatusHashes) != 1 {
		t.Errorf("%s, closed %s, %d status links", file.Request.State, file.Request.ClosedAt, len(file.Request.StatusHashes))
	}
	delete(w.down, "mail")
	w.pass(time.Hour)
	if file := w.state(r); file.Request.State != request.Fulfilled || len(file.Request.StatusHashes) != 2 {
		t.Errorf("after the repair: %s, %d status links", file.Request.State, len(file.Request.StatusHashes))
	}
}

// F23: who names an address that no mail can reach is told so on the form. One that was filed before lapses as if nobody had confirmed it.
func TestFault_F23_AnAddressThatNoMailCanReach(t *testing.T) {
	w := newWorld(t)
	for _, email := range []string{"änna@example.org", "anna@example.invalid", "anna@192.0.2.1", strings.Repeat("a", 65) + "@example.org"} {
		_, err := w.desk.File(t.Context(), request.Filing{Right: privacy.Access, Email: email})
		var refused *fault.Error
		if !errors.As(err, &refused) || len(refused.Fields) != 1 || refused.Fields[0].Pointer != "/email" || !strings.HasPrefix(refused.Fields[0].Detail, "must be an address that mail can reach: before the @ at most 64 characters and no letters but a to z") {
			t.Errorf("%s: %v", email, err)
		}
	}
	w.failing["mail"] = address.ErrUnmailable
	r := w.file("anna@example.org")
	w.pass(linkLife + time.Hour)
	if file := w.state(r); file.Request.State != request.Lapsed || len(w.mails) != 1 || len(file.Request.StatusHashes) != 0 || !slices.Equal(kinds(file), []string{"lapsed"}) {
		t.Errorf("%s after %d tries: %v", file.Request.State, len(w.mails), kinds(file))
	}
}

// F23, T09: the day's limit keeps a mail back that was refused the day before, and does not end its request.
func TestFault_F23_TheDaysLimitEndsNoRequestThatWasRefused(t *testing.T) {
	w := newWorld(t)
	w.clock.Set(w.clock.Now().Truncate(24 * time.Hour).Add(23 * time.Hour))
	w.failing["mail"] = address.ErrRefused
	r := w.file("anna@example.org")
	w.clock.Advance(90 * time.Minute) // the next day, of which others have used the mails up
	for range 3 {
		w.clock.Advance(time.Second)
		if ok, _, err := w.store.CountChallenge(t.Context(), "anna@example.org", w.clock.Now().String(), false, w.clock.Now()); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	w.pass(22 * time.Hour)
	if got := w.state(r).Request; got.State != request.Verifying || got.Step != request.Challenge || len(w.mails) != 1 {
		t.Fatalf("%s, %s next, %d tries", got.State, got.Step, len(w.mails))
	}
	w.pass(3 * time.Hour)
	if got := w.state(r); !slices.Equal(kinds(got), []string{"challenged"}) {
		t.Errorf("on the day after: %v", kinds(got))
	}
}

// F23, T09: a week without mail, in which four requests came by one address on the first day. As in any other week, three are begun on the day
// and one on the next, though the first three are tried before it, and none lapses. They leave when SES is mended, three a day.
func TestFault_F23_NoneLapsesBehindMailsThatWereNotAccepted(t *testing.T) {
	for name, down := range map[string]error{"refused": address.ErrRefused, "without an answer": address.ErrUncertain} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.clock.Set(w.clock.Now().Truncate(24 * time.Hour).Add(10 * time.Hour))
			w.down["mail"] = down
			var filed []request.Request
			file := func(n int) {
				for range n {
					filed = append(filed, w.file("anna@example.org"))
				}
			}
			file(4)
			w.clock.Set(w.clock.Now().Truncate(24 * time.Hour).Add(25 * time.Hour)) // the first three come before the fourth on the day
			for _, r := range filed {
				if err := w.ful.Run(t.Context(), r.ID); err != nil {
					t.Fatal(err)
				}
			}
			w.pass(6 * 24 * time.Hour)
			for i, r := range filed {
				if got := w.state(r).Request; got.State != request.Verifying || got.Step != request.Challenge {
					t.Errorf("request %d after a week: %s, %s next", i+1, got.State, got.Step)
				}
			}
			delete(w.down, "mail")
			w.mails = nil
			w.pass(24 * time.Hour)
			if n := len(w.mails); n < 3 || n > 4 { // on two days
				t.Errorf("%d mails within a day of the repair", n)
			}
			w.pass(24 * time.Hour)
			for i, r := range filed {
				if got := kinds(w.state(r)); !slices.Equal(got, []string{"challenged"}) {
					t.Errorf("request %d in the end: %v", i+1, got)
				}
			}
		})
	}
}

// T09, F23: who floods an address while SES refuses mails fills no queue: what is begun on a day is bounded as on any other.
func TestThreat_T09_AnOutageFillsNoQueue(t *testing.T) {
	w := newWorld(t)
	w.clock.Set(w.clock.Now().Truncate(24 * time.Hour).Add(10 * time.Hour))
	w.down["mail"] = address.ErrRefused
	for range 30 {
		w.file("anna@example.org")
	}
	w.pass(3 * 24 * time.Hour)
	delete(w.down, "mail")
	w.mails = nil
	w.pass(10 * 24 * time.Hour)
	if len(w.mails) != 6 {
		t.Errorf("%d mails after the repair", len(w.mails))
	}
}

// F23: an answer whose data subject cannot be looked up is tried again for as long as it takes.
func TestFault_F23_AnAnswerThatFailsGoesOn(t *testing.T) {
	w := newWorld(t)
	w.known["anna@example.org"] = "anna@example.org"
	r := w.verified("anna@example.org")
	w.down["find"] = context.DeadlineExceeded
	w.pass(24 * time.Hour)
	if got := w.state(r).Request; got.State != request.Open || got.Step != request.Answer || !got.NextAt.Before(w.clock.Now()) {
		t.Fatalf("%s, %s at %s", got.State, got.Step, got.NextAt)
	}
	delete(w.down, "find")
	w.pass(time.Hour)
	if got := w.state(r).Request.State; got != request.Fulfilled {
		t.Errorf("after the repair: %s", got)
	}
}
