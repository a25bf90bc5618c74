package request

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Mailed returns a request that a mail has begun. id is random, and the same for each try to take the same mail in. email is empty if no mail can reach
// the sender. about is the id of the request that the mail seems to answer; [Fulfilment] checks whether the sender may answer it. The deadline counts
// from the arrival of the mail (promise H13).
func Mailed(p *policy.Policy, id, email, about string, m Message, now time.Time) Request {
	r := Request{
		ID: id, Right: privacy.Question, State: Verifying, Email: email, About: about, Messages: []Message{m},
		PolicyVersion: p.Version, Terms: p.Terms(), ReceivedAt: m.At,
	}
	r.Next(StepProof, now)
	return r
}

// proveMail puts a mail behind the mailbox of its sender, where it waits until they say what they mean by it, and makes a mail with a link due. A mailbox
// has one mail that waits: a further one joins it. So nobody gets more than one line of the team's queue, whatever they send (promise H12, threats T02,
// T09, T32).
func (f *Fulfilment) proveMail(ctx context.Context, file File, now time.Time) error {
	r := file.Request
	typed, err := subject.ParseAddress(r.Email)
	if err != nil {
		return f.leaveMail(ctx, file, WhyNoSender, now)
	}
	if r.Mailbox == "" {
		mailbox := f.Mailboxes.Mailbox(typed)
		others, err := f.Register.Under(ctx, mailbox)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(others, func(o Request) bool { return o.ID == r.About && o.Confirmed() && !o.isMail() }) {
			r.About = "" // it is somebody else's, or there is none: whoever has a number of ours could name it
		}
		r.Mailbox = mailbox
		if file, err = f.Register.Save(ctx, file, r, r.Listing()); err != nil {
			return err
		}
		r = file.Request
	}
	others, err := f.Register.Under(ctx, r.Mailbox) // again, since of two that came at once each lists itself first and looks then
	if err != nil {
		return err
	}
	if first, ok := r.joins(others); ok {
		return f.foldMail(ctx, file, first.ID, typed, now)
	}
	if !r.sure() {
		return f.leaveMail(ctx, file, WhyUnsure, now)
	}
	if err := f.Proofs.Want(ctx, typed); err != nil {
		return err
	}
	r.Next(StepLapse, f.linkEnds(now))
	_, err = f.Register.Save(ctx, file, r)
	return err
}

// joins returns the mail of the same mailbox that r joins: one that came first, or that did not see r when it looked, and has its link by now.
func (r Request) joins(others []Request) (Request, bool) {
	for _, o := range slices.SortedFunc(slices.Values(others), byReceipt) {
		if o.isMail() && o.ID != r.ID && (byReceipt(o, r) < 0 || o.Step != StepProof) {
			return o, true
		}
	}
	return Request{}, false
}

// foldMail adds a mail to the one of the same mailbox that waits, and ends it. It brings a new link only if no link still opens what waits. So two services
// that answer each other's mails stop after one (RFC 3834). A run that is killed in between adds it once: the second time it says the same.
func (f *Fulfilment) foldMail(ctx context.Context, file File, first string, typed subject.Address, now time.Time) error {
	other, err := f.Register.Load(ctx, first)
	if errors.Is(err, ErrUnknown) || err == nil && !other.Request.isMail() {
		return ErrChanged // decided meanwhile: the next run looks again
	}
	if err != nil {
		return err
	}
	r, wanted := other.Request, other.Request.sure()
	for _, m := range file.Request.Messages {
		r = r.with(m)
	}
	if file.Request.ReceivedAt.Before(r.ReceivedAt) {
		r.ReceivedAt = file.Request.ReceivedAt
	}
	if file.Request.sure() { // nobody is mailed because of any other
		until, waits, err := f.Proofs.Covered(ctx, r.Mailbox, r.ReceivedAt)
		if err != nil {
			return err
		}
		if !waits && !until.After(now) || !wanted {
			if err := f.Proofs.Want(ctx, typed); err != nil {
				return err
			}
			r.Next(StepLapse, f.linkEnds(now))
		}
	}
	if _, err := f.Register.Save(ctx, other, r); err != nil {
		return err
	}
	r = file.Request
	r.Close(Lapsed, now)
	event := r.Record(EventRepeated, now)
	_, err = f.Register.Save(ctx, file, r, event, Unlisting{Mailbox: r.Mailbox, Request: r.ID})
	return err
}

// leaveMail leaves a mail to the team that nobody has confirmed. It goes on waiting for its sender, who may open a link later.
func (f *Fulfilment) leaveMail(ctx context.Context, file File, why string, now time.Time) error {
	r := file.Request
	r.Rest()
	event := r.Record(EventForTeam, now)
	event.Reason = why
	if _, err := f.Register.Save(ctx, file, r, event); err != nil {
		return err
	}
	f.ForTeam(ctx, r.ID)
	return nil
}
