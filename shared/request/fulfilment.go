package request

import (
	"context"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/subject/address"
)

// Addresses finds the data subject behind an address.
type Addresses interface {
	// Find returns the data subject and the address as it is spelt on record; ok is false when nobody is known by it.
	Find(ctx context.Context, a subject.Address) (id privacy.SubjectID, spelling string, ok bool, err error)
}

// Limiter bounds what a stranger can make this service mail (threat T09).
type Limiter interface {
	// MayChallenge counts a challenge for the address on the UTC day of now. A request that was counted is not counted again.
	MayChallenge(ctx context.Context, a subject.Address, request string, now time.Time) (bool, error)
}

// Mailer sends the mails of a request. Each link is the last place where its secret exists in clear.
type Mailer interface {
	Challenge(ctx context.Context, to string, r Request, verify, status subject.Token) error
	NothingHeld(ctx context.Context, to string, r Request, status subject.Token) error
}

// Fulfilment runs the steps of requests. Each step first claims itself by a conditional write that also records what it is about
// to mail, so that two runs never mail twice, and a run that is killed is repeated after its lease with fresh secrets
// (faults F02 to F04).
type Fulfilment struct {
	Register  Register
	Addresses Addresses
	Mailboxes Mailboxes
	Limiter   Limiter
	Mailer    Mailer
	Tokens    subject.Key
	Policy    *policy.Policy // in force
	Now       func() time.Time
}

// Run does the step of a request that is due, if one is. Another run that was faster is no error.
func (f *Fulfilment) Run(ctx context.Context, id string) error {
	file, err := f.Register.Load(ctx, id)
	if errors.Is(err, ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	now, r := f.now(), file.Request
	if r.NextAt.IsZero() || r.NextAt.After(now) {
		return nil
	}
	switch r.Step {
	case Challenge:
		err = f.challenge(ctx, r, now)
	case Lapse:
		r.close(Lapsed, now)
		err = f.Register.Save(ctx, id, Change{Request: &r, Event: "lapsed", At: now})
	case Answer:
		err = f.answer(ctx, file, now)
	}
	if errors.Is(err, ErrChanged) {
		return nil
	}
	return err
}

// challenge mails a fresh challenge to the address on record, or to the address as typed where none is (threats T01, T14).
func (f *Fulfilment) challenge(ctx context.Context, r Request, now time.Time) error {
	address, err := address.Parse(r.Email)
	if err != nil {
		return err
	}
	if r.Challenges > 0 && !now.Before(f.linkEnds(r.ReceivedAt)) { // no try arrived while the first link would have lived
		r.close(Lapsed, now)
		return f.Register.Save(ctx, r.ID, Change{Request: &r, Event: "lapsed", At: now})
	}
	_, to, known, err := f.Addresses.Find(ctx, address)
	if err != nil {
		return err
	}
	if !known {
		to = address.Spelling
	}
	list := r.Mailbox == "" // by this step's own write, so that the request and its entry are there together
	r.Mailbox = f.Mailboxes.Mailbox(address)
	allowed, err := f.Limiter.MayChallenge(ctx, address, r.ID, now)
	if err != nil {
		return err
	}
	if !allowed {
		r.Step, r.NextAt = f.afterLimit(r, now)
		return f.Register.Save(ctx, r.ID, Change{Request: &r, List: list, At: now})
	}
	verify, status := subject.NewToken(), subject.NewToken()
	r.Challenges++
	r.StatusHashes = append(r.StatusHashes, status.Hash(f.Tokens, useStatus, r.ID))
	r.NextAt = now.Add(again(r))
	c := Challenged{N: r.Challenges, Hash: verify.Hash(f.Tokens, useVerify, r.ID), ExpiresAt: f.linkEnds(now)}
	if err := f.Register.Save(ctx, r.ID, Change{Request: &r, Challenge: &c, List: list, At: now}); err != nil {
		return err
	}
	if err := f.Mailer.Challenge(ctx, to, r, verify, status); err != nil {
		return err
	}
	r.Step, r.NextAt = Lapse, c.ExpiresAt
	return f.Register.Save(ctx, r.ID, Change{Request: &r, Event: "challenged", At: now})
}

// afterLimit returns what becomes of a request for whose address no challenge may be mailed today: it has one more chance on the day after
// it was filed. Three filings of a stranger are then not enough to silence it, and do not lead to a week of mails either.
func (f *Fulfilment) afterLimit(r Request, now time.Time) (Step, time.Time) {
	const day = 24 * time.Hour
	if tomorrow := r.ReceivedAt.Truncate(day).Add(day); now.Before(tomorrow) {
		return Challenge, tomorrow
	}
	return Lapse, f.linkEnds(r.ReceivedAt)
}

// linkEnds returns the end of a challenge, and of its link, that starts at t.
func (f *Fulfilment) linkEnds(t time.Time) time.Time {
	return f.Policy.SpanOf(policy.Challenge).After(t)
}

// answer opens the export of a data subject who is known, or of an address under which more than this request is stored. It tells anybody
// else that no records are stored.
func (f *Fulfilment) answer(ctx context.Context, file File, now time.Time) error {
	r := file.Request
	address, err := address.Parse(r.Email)
	if err != nil {
		return err
	}
	id, spelling, known, err := f.Addresses.Find(ctx, address)
	if err != nil {
		return err
	}
	if !known {
		listed, err := f.Mailboxes.Listed(ctx, r.Mailbox)
		if err != nil {
			return err
		}
		if !listed.besides(r.ID) {
			return f.nothingHeld(ctx, file, address.Spelling, now)
		}
		id, spelling = "", address.Spelling // an address that the person has just proven
	}
	r.Email = spelling // the answer goes to the address on record only (threats T01, T16)
	r.Step, r.NextAt = "", time.Time{}
	if e, waits := file.awaited(); waits { // asked for again, which the history says already
		e.Subject, e.NextAt = id, now
		return f.Register.Save(ctx, r.ID, Change{Request: &r, Exports: []Export{e}, At: now})
	}
	r.State = Fulfilling
	e := r.nextExport(id, now, now)
	return f.Register.Save(ctx, r.ID, Change{Request: &r, Exports: []Export{e}, Event: "exporting", At: now})
}

// nothingHeld mails that no records are stored and ends the request. One that was answered before keeps the day of its answer, with which its
// retention began.
func (f *Fulfilment) nothingHeld(ctx context.Context, file File, to string, now time.Time) error {
	r := file.Request
	status := subject.NewToken()
	r.StatusHashes = append(r.StatusHashes, status.Hash(f.Tokens, useStatus, r.ID))
	r.NextAt = now.Add(again(r))
	if err := f.Register.Save(ctx, r.ID, Change{Request: &r, At: now}); err != nil {
		return err
	}
	if err := f.Mailer.NothingHeld(ctx, to, r, status); err != nil {
		return err
	}
	change := Change{Request: &r, Event: "nothing_held", At: now}
	if e, waits := file.awaited(); waits {
		e.State = Cancelled
		change.Exports = []Export{e}
	}
	if r.State.Final() {
		r.Step, r.NextAt = "", time.Time{}
	} else {
		r.close(Fulfilled, now)
	}
	return f.Register.Save(ctx, r.ID, change)
}

// again returns after how long a mail that was begun is tried again. Each try leaves the hash of its status link, and each waits twice
// as long as the one before: there are addresses to which no mail can ever be sent.
func again(r Request) time.Duration { return min(lease<<min(len(r.StatusHashes)-1, 8), maxLease) }

func (f *Fulfilment) now() time.Time { return f.Now().UTC().Truncate(time.Second) }
