package mailbox

import (
	"context"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Subjects knows data subjects by address.
type Subjects interface {
	// Introduce returns the data subject behind an address and the address as it is spelt on record. It puts an unknown address on record,
	// at least until the time given.
	Introduce(ctx context.Context, a subject.Address, until time.Time) (id privacy.SubjectID, spelling string, err error)
}

// Lists lists what is stored under an address, so that an answer to access can show it (promise H01).
type Lists interface {
	ListConsent(ctx context.Context, a subject.Address, id string, until time.Time) error
}

// Mailer sends confirmation mails. If a mail was not accepted, the error is [subject.ErrMailRefused], [subject.ErrMailUncertain] or
// [subject.ErrUnmailable].
type Mailer interface {
	ConfirmConsent(ctx context.Context, to string, c Confirmation, confirm, preferences subject.Token, unsubscribe string) error
}

// Mailing mails the links of confirmations.
type Mailing struct {
	Confirmations Confirmations
	Subjects      Subjects
	Lists         Lists
	Limiter       Limiter
	Clients       Clients
	Mailer        Mailer
	Tokens        subject.Key
	Policy        func(now time.Time) *policy.Policy // policy.InForce
	Now           func() time.Time
}

// Run mails a confirmation that is due. It claims the item first, so that two runs never mail twice. A run that is killed is repeated with
// new links when the next try is due (faults F02 to F04). A mail that is not accepted is not an error: it is tried again until it is
// accepted (fault F23).
func (m *Mailing) Run(ctx context.Context, id string) error {
	now := m.Now().UTC().Truncate(time.Second)
	c, found, err := m.Confirmations.Load(ctx, id)
	if err != nil || !found || c.NextAt.IsZero() || c.NextAt.After(now) {
		return err
	}
	typed, err := subject.ParseAddress(c.Email)
	if err == nil {
		_, err = subject.Mailable(c.Email)
	}
	if err != nil || c.waitedTooLong(m.life(now), now) { // no mail can ever reach it, or it has waited too long
		return m.finish(ctx, c)
	}
	// Each run first lists the consent, so that it is listed however the run ends, and the entry never expires before the consent.
	if err := m.Lists.ListConsent(ctx, typed, c.ID, m.life(now).After(now)); err != nil {
		return err
	}
	next, err := m.allowed(ctx, c, typed, now)
	if err != nil {
		return err
	}
	if !next.Equal(now) {
		c.NextAt = next
		_, err := m.Confirmations.Save(ctx, c)
		return lostRace(err)
	}
	return m.mail(ctx, c, typed, now)
}

// life returns how long a consent by address waits for its button.
func (m *Mailing) life(now time.Time) policy.Span { return m.Policy(now).SpanOf(policy.Confirmation) }

// mail claims the item, hands its mail over, and records what became of it.
func (m *Mailing) mail(ctx context.Context, c Confirmation, typed subject.Address, now time.Time) error {
	c.Tries++
	c.TriedAt, c.NextAt, c.ExpiresAt = now, now.Add(subject.MailAgain(c.Tries)), m.life(now).After(now)
	id, to, err := m.Subjects.Introduce(ctx, typed, c.ExpiresAt)
	if err != nil {
		return err
	}
	confirm, preferences := subject.NewToken(), subject.NewToken()
	mayHaveLeft := c.Hash != nil // the mail of an earlier try, perhaps today
	c.mint(m.Tokens, id, confirm, preferences)
	if c, err = m.Confirmations.Save(ctx, c); err != nil {
		return lostRace(err)
	}
	err = m.Mailer.ConfirmConsent(ctx, to, c, confirm, preferences, UnsubscribeToken(m.Tokens, id))
	switch {
	case errors.Is(err, subject.ErrUnmailable): // the spelling on record, which may differ from the one that was typed
		c.unmint()
		return m.finish(ctx, c)
	case errors.Is(err, subject.ErrMailRefused):
		c.unmint()
		if _, err := m.Confirmations.Save(ctx, c); err != nil || mayHaveLeft {
			return lostRace(err)
		}
		return m.Limiter.NotMailed(ctx, typed, c.ID, now)
	case errors.Is(err, subject.ErrMailUncertain): // the links stay, and the next try is due
		return nil
	case err != nil:
		return err
	}
	c.MailedAt, c.Tries = now, 0
	return m.finish(ctx, c)
}

// finish stores the confirmation with no mail due.
func (m *Mailing) finish(ctx context.Context, c Confirmation) error {
	c.NextAt = time.Time{}
	_, err := m.Confirmations.Save(ctx, c)
	return lostRace(err)
}

// lostRace treats a lost race as success: the run that was faster does the work.
func lostRace(err error) error {
	if errors.Is(err, ErrChanged) {
		return nil
	}
	return err
}
