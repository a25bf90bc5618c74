package mailbox

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Known finds data subjects by address.
type Known interface {
	// Find returns the data subject behind an address; ok is false if the address is unknown.
	Find(ctx context.Context, a subject.Address) (known subject.Known, ok bool, err error)
}

// Reports takes in what SES reports about mails, as far as it concerns consents by address (faults F07, F24). Reports that arrive twice, or in
// another order, change nothing.
type Reports struct {
	Confirmations Confirmations
	Recorder      *consent.Recorder
	Subjects      Known
	Persons       Persons
	Lists         Lists
	Mailboxes     Mailboxes
	Cut           func(ctx context.Context, mailbox string, at time.Time) error // [Links.Cut]
	Aliases       subject.Key                                                   // makes the id of a mailbox
	Policy        func(now time.Time) *policy.Policy                            // policy.InForce
	Now           func() time.Time
}

// surfaceComplaint says in a consent record that the person reported a mail as spam. No caller of the API can state it.
const surfaceComplaint = "complaint"

// TakeLink takes in that the mail with a link came back. If no later mail would reach the address, what waits for its button ends: nobody can
// press it. Otherwise another mail is due later, since SES itself has tried for hours by then, and many automatic replies look like mails that
// came back. It is counted among the mails of its day like any other.
func (p *Reports) TakeLink(ctx context.Context, e feedback.Event) error {
	if !e.Failed() {
		return nil
	}
	if e.Outcome == feedback.Bounced && e.Permanent {
		return p.endAll(ctx, e.About)
	}
	for range mostTries {
		m, found, err := p.Mailboxes.Load(ctx, e.About)
		if err != nil || !found {
			return err
		}
		now := p.Now().UTC().Truncate(time.Second)
		if !m.returned(e, now) {
			return nil
		}
		m.keep(p.Policy(now), now)
		if _, err := p.Mailboxes.Save(ctx, m); !errors.Is(err, ErrChanged) {
			return err
		}
	}
	return ErrChanged
}

// Returned takes in that a mail of any kind came back. If no later mail would reach the address, its mailbox is gone, and may get a new owner: its
// links and sessions die (threat T27).
func (p *Reports) Returned(ctx context.Context, e feedback.Event) error {
	if e.Outcome != feedback.Bounced || !e.Permanent {
		return nil
	}
	mailbox := e.About
	if e.Kind != feedback.Link && e.Kind != feedback.Receipt {
		a, err := subject.ParseAddress(e.Address)
		if err != nil {
			return nil //nolint:nilerr // no mailbox has such an address
		}
		mailbox = p.Aliases.Mailbox(a)
	}
	return p.Cut(ctx, mailbox, e.At.UTC().Truncate(time.Second))
}

// pauseReturned is how long a mailbox waits for the next mail after one has come back.
const pauseReturned = 6 * time.Hour

// mostReturned is how many mails in a row are replaced after they came back. Then nothing is mailed until somebody asks again, or a mailbox that
// answers every mail with an automatic reply would be mailed for ever. A mail that SES accepted and then did not send is replaced without end, since
// nothing may lapse because of a mail that was never sent (fault F23).
const mostReturned = 3

// returned takes in that the mail with a link came back, and reports whether anything changes: it does if the link is the newest, was not opened,
// and no mail is due.
func (m *Mailbox) returned(e feedback.Event, now time.Time) bool {
	bounced := e.Outcome == feedback.Bounced
	if len(m.Links) == 0 || !m.NextAt.IsZero() || bounced && m.Returned >= mostReturned {
		return false
	}
	last := m.Links[len(m.Links)-1]
	if last.Openings > 0 || (Letter{N: last.N}).Mail().Part != e.Part {
		return false
	}
	if bounced {
		m.Returned++
	}
	m.unmint(last.N)
	m.want(ForRequests, now)
	m.NextAt = now.Add(pauseReturned)
	return true
}

// endAll ends the confirmations that wait under a mailbox.
func (p *Reports) endAll(ctx context.Context, mailbox string) error {
	waiting, err := p.Lists.ListedConsents(ctx, mailbox)
	if err != nil {
		return err
	}
	for _, confirmation := range waiting {
		if err := p.end(ctx, confirmation); err != nil {
			return err
		}
	}
	return nil
}

// Complained takes in that somebody reported a mail of this service, of any kind, as spam: whoever does that does not want marketing. It
// withdraws the consent to marketing mail, like the one-click unsubscribe, unless the person gave that consent after the complaint. It also
// ends the confirmations that wait under the address. A run that was killed in between can be repeated.
func (p *Reports) Complained(ctx context.Context, e feedback.Event) error {
	a, err := subject.ParseAddress(e.Address)
	if err != nil {
		return nil //nolint:nilerr // nobody can be on record by it
	}
	known, ok, err := p.Subjects.Find(ctx, a)
	if err != nil {
		return err
	}
	if ok {
		for _, id := range known.Others {
			root, since, err := p.Persons.Root(ctx, id)
			if err != nil {
				return err
			}
			if err := p.withdraw(ctx, root, since, e); err != nil {
				return err
			}
		}
	}
	return p.endAll(ctx, p.Aliases.Mailbox(a))
}

// withdraw records the denial. A denial that holds already is not recorded again, unless it is older than since, when somebody was last joined to the
// data subject.
func (p *Reports) withdraw(ctx context.Context, id privacy.SubjectID, since time.Time, e feedback.Event) error {
	newest, err := p.Recorder.Current(ctx, consent.Address(id))
	if err != nil {
		return err
	}
	now := newest.Effective(privacy.MarketingEmail, p.Recorder.Time())
	if now.State == consent.Granted && now.DecidedAt.After(e.At) {
		return nil
	}
	_, err = p.Recorder.RecordPrepared(ctx, consent.Act{
		Subject: consent.Address(id), Operation: uuid.NewSHA1(uuid.NameSpaceURL, []byte("complaint:"+e.MessageID)).String(),
		Decisions:     map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Denied},
		PolicyVersion: p.Recorder.Rules().Version, Language: "und", Surface: surfaceComplaint, Since: since,
	})
	return err
}

// end ends a confirmation that waits. One whose button was pressed has ended already.
func (p *Reports) end(ctx context.Context, id string) error {
	for range 10 {
		c, found, err := p.Confirmations.Load(ctx, id)
		if err != nil || !found || !c.ConfirmedAt.IsZero() || c.NextAt.IsZero() {
			return err
		}
		c.end()
		if _, err := p.Confirmations.Save(ctx, c); !errors.Is(err, ErrChanged) {
			return err
		}
	}
	return ErrChanged
}
