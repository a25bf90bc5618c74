package request

import (
	"context"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Addresses finds the data subject behind an address.
type Addresses interface {
	// Find returns the data subject and the address as it is spelt on record; ok is false when nobody is known by it.
	Find(ctx context.Context, a subject.Address) (id privacy.SubjectID, spelling string, ok bool, err error)
}

// Limiter bounds what a stranger can make this service mail (threat T09).
type Limiter interface {
	// MayChallenge counts a challenge for the address on the UTC day of now, and reports whether it may be mailed. A request that was counted
	// on the day is not counted again, so that a run that was killed can be repeated. again says that its mail was tried before and not
	// accepted. later reports, of one that may not, that another day will come for it: the day's mails are taken by mails that are tried
	// again, or it is one of them.
	MayChallenge(ctx context.Context, a subject.Address, request string, again bool, now time.Time) (may, later bool, err error)
	// NotMailed takes back what MayChallenge counted with the same now: the mail was refused and did not leave.
	NotMailed(ctx context.Context, a subject.Address, request string, now time.Time) error
}

// Mailer sends the mails of a request. Each link is the last place where its secret exists in clear. A mail that was not accepted is one of
// the errors of package subject that say what became of it.
type Mailer interface {
	Challenge(ctx context.Context, to string, r Request, verify, status subject.Token) error
	NothingHeld(ctx context.Context, to string, r Request, status subject.Token) error
}

// Fulfilment runs the steps of requests. Each step first claims itself by a conditional write that also records what it is about
// to mail, so that two runs never mail twice, and a run that is killed is repeated after its lease with fresh secrets
// (faults F02 to F04). A mail that is not accepted is tried again until it is: no request ends because of it (fault F23).
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

// Run does the step of a request that is due, if one is. Another run that was faster is no error, nor is a mail that was not accepted: its
// next try is due by then.
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
		err = f.challenge(ctx, file, now)
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
	list := r.Mailbox == "" // by this step's own write, so that the request and its entry are there together
	r.Mailbox = f.Mailboxes.Mailbox(typed)
	may, later, err := f.Limiter.MayChallenge(ctx, typed, r.ID, r.Tries > 0, now)
	if err != nil {
		return err
	}
	if !may {
		r.Step, r.NextAt = f.afterLimit(r, later, now)
		return f.Register.Save(ctx, r.ID, Change{Request: &r, List: list, At: now})
	}
	file.Request = r
	return f.mailChallenge(ctx, file, typed, to, list, now)
}

// mailChallenge records the links of a challenge, hands its mail over, and records what became of it. list says that the request is to be listed
// under its mailbox.
func (f *Fulfilment) mailChallenge(ctx context.Context, file File, typed subject.Address, to string, list bool, now time.Time) error {
	r := file.Request
	verify, status := subject.NewToken(), subject.NewToken()
	r.begin(status.Hash(f.Tokens, useStatus, r.ID), now)
	c := file.mint(&r)
	c.Hash, c.ExpiresAt = verify.Hash(f.Tokens, useVerify, r.ID), f.linkEnds(now)
	if err := f.Register.Save(ctx, r.ID, Change{Request: &r, Challenge: &c, List: list, At: now}); err != nil {
		return err
	}
	err := f.Mailer.Challenge(ctx, to, r, verify, status)
	switch {
	case errors.Is(err, subject.ErrMailRefused), errors.Is(err, subject.ErrUnmailable):
		if errors.Is(err, subject.ErrUnmailable) { // filed before such an address was refused
			r.Step, r.NextAt = Lapse, f.linkEnds(r.ReceivedAt)
		}
		r.refused()
		r.Challenges--
		c.Version++
		c.Hash = nil
		err := f.Register.Save(ctx, r.ID, Change{Request: &r, Challenge: &c, At: now})
		if err != nil || len(r.StatusHashes) > 0 { // the mail of an earlier try may have left, perhaps today
			return err
		}
		return f.Limiter.NotMailed(ctx, typed, r.ID, now)
	case errors.Is(err, subject.ErrMailUncertain): // both links stay, and the next try is due
		return nil
	case err != nil:
		return err
	}
	r.Step, r.NextAt, r.Tries = Lapse, c.ExpiresAt, 0
	return f.Register.Save(ctx, r.ID, Change{Request: &r, Event: "challenged", At: now})
}

// mint counts another challenge and returns its item, which takes the place of one whose mail was refused, or of the oldest of too many.
func (f File) mint(r *Request) Challenged {
	c := Challenged{N: r.Challenges%mostLinks + 1}
	r.Challenges++
	for _, earlier := range f.Challenges {
		if earlier.N == c.N {
			c.Version = earlier.Version
		}
	}
	return c
}

// afterLimit returns what becomes of a request for whose address no challenge may be mailed today: it has one more chance on the day after
// it was filed. Three filings of a stranger are then not enough to silence it, and do not lead to a week of mails either. One that waits for
// mails which SES did not accept, its own or others, has another chance on each day: SES must not be a reason to lapse (fault F23).
func (f *Fulfilment) afterLimit(r Request, later bool, now time.Time) (Step, time.Time) {
	const day = 24 * time.Hour
	if later {
		return Challenge, now.Truncate(day).Add(day)
	}
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
	proven, err := subject.ParseAddress(r.Email)
	if err != nil {
		return err
	}
	id, spelling, known, err := f.Addresses.Find(ctx, proven)
	if err != nil {
		return err
	}
	if !known {
		listed, err := f.Mailboxes.Listed(ctx, r.Mailbox)
		if err != nil {
			return err
		}
		if !listed.besides(r.ID) {
			return f.nothingHeld(ctx, file, proven.Spelling, now)
		}
		id, spelling = "", proven.Spelling // an address that the person has just proven
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
	r.begin(status.Hash(f.Tokens, useStatus, r.ID), now)
	if err := f.Register.Save(ctx, r.ID, Change{Request: &r, At: now}); err != nil {
		return err
	}
	err := f.Mailer.NothingHeld(ctx, to, r, status)
	switch {
	case errors.Is(err, subject.ErrMailRefused), errors.Is(err, subject.ErrUnmailable):
		r.refused()
		return f.Register.Save(ctx, r.ID, Change{Request: &r, At: now})
	case errors.Is(err, subject.ErrMailUncertain):
		return nil
	case err != nil:
		return err
	}
	change := Change{Request: &r, Event: "nothing_held", At: now}
	if e, waits := file.awaited(); waits {
		e.State = Cancelled
		change.Exports = []Export{e}
	}
	if r.State.Final() {
		r.Step, r.NextAt, r.Tries = "", time.Time{}, 0
	} else {
		r.close(Fulfilled, now)
	}
	return f.Register.Save(ctx, r.ID, change)
}

func (f *Fulfilment) now() time.Time { return f.Now().UTC().Truncate(time.Second) }
