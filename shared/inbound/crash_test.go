package inbound_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// crossing is what becomes of three mails of one person while one call breaks. Whoever sees an error tries again: the queue reports the mail again, the
// schedule comes again, and the person presses again.
type crossing struct {
	*service
	breaks *cut
	first  string // verdicts of the first mail: unsure or sure
}

func newCrossing(t *testing.T, c *cut) *crossing {
	x := &crossing{service: newService(t), breaks: c}
	x.Known(anna)
	c.next = http.DefaultTransport
	x.Inbox.Mails = brokenMails{x.Arrived, c}
	x.Wire.Next = c
	x.Fails = func(operation string) error {
		if operation != "mail" {
			return nil
		}
		sent := false
		err := c.call(func() error { sent = true; return nil })
		if err != nil && !sent {
			x.Mails = x.Mails[:len(x.Mails)-1]
			return err
		}
		if err != nil {
			return subject.ErrMailUncertain
		}
		return nil
	}
	return x
}

// tries does a step until it succeeds.
func (x *crossing) tries(step func(ctx context.Context) error) {
	x.T.Helper()
	for range 3 {
		ctx, cancel := context.WithCancel(x.T.Context())
		if x.breaks.kill != nil {
			x.breaks.kill = cancel
		}
		err := step(ctx)
		if cancel(); err == nil {
			return
		}
	}
	x.T.Fatal("the step never succeeds")
}

// comes has a mail taken in and everything done that is due. If a run was killed, the schedule does what is left.
func (x *crossing) comes(a inbound.Arrival) {
	x.T.Helper()
	x.tries(func(ctx context.Context) error {
		_, err := x.Inbox.Take(ctx, a)
		return err
	})
	for range 8 {
		due, err := x.Queue.Due(x.T.Context(), x.Clock.Now())
		if err != nil {
			x.T.Fatal(err)
		}
		for _, task := range due {
			ctx, cancel := context.WithCancel(x.T.Context())
			if x.breaks.kill != nil {
				x.breaks.kill = cancel
			}
			_ = x.run(ctx, task)
			cancel()
		}
		if len(due) == 0 && x.Clock.Now().Second() != 0 {
			return
		}
		x.Clock.Advance(3*time.Minute + time.Second) // a try that was killed is due again
	}
}

// whole takes three mails in, the last of which says the same as the first, sweeps, and has the person choose.
func (x *crossing) whole() {
	x.T.Helper()
	began := x.Clock.Now()
	unsure := servicetest.Vouched
	unsure.DMARC, unsure.SPF, unsure.DKIM = inbound.Gray, inbound.Gray, inbound.Gray
	arrivals := []inbound.Arrival{
		x.arrives(from(anna, "", "Please delete my account."), map[bool]inbound.Verdicts{true: unsure, false: servicetest.Vouched}[x.first == "unsure"]),
		x.arrives(from(anna, "", "And my newsletter."), servicetest.Vouched),
		x.arrives(from(anna, "", "4111 1111 1111 1111 was my card."), servicetest.Vouched),
	}
	for _, a := range arrivals {
		x.comes(a)
	}
	sweep := x.Inbox.Sweep
	x.tries(sweep)
	id := inbound.ID(arrivals[0].Object)
	r := x.unbroken().Load(id).Request
	if len(r.Messages) != 3 || !kept(r, "delete my account") || !kept(r, "newsletter") || !kept(r, "**** **** **** **** was my card") || r.Repeats > 1 || !r.ReceivedAt.Equal(began) || !r.AwaitsSender() {
		x.T.Errorf("the mail that waits is %+v", r)
	}
	for _, a := range arrivals[1:] {
		if r := x.Load(inbound.ID(a.Object)).Request; r.State != request.Lapsed || !r.Forgotten() {
			x.T.Errorf("a mail that has joined is %+v", r)
		}
	}
	if got := x.Arrived.Keys(); !slices.Equal(got, []string{arrivals[0].Object}) {
		x.T.Errorf("kept as they arrived: %v", got)
	}
	if got := x.queue(); len(got) != 1 || got[0].ID != id {
		x.T.Errorf("the queue is %+v", got)
	}
	if m, _, err := x.Mailboxes.Load(x.T.Context(), servicetest.Proof(anna).Mailbox); err != nil || !m.NextAt.IsZero() {
		x.T.Errorf("of the mailbox is due %+v, %v", m, err)
	}
	x.Wire.Next = x.breaks
	x.tries(func(ctx context.Context) error {
		_, err := x.Requester.Choose(ctx, id, servicetest.Proof(anna), request.Filing{Right: privacy.Portability})
		if x.unbroken().Load(id).Request.Right == privacy.Portability { // whoever presses again is told so
			err = nil
		}
		return err
	})
	x.tries(sweep)
	if r := x.unbroken().Load(id).Request; r.State != request.Open || len(r.Messages) != 3 || len(x.Arrived.Keys()) != 0 {
		x.T.Errorf("chosen: %+v, and %v is left", r, x.Arrived.Keys())
	}
}

