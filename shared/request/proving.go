package request

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Mailboxes makes the key under which the requests from an address are listed. No key contains the address itself.
type Mailboxes interface {
	// Mailbox returns the HMAC of the address.
	Mailbox(a subject.Address) string
}

// Proofs has people prove control of their mailboxes, by links that are mailed.
type Proofs interface {
	// Want makes a mail with a link to the address due, as far as the day allows.
	Want(ctx context.Context, a subject.Address) error
	// Covered returns until when a mailed link opens what came to wait at since. waits says that the mail for it has not left yet.
	Covered(ctx context.Context, mailbox string, since time.Time) (until time.Time, waits bool, err error)
}

// prove puts a request behind its mailbox, where it waits until somebody who has opened a link confirms it, and makes a mail with a link due
// (threats T01, T14). A run that is killed is repeated.
func (f *Fulfilment) prove(ctx context.Context, file File, now time.Time) error {
	r := file.Request
	if r.Right == privacy.Question {
		return f.proveMail(ctx, file, now)
	}
	typed, err := subject.ParseAddress(r.Email)
	if err != nil {
		return err
	}
	if r.Mailbox == "" {
		mailbox := f.Mailboxes.Mailbox(typed)
		others, err := f.Register.Under(ctx, mailbox)
		if err != nil {
			return err
		}
		if first, ok := r.repeats(others, f.collects(now)); ok {
			return f.fold(ctx, file, first, typed, now)
		}
		r.Mailbox = mailbox
		if file, err = f.Register.Save(ctx, file, r, r.Listing()); err != nil {
			return err
		}
		r = file.Request
	}
	if err := f.Proofs.Want(ctx, typed); err != nil {
		return err
	}
	r.Next(StepLapse, f.linkEnds(now))
	_, err = f.Register.Save(ctx, file, r)
	return err
}

// repeats returns the request of which r is only a repetition: one with the same right that waits already and differs in nothing that it asks,
// or the first one if enough of them wait.
func (r Request) repeats(others []Request, since time.Time) (Request, bool) {
	var waiting []Request
	for _, o := range others {
		if o.State == Verifying && o.Right == r.Right && o.ID != r.ID {
			waiting = append(waiting, o)
		}
	}
	slices.SortFunc(waiting, byReceipt)
	for _, o := range waiting {
		if r.asksTheSame(o) && o.ReceivedAt.After(since) {
			return o, true
		}
	}
	if len(waiting) >= limit.Waiting {
		return waiting[0], true
	}
	return Request{}, false
}

// collects returns the time after which a request must have been received to collect its repetitions: for as long as a link lives. Otherwise somebody
// who files the same each week could keep a request, and the address in it, for ever.
func (f *Fulfilment) collects(now time.Time) time.Time {
	return f.Policy(now).SpanOf(policy.MailboxLink).Before(now)
}

// byReceipt sorts requests by the time of their receipt.
func byReceipt(a, b Request) int {
	if c := a.ReceivedAt.Compare(b.ReceivedAt); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}

// fold ends a request that only repeats another, and counts it there. Whoever confirms the other gets all that this one asked for, and no later
// than this one would have brought it. The other waits as long as this one would have.
func (f *Fulfilment) fold(ctx context.Context, file File, first Request, typed subject.Address, now time.Time) error {
	other, err := f.Register.Load(ctx, first.ID)
	if errors.Is(err, ErrUnknown) || err == nil && other.Request.State != Verifying {
		return ErrChanged // decided meanwhile: the next run looks again
	}
	if err != nil {
		return err
	}
	r := other.Request
	r.Repeats++
	if r.ReceivedAt.After(f.collects(now)) {
		r.RepeatedAt = now
		r.Next(StepLapse, f.linkEnds(now))
	}
	if _, err := f.Register.Save(ctx, other, r); err != nil {
		return err
	}
	if err := f.Proofs.Want(ctx, typed); err != nil {
		return err
	}
	r = file.Request
	r.Close(Lapsed, now)
	event := r.Record(EventRepeated, now)
	_, err = f.Register.Save(ctx, file, r, event)
	return err
}

// linkEnds returns when a link that is mailed at t can no longer be opened for the first time.
func (f *Fulfilment) linkEnds(t time.Time) time.Time {
	return f.Policy(t).SpanOf(policy.MailboxLink).After(t)
}

// lapse ends a request that nobody confirmed in time: once no link opens it any more that was mailed for it. While its mail has not left, it
// waits, since no request may lapse because of a mail that was never sent (fault F23).
func (f *Fulfilment) lapse(ctx context.Context, file File, now time.Time) error {
	r := file.Request
	until, waits, err := f.Proofs.Covered(ctx, r.Mailbox, r.lastAsked())
	if err != nil {
		return err
	}
	switch {
	case waits:
		r.NextAt = limit.NextDay(now) // its mail leaves then at the latest, unless SES refuses it
	case r.Try == 0 && until.After(now):
		r.Try, r.NextAt = 1, until // once only, or a stranger's filings could keep the request waiting for ever
	case r.Right == privacy.Question:
		return f.leaveMail(ctx, file, WhyUnopened, now)
	default:
		r.Close(Lapsed, now)
		event := r.Record(EventLapsed, now)
		_, err := f.Register.Save(ctx, file, r, event)
		return err
	}
	_, err = f.Register.Save(ctx, file, r)
	return err
}

// lastAsked returns when the request was last asked for.
func (r Request) lastAsked() time.Time {
	if r.RepeatedAt.After(r.ReceivedAt) {
		return r.RepeatedAt
	}
	return r.ReceivedAt
}
