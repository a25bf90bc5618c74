package request

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// MailboxLinks knows the links to mailboxes.
type MailboxLinks interface {
	// Cut lets every link and every session of a mailbox die that existed at the time given.
	Cut(ctx context.Context, mailbox string, at time.Time) error
}

// AnswerCuts ends what an answer has handed out.
type AnswerCuts interface {
	// Cut returns the items of the answer that change so that its links open nothing any more. An answer that was being made begins anew with
	// the answer step, which Cut makes due on the request, or ends if again is false. underway says that one was being made.
	Cut(r *Request, file File, again bool, now time.Time) (items []Item, underway bool)
}

// Cutter lets links to requests die once their address stands for somebody else, or for nobody (threat T27).
type Cutter struct {
	Links    MailboxLinks
	Register Register
	Answers  map[work.Kind]AnswerCuts                    // by the task that answers a right
	ForTeam  func(ctx context.Context, requestID string) // called when a request came to wait for the team
	Now      func() time.Time
}

// Follow lets everything die that an act on identities has taken the ground from: the links and sessions of the mailbox, then what
// [Cutter.Cut] says. It may be called twice.
func (c *Cutter) Follow(ctx context.Context, cut identity.Cut, at time.Time) error {
	if err := c.Links.Cut(ctx, cut.Mailbox, at); err != nil {
		return err
	}
	return c.Cut(ctx, cut.Mailbox, cut.Leaves, at)
}

// Cut cuts the links of the requests of a mailbox that were confirmed by the time given: those to their states and those to their answers open
// nothing any more. It may be called twice.
//
// If the address was taken away from a data subject, leaves names them. Their requests are then listed under them, and no longer under the
// mailbox, so that a new owner of the mailbox never sees them; a request that is not answered yet goes to the team. Those that came while several
// people used the address are listed under nobody. Otherwise a request that is
// being answered begins anew, since the address may stand for somebody else, or for more, than when its answer was begun.
//
// Requests that nobody has confirmed stay behind the mailbox. No link to one was mailed. A mail that waits shows its words to nobody any more.
func (c *Cutter) Cut(ctx context.Context, mailbox string, leaves privacy.SubjectID, at time.Time) error {
	at = at.UTC().Truncate(time.Second)
	under, err := c.Register.Under(ctx, mailbox)
	if err != nil {
		return err
	}
	for _, r := range under {
		if r.uncutMail(at) {
			if err := c.hide(ctx, r.ID, at); err != nil {
				return err
			}
		}
		if !r.uncut(mailbox, leaves, at) {
			continue
		}
		if err := c.cut(ctx, r.ID, mailbox, leaves, at); err != nil {
			return err
		}
	}
	return nil
}

// uncut reports whether the request of the mailbox has to be cut.
func (r Request) uncut(mailbox string, leaves privacy.SubjectID, at time.Time) bool {
	counts := r.VerifiedAt
	if counts.IsZero() { // nothing had to prove it
		counts = r.ReceivedAt
	}
	return r.Mailbox == mailbox && r.Confirmed() && !counts.After(at) && (leaves != "" || r.CutAt.Before(at))
}

// uncutMail reports whether the request is a mail that waits, and whose words its mailbox would still show to a new owner.
func (r Request) uncutMail(at time.Time) bool {
	return r.isMail() && slices.ContainsFunc(r.Messages, func(m Message) bool { return m.shownAfter(at) })
}

// shownAfter reports whether the words of the message are shown although it came by the time given.
func (m Message) shownAfter(at time.Time) bool { return m.Sure && !m.At.After(at) }

// hide lets the page show nothing of what a mail says that came by the time given: whoever has the mailbox now need not be who wrote it.
func (c *Cutter) hide(ctx context.Context, id string, at time.Time) error {
	for range 10 {
		file, err := c.Register.Load(ctx, id)
		if errors.Is(err, ErrUnknown) {
			return nil
		}
		if err != nil || !file.Request.uncutMail(at) {
			return err
		}
		r := file.Request
		r.Messages = slices.Clone(r.Messages)
		for i, m := range r.Messages {
			r.Messages[i].Sure = m.Sure && !m.shownAfter(at)
		}
		if _, err := c.Register.Save(ctx, file, r); !errors.Is(err, ErrChanged) {
			return err
		}
	}
	return ErrChanged
}

// cut cuts one request. It decides again while another writer changes the file.
func (c *Cutter) cut(ctx context.Context, id, mailbox string, leaves privacy.SubjectID, at time.Time) error {
	for range 10 {
		file, err := c.Register.Load(ctx, id)
		if errors.Is(err, ErrUnknown) {
			return nil
		}
		if err != nil {
			return err
		}
		if !file.Request.uncut(mailbox, leaves, at) {
			return nil
		}
		items, forTeam := c.decide(file, leaves, at)
		if _, err := c.Register.Save(ctx, file, items...); errors.Is(err, ErrChanged) {
			continue
		} else if err != nil {
			return err
		}
		if forTeam {
			c.ForTeam(ctx, id)
		}
		return nil
	}
	return ErrChanged
}

func (c *Cutter) decide(file File, leaves privacy.SubjectID, at time.Time) (items []Item, forTeam bool) {
	r, now := file.Request, c.Now().UTC().Truncate(time.Second)
	if r.CutAt.Before(at) {
		r.CutAt = at
	}
	unanswered := r.unanswered()
	if answers, ok := c.Answers[Rights[r.Right].Answer]; ok {
		var underway bool
		items, underway = answers.Cut(&r, file, leaves == "", now)
		unanswered = unanswered || underway
	}
	if leaves == "" {
		if r.Step == StepAnswer { // it may wait for a day that no longer counts
			r.Next(StepAnswer, now)
		}
		return append(items, r), false
	}
	if r.State.Final() && r.Step == StepTell { // it holds, and the mail would reach whoever has the address now
		r.Rest()
	}
	items = append(items, Unlisting{Mailbox: r.Mailbox, Request: r.ID})
	r.Mailbox = ""
	if unanswered {
		items = append(items, r.ToTeam(string(subject.Detached), now))
	}
	if file.isOfSeveral() {
		return append(items, r), unanswered
	}
	r.Subject = leaves
	return append(items, r, r.Listing()), unanswered
}

// unanswered reports whether the request goes to the team once its address stands for somebody else: it is not answered yet. What is due goes on if it
// does not depend on whose the address is: a limit that nobody has to prove is imposed, one that was imposed is kept up, and one that was taken back is
// lifted.
func (r Request) unanswered() bool {
	goesOn := r.Step == StepLift || r.Step == StepAnswer && (r.Unproven || r.InForce()) || r.Step == StepTell && r.State.Final()
	return !goesOn && (!r.State.Final() || r.Step != "")
}

// isOfSeveral reports whether several people used the address when the request was confirmed, so that nobody knows whose it is. It is listed under
// nobody then, since an answer to one of them would show the text of another (threat T27).
func (f File) isOfSeveral() bool {
	return slices.ContainsFunc(f.Events, func(e Event) bool { return e.Kind == EventForTeam && e.Reason == string(subject.Shared) })
}
