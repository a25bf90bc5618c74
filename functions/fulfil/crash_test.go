package main

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// journey is one person who files a request, states a consent and asks for a link, opens the link, and confirms both, while one call to DynamoDB
// or SES breaks. Whoever sees an error tries again: the person presses again, and the schedule comes again.
type journey struct {
	*rig
	breaks *cut
	cancel context.CancelFunc // of the run that is on
	parts
	email  string
	filed  string
	asked  string
	proof  subject.Proof
	opened mailbox.Mailbox
	cookie string
}

// parts says what the person does. Each part has its link mailed by itself, so that none covers up for another.
type parts struct{ request, consent, link bool }

// run does a step, and reports whether it has to be done again.
func (j *journey) run(step func(ctx context.Context) error) (again bool) {
	ctx, cancel := context.WithCancel(j.T.Context())
	defer cancel()
	j.cancel = cancel
	return step(ctx) != nil
}

// tries does a step of the person's until it succeeds.
func (j *journey) tries(step func(ctx context.Context) error) {
	j.T.Helper()
	for range 3 {
		if !j.run(step) {
			return
		}
	}
	j.T.Fatal("the step never succeeds")
}

// wakesAll delivers the records of the stream. If a run was killed, the schedule does what is left, five minutes later.
func (j *journey) wakesAll(tasks ...work.Task) {
	j.T.Helper()
	before := j.breaks.was()
	for _, t := range tasks {
		j.run(func(ctx context.Context) error { return j.wakes(ctx, t.Kind, t.Ref) })
	}
	if j.breaks.was() && !before {
		j.Clock.Advance(5 * time.Minute)
		j.Wire.Next = nil
		j.fulfils()
		j.Wire.Next = j.breaks
	}
}

// files does everything before the first mail.
func (j *journey) files() {
	if j.request {
		j.tries(func(ctx context.Context) error {
			r, err := j.Requester.File(ctx, request.Filing{Right: privacy.Access, Email: j.email})
			j.filed = r.ID
			return err
		})
	}
	act := consent.Act{Who: consent.Who{Email: j.email}, Operation: "op", PolicyVersion: policy.VersionInForce(time.Now()), Language: "en", Surface: "form",
		Decisions: map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted}}
	if j.consent {
		j.tries(func(ctx context.Context) (err error) {
			j.asked, err = j.ByAddress.Ask(ctx, "client", act)
			return err
		})
	}
	if j.link {
		j.tries(func(ctx context.Context) error { return j.Links.Ask(ctx, j.email) })
	}
}

// opens opens the newest link. Whoever has opened it without an answer opens it again, and has a new one mailed, since only the first opening
// may confirm.
func (j *journey) opens() {
	j.T.Helper()
	for range 2 {
		j.tries(func(ctx context.Context) error {
			session, value, box, err := j.Links.Open(ctx, j.mailboxOf(j.email), j.newest(j.email))
			j.proof, j.cookie, j.opened = session.Proof(), value, box
			return err
		})
		if j.proof.Fresh {
			return
		}
		j.tries(func(ctx context.Context) error { return j.Links.AskAgain(ctx, j.cookie) })
		j.wakesAll(work.Task{Kind: work.Mailbox, Ref: j.mailboxOf(j.email)})
	}
	j.T.Fatal("no link opens freshly")
}

// confirms presses both buttons. An act that was done before its answer was lost is not found again.
func (j *journey) confirms() {
	j.T.Helper()
	if j.request {
		j.tries(func(ctx context.Context) error {
			r, err := j.Requester.Confirm(ctx, j.filed, j.proof)
			if err == nil {
				err = j.Links.Tell(ctx, j.proof.Mailbox, "", confirmed(r))
			}
			return done(err)
		})
	}
	if j.consent {
		j.tries(func(ctx context.Context) error {
			_, err := j.ByAddress.Confirm(ctx, j.asked, j.opened, j.proof, false)
			return done(err)
		})
	}
}

