// Package confirming mails the links with which data subjects known by address confirm a consent. It is apart from package consent
// because the consent function does not mail, and links nothing that only mailing needs.
package confirming

import (
	"context"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/subject/address"
)

// longestPause is the longest time between two looks at whether a client is within its limit.
const longestPause = 6 * time.Hour

// Introducer knows data subjects by address.
type Introducer interface {
	// Introduce returns the data subject behind an address and the address as it is spelt on record. Who is unknown is put on record
	// at least until the time given.
	Introduce(ctx context.Context, a subject.Address, until time.Time) (id privacy.SubjectID, spelling string, err error)
}

// Mailboxes lists what is stored under an address, so that an answer to access can show it.
type Mailboxes interface {
	ListConsent(ctx context.Context, a subject.Address, id string, until time.Time) error
}

// Limiter bounds what a stranger can make this service mail (threat T09).
type Limiter interface {
	// MayChallenge counts a mail to the address on the UTC day of now, and reports whether it may leave. again says that it was tried before
	// and not accepted. later reports, of one that may not, that another day will come for it: the day's mails are taken by mails that are
	// tried again, or it is one of them.
	MayChallenge(ctx context.Context, a subject.Address, id string, again bool, now time.Time) (may, later bool, err error)
	// NotMailed takes back what MayChallenge counted with the same now: the mail was refused and did not leave.
	NotMailed(ctx context.Context, a subject.Address, id string, now time.Time) error
}

// Clients bounds what one client can make this service mail: limit.Clients.
type Clients interface {
	// Allow counts a call of the client, known only by an HMAC, in the minute of now, and reports whether the client may make it.
	Allow(ctx context.Context, client, what string, now time.Time) (bool, error)
}

// Mailer sends confirmation mails. A mail that was not accepted is one of the errors of package address that say what became of it.
type Mailer interface {
	ConfirmConsent(ctx context.Context, to string, c consent.Confirmation, confirm, preferences subject.Token, unsubscribe string) error
}

// Desk mails the links of confirmations.
type Desk struct {
	Confirmations consent.Confirmations
	Subjects      Introducer
	Mailboxes     Mailboxes
	Limiter       Limiter
	Clients       Clients
	Mailer        Mailer
	Tokens        subject.Key
	Periods       policy.ConsentPeriods
	Now           func() time.Time
}

// Run mails a confirmation that is due. It claims the item first, so that two runs never mail twice, and a run that is killed is
// repeated after its lease with fresh links (faults F02 to F04). A mail that is not accepted is no error: it is tried again until it is
// (fault F23).
func (f *Desk) Run(ctx context.Context, id string) error {
	now := f.Now().UTC().Truncate(time.Second)
	c, found, err := f.Confirmations.Load(ctx, id)
	if err != nil || !found || c.NextAt.IsZero() || c.NextAt.After(now) {
		return err
	}
	typed, err := address.Parse(c.Email)
	if err == nil {
		_, err = address.Mailbox(c.Email)
	}
	if err != nil || c.Tries == 0 && !now.Before(f.Periods.Confirmation.After(c.CreatedAt)) {
		return f.finish(ctx, c) // no mail can ever reach it, or its client was over the limit while its link would have lived
	}
	// Each run begins with the entry, so that none is missing however the run ends, and none ends before its consent.
	if err := f.Mailboxes.ListConsent(ctx, typed, c.ID, f.Periods.Confirmation.After(now)); err != nil {
		return err
	}
	next, err := f.allowed(ctx, c, typed, now)
	if err != nil {
		return err
	}
	if !next.Equal(now) {
		c.NextAt = next
		return theirs(f.Confirmations.Save(ctx, c))
	}
	return f.mail(ctx, c, typed, now)
}

// mail claims the item, hands its mail over, and records what became of it.
func (f *Desk) mail(ctx context.Context, c consent.Confirmation, typed subject.Address, now time.Time) error {
	c.Tries++
	c.TriedAt, c.NextAt, c.ExpiresAt = now, now.Add(address.Again(c.Tries)), f.Periods.Confirmation.After(now)
	sid, to, err := f.Subjects.Introduce(ctx, typed, c.ExpiresAt)
	if err != nil {
		return err
	}
	confirm, preferences := subject.NewToken(), subject.NewToken()
	open := c.Hash != nil // the mail of an earlier try may have left, perhaps today
	c.Mint(f.Tokens, sid, confirm, preferences)
	if err := f.Confirmations.Save(ctx, c); err != nil {
		return theirs(err)
	}
	c.Version++
	err = f.Mailer.ConfirmConsent(ctx, to, c, confirm, preferences, consent.UnsubscribeToken(f.Tokens, sid))
	switch {
	case errors.Is(err, address.ErrUnmailable): // by the spelling on record, which may differ from the one that was typed
		c.Unmint()
		return f.finish(ctx, c)
	case errors.Is(err, address.ErrRefused):
		c.Unmint()
		if err := f.Confirmations.Save(ctx, c); err != nil || open {
			return theirs(err)
		}
		return f.Limiter.NotMailed(ctx, typed, c.ID, now)
	case errors.Is(err, address.ErrUncertain): // the links stay, and the next try is due
		return nil
	case err != nil:
		return err
	}
	c.MailedAt, c.Tries = now, 0
	return f.finish(ctx, c)
}

// allowed asks both limits, the client's until the mail is begun, and returns when the mail may leave: now, later, or with the zero time never.
// Over a client's limit it waits for another minute. Over an address's it waits for the next day if it was asked today, or waits for mails that
// SES did not accept (fault F23). It is dropped on any later day: whoever is flooded gets the day's mails, not a queue of them.
func (f *Desk) allowed(ctx context.Context, c consent.Confirmation, a subject.Address, now time.Time) (time.Time, error) {
	if c.Tries == 0 {
		if may, err := f.Clients.Allow(ctx, c.Client, limit.Mails, now); err != nil || !may {
			return now.Truncate(time.Minute).Add(pause(c)), err
		}
	}
	may, later, err := f.Limiter.MayChallenge(ctx, a, c.ID, c.Tries > 0, now)
	if err != nil || may {
		return now, err
	}
	tomorrow := limit.NextDay(now)
	if askedToday := !limit.NextDay(c.CreatedAt).Before(tomorrow); later || askedToday {
		return tomorrow, nil
	}
	return time.Time{}, nil
}

// pause returns how long to wait for a client's next minute: twice as long each time, so that what thousands ask in vain costs little.
func pause(c consent.Confirmation) time.Duration {
	return min(time.Minute<<min(c.Version-1, 8), longestPause)
}

// finish takes the mail off the work that is due.
func (f *Desk) finish(ctx context.Context, c consent.Confirmation) error {
	c.NextAt = time.Time{}
	return theirs(f.Confirmations.Save(ctx, c))
}

// theirs treats a lost race as success: the run that was faster does the work.
func theirs(err error) error {
	if errors.Is(err, consent.ErrChanged) {
		return nil
	}
	return err
}
