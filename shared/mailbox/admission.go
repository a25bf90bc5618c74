package mailbox

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Subjects knows data subjects by address.
type Subjects interface {
	// Introduce returns what is known by an address. It puts an unknown address on record, and keeps a known one, at least until the time given. An
	// address that was taken away from somebody not long ago stays in doubt, with nobody behind it.
	Introduce(ctx context.Context, a subject.Address, until time.Time) (subject.Known, error)
}

// Lists lists what waits under a mailbox.
type Lists interface {
	ListConsent(ctx context.Context, mailbox, id string, until time.Time) error
	// ListedConsents returns the ids of the confirmations that are listed under a mailbox, in no order.
	ListedConsents(ctx context.Context, mailbox string) ([]string, error)
}

// Clients bounds the decisions by address that one client sets off (threat T09). [limit.Clients] implements it.
type Clients interface {
	// Allow counts a call of the client, known only by an HMAC, in the minute of now, and reports whether the client may make it.
	Allow(ctx context.Context, client, what string, now time.Time) (bool, error)
}

// Admission puts decisions by address behind their mailboxes.
type Admission struct {
	Confirmations Confirmations
	Subjects      Subjects
	Lists         Lists
	Clients       Clients
	Links         *LinkMailing
	Policy        func(now time.Time) *policy.Policy // policy.InForce
	Now           func() time.Time
}

// Run does what is due about a confirmation: it puts it behind its mailbox and makes a mail with a link due, or ends it once no link opens it any
// more. A run that is killed is repeated (fault F03).
func (a *Admission) Run(ctx context.Context, id string) error {
	now := a.Now().UTC().Truncate(time.Second)
	c, found, err := a.Confirmations.Load(ctx, id)
	if err != nil || !found || c.NextAt.IsZero() || c.NextAt.After(now) {
		return err
	}
	if c.Mailbox != "" {
		return lostRace(a.lapse(ctx, c, now))
	}
	typed, err := subject.ParseAddress(c.Email)
	if err == nil {
		_, err = subject.Mailable(c.Email)
	}
	if err != nil { // no mail can ever reach it
		return lostRace(a.end(ctx, c))
	}
	if may, err := a.Clients.Allow(ctx, c.Client, limit.Mails, now); err != nil || !may {
		return errors.Join(err, lostRace(a.wait(ctx, c, now)))
	}
	return lostRace(a.admit(ctx, c, typed, now))
}

// admit puts a confirmation behind its mailbox, or counts it at one that waits there already.
func (a *Admission) admit(ctx context.Context, c Confirmation, typed subject.Address, now time.Time) error {
	mailbox, kept := a.Links.Aliases.Mailbox(typed), a.kept(now)
	waiting, err := a.waiting(ctx, mailbox, now)
	if err != nil {
		return err
	}
	if first, ok := c.repeats(waiting, a.collects(now)); ok {
		if err := a.count(ctx, first, now); err != nil {
			return err
		}
		if err := a.Links.Want(ctx, typed, ForConsents); err != nil {
			return err
		}
		return a.end(ctx, c)
	}
	if err := a.Lists.ListConsent(ctx, mailbox, c.ID, kept); err != nil {
		return err
	}
	if _, err := a.Subjects.Introduce(ctx, typed, kept); err != nil {
		return err
	}
	// It waits before its mail is due, so that the mail can name it. A run that is killed in between is repeated at NextAt by lapse, which finds
	// no mail and makes one due.
	c.Mailbox, c.NextAt, c.ExpiresAt = mailbox, now.Add(subject.MailAgain(1)), kept
	if c, err = a.Confirmations.Save(ctx, c); err != nil {
		return err
	}
	return a.want(ctx, c, typed, now)
}

// count counts a repetition at the confirmation that it repeats, which waits as long as the repetition would have.
func (a *Admission) count(ctx context.Context, first Confirmation, now time.Time) error {
	first.Repeats++
	if first.CreatedAt.After(a.collects(now)) {
		first.RepeatedAt, first.NextAt, first.Tries = now, a.linkEnds(now), 1 // its mail is due next
		return a.keep(ctx, first, now)
	}
	_, err := a.Confirmations.Save(ctx, first)
	return err
}

// waiting reads what waits behind a mailbox.
func (a *Admission) waiting(ctx context.Context, mailbox string, now time.Time) ([]Confirmation, error) {
	ids, err := a.Lists.ListedConsents(ctx, mailbox)
	if err != nil {
		return nil, err
	}
	var all []Confirmation
	for _, id := range ids {
		c, found, err := a.Confirmations.Load(ctx, id)
		if err != nil {
			return nil, err
		}
		if found {
			all = append(all, c)
		}
	}
	return Shown(all, mailbox, now), nil
}