func done(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// finds sets the id of the request that waits: if the answer to a filing was lost, the request is counted at the one that was stored before it.
func (j *journey) finds() {
	j.T.Helper()
	waiting := j.waiting(j.email)
	if want := count(j.request, j.consent); len(waiting) != want {
		j.T.Fatalf("%+v wait, want %d", waiting, want)
	}
	for _, w := range waiting {
		if w.Right != "" {
			j.filed = w.ID
		}
	}
}

// F03: from the filing to the receipt, the process is killed before or after each of its calls to DynamoDB and SES, or loses the answer. The end
// is the same: both acts count once, and no work is left. One mail more than without it leaves at most. Only a process that is killed
// between an act and its receipt leaves the act without one.
func TestFault_F03_FromTheFilingToTheReceipt(t *testing.T) {
	every := soak.Pick(29, 1) // which of the moments to try
	for name, what := range map[string]parts{"a request": {request: true}, "a consent": {consent: true}, "all": {true, true, true}} {
		t.Run(name, func(t *testing.T) { sweep(t, what, every) })
	}
}

func sweep(t *testing.T, what parts, every int) {
	const most = 200
	plain := newJourney(t, what, &cut{left: most})
	plain.whole()
	calls, mails := most-plain.breaks.left, len(plain.box.All())
	if calls < 20 || calls >= most || plain.links(plain.email) != 1 || mails != 2 {
		t.Fatalf("%d calls, %d links, %d mails", calls, plain.links(plain.email), mails)
	}
	for i, p := range plain.breaks.points() {
		if i%every != 0 {
			continue
		}
		how := breaks[p[0]]
		t.Run(fmt.Sprint(how.name, " call ", p[1]), func(t *testing.T) {
			j := newJourney(t, what, &cut{sent: how.sent, left: p[1]})
			if how.dies {
				j.breaks.kill = func() { j.cancel() }
			}
			j.whole()
			if !j.breaks.was() {
				t.Error("no call was broken")
			}
			receipts, links := len(j.receipts(j.email)), j.links(j.email)
			if links < 1 || links+receipts > mails+1 || receipts == 0 && !how.dies {
				t.Errorf("%d links and %d receipts", links, receipts)
			}
		})
	}
}

func newJourney(t *testing.T, what parts, c *cut) *journey {
	j := &journey{rig: newRig(t), parts: what, breaks: c, email: "anna@example.org"}
	j.Known(j.email)
	c.next = http.DefaultTransport
	j.Wire.Next, j.broken = c, c
	j.ByAddress.Tell = func(ctx context.Context, id, address string, a mailbox.Act) { _ = j.Links.Tell(ctx, id, address, a) } // a killed process tells nobody
	return j
}

// count returns how many are true.
func count(all ...bool) (n int) {
	for _, one := range all {
		if one {
			n++
		}
	}
	return n
}

// whole goes from the filing to the receipt, and checks the end.
func (j *journey) whole() {
	j.T.Helper()
	box := j.mailboxOf(j.email)
	j.files()
	if j.request {
		j.wakesAll(work.Task{Kind: work.Request, Ref: j.filed})
	}
	if j.consent {
		j.wakesAll(work.Task{Kind: work.Confirmation, Ref: j.asked})
	}
	for _, ref := range j.wishes() {
		j.wakesAll(work.Task{Kind: work.Link, Ref: ref})
	}
	j.wakesAll(work.Task{Kind: work.Mailbox, Ref: box})
	j.Wire.Next = nil
	if j.breaks.was() { // a filing whose answer was lost has no record of the stream here
		j.fulfils()
	}
	j.finds()
	j.Wire.Next = j.breaks
	j.opens()
	j.confirms()
	if j.request {
		j.wakesAll(work.Task{Kind: work.Request, Ref: j.filed})
	}
	j.wakesAll(work.Task{Kind: work.Mailbox, Ref: box})
	j.Wire.Next = nil
	j.fulfils()

	left := ""
	if j.request {
		left = " r# EXPORT#1"
		if file := j.Load(j.filed); file.Request.State != request.Fulfilling || file.Request.Attempts != 1 || len(file.Events) != 2 {
			j.T.Errorf("the request is %s after %d attempts: %+v", file.Request.State, file.Request.Attempts, file.Events)
		}
	}
	record, err := j.ByAddress.Recorder.Current(j.T.Context(), consent.Address(j.Known(j.email)))
	granted := record.Effective(privacy.MarketingEmail, j.Clock.Now()).State == consent.Granted
	if err != nil || granted != j.consent || record.Version != count(j.consent) {
		j.T.Errorf("the consent is %+v, %v", record, err)
	}
	waiting, m := j.waiting(j.email), j.mailboxItem(j.email)
	if len(waiting) != 0 || len(m.Acts) != 0 || !m.NextAt.IsZero() || !m.Receipt.NextAt.IsZero() {
		j.T.Errorf("%+v wait, and of the mailbox is left %+v", waiting, m)
	}
	if got := j.work(); got != left {
		j.T.Errorf("work is left:%s, want:%s", got, left)
	}
	for _, sent := range j.about(j.email, "receipt") {
		if sent.Tags["about"] != box {
			j.T.Errorf("a receipt is about %s", sent.Tags["about"])
		}
	}
}