// unbroken lets no further call break.
func (x *crossing) unbroken() *crossing {
	x.Wire.Next = nil
	return x
}

// F03: from the report of SES to what the person chooses, and the sweep behind them, the process is killed before or after each of its calls, or loses the
// answer. The end is the same, every text is there once, and at most one link more was mailed than without.
func TestFault_F03_FromTheMailToItsChoice(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"sure", "unsure"} {
		const most = 300
		plain := newCrossing(t, &cut{left: most})
		plain.first = first
		plain.whole()
		calls := most - plain.breaks.left
		if calls < 30 || calls >= most || len(linksTo(plain.Rig, anna)) != 1 {
			t.Fatalf("%s: %d calls, %d links", first, calls, len(linksTo(plain.Rig, anna)))
		}
		var points [][2]int
		for call := range calls {
			for how := range breaks {
				points = append(points, [2]int{how, call + 1})
			}
		}
		for _, p := range soak.Sample(points, 31) {
			how := breaks[p[0]]
			t.Run(fmt.Sprint(first, " ", how.name, " call ", p[1]), func(t *testing.T) {
				x := newCrossing(t, &cut{sent: how.sent, left: p[1]})
				x.first = first
				if how.dies {
					x.breaks.kill = func() {}
				}
				x.whole()
				if !x.breaks.hit {
					t.Error("no call was broken")
				}
				if links := len(linksTo(x.Rig, anna)); links < 1 || links > 2 || links != len(x.Mails) {
					t.Errorf("%d links", links)
				}
			})
		}
	}
}

// F03: a reply joins the request that it answers by two saves. Whoever presses again after a crash has joined it once.
func TestFault_F03_AReplyJoinsOnce(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, c *cut) *crossing {
		x := newCrossing(t, &cut{left: -1})
		mine := x.File(request.Filing{Right: privacy.Rectification, Email: anna, Details: "My name is wrong."})
		x.Prove(mine.ID)
		x.Fulfil(mine.ID)
		a := x.arrives(from(anna, "Re: your request", "It is Müller.", "References: <"+thread(mine.ID)+">"), servicetest.Vouched)
		x.comes(a)
		c.next, x.breaks, x.Wire.Next = http.DefaultTransport, c, c
		id := inbound.ID(a.Object)
		pressed := 0
		x.tries(func(ctx context.Context) error {
			pressed++
			r, err := x.Requester.Choose(ctx, id, servicetest.Proof(anna), request.Filing{Right: privacy.Question})
			if err == nil && r.ID != mine.ID {
				t.Errorf("it is a request of its own: %+v", r)
			}
			if pressed > 1 && x.unbroken().Load(id).Request.State.Final() {
				return nil
			}
			return err
		})
		if r := x.unbroken().Load(mine.ID).Request; len(r.Messages) != 1 || !kept(r, "It is Müller.") {
			t.Errorf("the request has %+v", r.Messages)
		}
		if r := x.Load(id).Request; r.State != request.Fulfilled || !r.Forgotten() || len(x.queue()) != 1 {
			t.Errorf("the mail is %+v, the queue %+v", r, x.queue())
		}
		return x
	}
	const most = 50
	calls := most - run(t, &cut{left: most}).breaks.left
	if calls < 4 {
		t.Fatalf("%d calls", calls)
	}
	for _, how := range breaks {
		for call := range calls {
			t.Run(fmt.Sprint(how.name, " call ", call+1), func(t *testing.T) {
				c := &cut{sent: how.sent, left: call + 1}
				if how.dies {
					c.kill = func() {}
				}
				if run(t, c); !c.hit {
					t.Error("no call was broken")
				}
			})
		}
	}
}
