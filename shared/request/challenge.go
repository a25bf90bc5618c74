package request

import (
	"context"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Mailer mails challenges. After Challenge returns, only the mail contains the two tokens in clear. If the mail was not accepted, the error
// is [subject.ErrMailRefused], [subject.ErrMailUncertain] or [subject.ErrUnmailable].
type Mailer interface {
	Challenge(ctx context.Context, to string, r Request, verify, status subject.Token) error
}

// Mailboxes makes the key under which the requests from an address are listed. No key contains the address itself.
type Mailboxes interface {
	// Mailbox returns the HMAC of the address.
	Mailbox(a subject.Address) string
}

// challenge mails a new challenge to the address on record, or to the address as typed if it is not on record (threats T01, T14). Its first
// write also lists the request under its mailbox, so that both are stored together.
func (f *Fulfilment) challenge(ctx context.Context, file File, now time.Time) error {
	r := file.Request
	typed, err := subject.ParseAddress(r.Email)
	if err != nil {
		return err
	}
	_, to, known, err := f.Addresses.Find(ctx, typed)
	if err != nil {
		return err
	}
	if !known {
		to = typed.Spelling
	}
	var listing []Item
	if r.Mailbox == "" {
		r.Mailbox = f.Mailboxes.Mailbox(typed)
		listing = []Item{r.Listing()}
	}
	may, later, err := f.Limiter.MayChallenge(ctx, typed, r.ID, r.Try > 0, now)
	if err != nil {
		return err
	}
	if !may {
		r.Step, r.NextAt = f.afterLimit(file, later, now)
		_, err := f.Register.Save(ctx, file, append(listing, r)...)
		return err
	}
	verify, status := subject.NewToken(), subject.NewToken()
	r.BeginMail(StatusHash(f.Tokens, status, r.ID), now)
	c := file.mint(&r)
	c.Hash, c.ExpiresAt = verify.Hash(f.Tokens, useVerify, r.ID), f.linkEnds(now)
	if file, err = f.Register.Save(ctx, file, append(listing, r, c)...); err != nil {
		return err
	}
	return f.challenged(ctx, file, c.N, typed, now, f.Mailer.Challenge(ctx, to, r, verify, status))
}

// challenged records what became of the mail of the challenge with the number n.
func (f *Fulfilment) challenged(ctx context.Context, file File, n int, typed subject.Address, now time.Time, mailErr error) error {
	r := file.Request
	switch {
	case errors.Is(mailErr, subject.ErrMailRefused), errors.Is(mailErr, subject.ErrUnmailable):
		if errors.Is(mailErr, subject.ErrUnmailable) { // the request was filed before such addresses were refused
			r.Step, r.NextAt = StepLapse, f.linkEnds(r.ReceivedAt)
		}
		r.MailRefused()
		r.Challenges--
		c := file.numbered(n)
		c.Hash = nil
		_, err := f.Register.Save(ctx, file, r, c)
		if err != nil || len(r.StatusHashes) > 0 { // the mail of an earlier try may have left, perhaps today
			return err
		}
		return f.Limiter.NotMailed(ctx, typed, r.ID, now)
	case errors.Is(mailErr, subject.ErrMailUncertain): // both links stay, and the next try is due
		return nil
	case mailErr != nil:
		return mailErr
	}
	r.Next(StepLapse, f.linkEnds(now))
	event := r.Record(EventChallenged, now)
	_, err := f.Register.Save(ctx, file, r, event)
	return err
}

// mint counts another challenge and returns its item. The item replaces a challenge whose mail was refused, or the oldest challenge if there
// are too many.
func (f File) mint(r *Request) Challenge {
	n := r.Challenges%mostLinks + 1
	r.Challenges++
	return Challenge{N: n, Version: f.numbered(n).Version}
}

// numbered returns the challenge with a number, or the zero Challenge.
func (f File) numbered(n int) Challenge {
	for _, c := range f.Challenges {
		if c.N == n {
			return c
		}
	}
	return Challenge{}
}

// linkEnds returns when a challenge that is mailed at t expires, and its link with it.
func (f *Fulfilment) linkEnds(t time.Time) time.Time {
	return f.Policy(t).SpanOf(policy.Challenge).After(t)
}