// want makes the mail for a confirmation due, and has the confirmation looked at again when the mail's link ends.
func (a *Admission) want(ctx context.Context, c Confirmation, typed subject.Address, now time.Time) error {
	if err := a.Links.Want(ctx, typed, ForConsents); err != nil {
		return err
	}
	c.Tries, c.NextAt, c.ExpiresAt = 1, a.linkEnds(now), a.kept(now)
	_, err := a.Confirmations.Save(ctx, c)
	return err
}

// repeats returns the confirmation of which c is only a repetition: one that asks for the same, or the first one if enough of them wait.
func (c Confirmation) repeats(waiting []Confirmation, since time.Time) (Confirmation, bool) {
	waiting = slices.DeleteFunc(waiting, func(o Confirmation) bool { return o.ID == c.ID })
	for _, o := range waiting {
		if o.same(c) && o.CreatedAt.After(since) {
			return o, true
		}
	}
	if len(waiting) >= limit.Waiting {
		return waiting[0], true
	}
	return Confirmation{}, false
}

// collects returns the time after which a confirmation must have been asked for to collect its repetitions: for as long as a link lives. Otherwise
// somebody who asks for the same each week could keep it, and the address in it, for ever.
func (a *Admission) collects(now time.Time) time.Time {
	return a.Policy(now).SpanOf(policy.MailboxLink).Before(now)
}

// Shown returns the confirmations that wait behind a mailbox at now, oldest first, and no more than the six that may wait: two that were asked for
// at once may both have taken the last place (threat T32).
func Shown(all []Confirmation, mailbox string, now time.Time) []Confirmation {
	all = slices.DeleteFunc(all, func(c Confirmation) bool { return !c.waits(now) || c.Mailbox != mailbox })
	slices.SortFunc(all, func(x, y Confirmation) int {
		if c := x.CreatedAt.Compare(y.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(x.ID, y.ID)
	})
	return all[:min(len(all), limit.Waiting)]
}

// lapse ends a confirmation that nobody confirmed in time: once no link opens it any more that was mailed for it. While its mail has not left, it
// waits (fault F23).
func (a *Admission) lapse(ctx context.Context, c Confirmation, now time.Time) error {
	if c.Tries == 0 { // a run was killed before the mail was due
		typed, err := subject.ParseAddress(c.Email)
		if err != nil {
			return a.end(ctx, c)
		}
		if err := a.Lists.ListConsent(ctx, c.Mailbox, c.ID, a.kept(now)); err != nil {
			return err
		}
		return a.want(ctx, c, typed, now)
	}
	until, waits, err := a.Links.Covered(ctx, c.Mailbox, c.lastAsked())
	if err != nil {
		return err
	}
	switch {
	case waits:
		c.NextAt = limit.NextDay(now)
	case c.Tries == 1 && until.After(now):
		c.Tries, c.NextAt = 2, until // once only, or a stranger could keep it waiting for ever
	default:
		return a.end(ctx, c)
	}
	return a.keep(ctx, c, now)
}

// keep stores a confirmation that is looked at again later. Its entry under its mailbox lasts as long, or no link would show it.
func (a *Admission) keep(ctx context.Context, c Confirmation, now time.Time) error {
	c.ExpiresAt = a.kept(now)
	if err := a.Lists.ListConsent(ctx, c.Mailbox, c.ID, c.ExpiresAt); err != nil {
		return err
	}
	_, err := a.Confirmations.Save(ctx, c)
	return err
}

// kept returns the end of the retention of a confirmation that is looked at now. The policy keeps it longer than a link lives, so that it is still
// there when it is looked at again.
func (a *Admission) kept(now time.Time) time.Time {
	return a.Policy(now).SpanOf(policy.Confirmation).After(now)
}

// waitDoublings is how often the time doubles for which a confirmation waits.
const waitDoublings = 8

// wait lets a confirmation of a client that is over its limit wait for another minute: twice as long each time, up to four hours and a quarter. So
// thousands of confirmations that wait in vain cost little. One that has waited for as long as a link lives is dropped.
func (a *Admission) wait(ctx context.Context, c Confirmation, now time.Time) error {
	if !now.Before(a.Policy(now).SpanOf(policy.MailboxLink).After(c.CreatedAt)) {
		return a.end(ctx, c)
	}
	c.NextAt = now.Truncate(time.Minute).Add(time.Minute << min(c.Version-1, waitDoublings))
	_, err := a.Confirmations.Save(ctx, c)
	return err
}

// linkEnds returns when a link that is mailed now can no longer be opened for the first time.
func (a *Admission) linkEnds(now time.Time) time.Time {
	return a.Policy(now).SpanOf(policy.MailboxLink).After(now)
}

func (a *Admission) end(ctx context.Context, c Confirmation) error {
	c.end()
	_, err := a.Confirmations.Save(ctx, c)
	return err
}

// lostRace treats a lost race as success: the run that was faster does the work.
func lostRace(err error) error {
	if errors.Is(err, ErrChanged) {
		return nil
	}
	return err
}
