package export

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// lease is how long an attempt belongs to the run that began it. It is longer than the export function can run.
const lease = 16 * time.Minute

// Bundles makes sealed bundles and deletes them again.
type Bundles interface {
	// Seal gathers, seals and stores the bundle under the key. It returns the object's confirmed size and the identity that opens it, which
	// is stored nowhere. If it returns an error, it leaves no object behind that anybody can open.
	Seal(ctx context.Context, r request.Request, a Attempt) (bytes int64, identity string, err error)
	// Discard deletes the object and aborts its uploads.
	Discard(ctx context.Context, key string) error
}

// Mailer mails the link to an export. It goes to Request.Email, which [Opening.Answer] has set to the address on record.
type Mailer interface {
	ExportReady(ctx context.Context, r request.Request, a Attempt, token subject.Token, identity string, status subject.Token) error
}

// Delivery makes and mails exports.
type Delivery struct {
	Register request.Register
	Bundles  Bundles
	Mailer   Mailer
	Subjects identity.States
	Stopped  func(ctx context.Context, requestID string) // called when an export has failed too often and waits for the team
	Tokens   subject.Key
	Policy   func(now time.Time) *policy.Policy // policy.InForce
	Now      func() time.Time
}

// Do makes the attempt that a task names; ref is the id of the export. See [Delivery.Run].
func (d *Delivery) Do(ctx context.Context, ref string) (mailed bool, err error) {
	id, number, ok := ParseID(ref)
	if !ok {
		return false, nil
	}
	return d.Run(ctx, id, number)
}

// Run makes the attempt that is due. mailed says that an export was mailed. Run returns no error if another run was faster, or if a mail was
// not accepted. After a failure it schedules the next try.
func (d *Delivery) Run(ctx context.Context, id string, number int) (mailed bool, err error) {
	file, err := d.Register.Load(ctx, id)
	if errors.Is(err, request.ErrUnknown) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	now := d.now()
	a, ok := Of(file).numbered(number)
	if !ok || !a.Reached(now) {
		return false, nil
	}
	switch {
	case a.Finished():
		err = d.discardAgain(ctx, file, a, now)
	case !file.Request.Answerable():
		err = d.end(ctx, file, a, Cancelled)
	case a.State == Pending:
		mailed, err = d.deliver(ctx, file, a)
	default: // a run that was killed
		err = d.fail(ctx, a, ending{left: a.State == Sending, killed: true})
	}
	if errors.Is(err, request.ErrChanged) {
		return false, nil
	}
	return mailed, err
}

// deliver makes an attempt that is pending and mails its link.
func (d *Delivery) deliver(ctx context.Context, file request.File, a Attempt) (mailed bool, err error) {
	if erased, err := d.erased(ctx, file.Request, a); err != nil {
		return false, err
	} else if erased {
		return false, d.end(ctx, file, a, Revoked)
	}
	a.State, a.Object, a.NextAt = Building, "exports/"+strings.ToLower(rand.Text()), d.now().Add(lease)
	a.PolicyVersion = d.Policy(d.now()).Version
	if file, err = d.Register.Save(ctx, file, a); err != nil {
		return false, err
	}
	a, _ = Of(file).numbered(a.Number)
	mailed, left, err := d.send(ctx, file.Request, a)
	if err == nil {
		return mailed, nil
	}
	// The attempt may have failed because ctx is done.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 8*time.Second)
	defer cancel()
	failed := d.fail(after, a, ending{left: left})
	switch {
	case errors.Is(failed, request.ErrChanged): // the run after the lease handles the failure
		return false, err
	case failed != nil && errors.Is(err, request.ErrChanged): // a lost race must not hide that an object is left
		return false, failed
	case subject.MailNotAccepted(err): // the Mailer has logged and counted it
		return false, failed
	default:
		return false, errors.Join(err, failed)
	}
}

// send seals, records the intent to mail, mails, and records that it is done (fault F04). If it returns an error, left says whether a mail
// may have left.
func (d *Delivery) send(ctx context.Context, r request.Request, a Attempt) (mailed, left bool, err error) {
	bytes, identity, err := d.Bundles.Seal(ctx, r, a)
	if err != nil {
		return false, false, err
	}
	file, err := d.Register.Load(ctx, r.ID)
	if err != nil {
		return false, false, err
	}
	now := d.now()
	if !file.Request.Answerable() { // withdrawn meanwhile
		return false, false, d.end(ctx, file, a, Cancelled)
	}
	if erased, err := d.erased(ctx, r, a); err != nil {
		return false, false, err
	} else if erased {
		return false, false, d.end(ctx, file, a, Revoked)
	}
	token := subject.NewToken()
	a.State, a.Bytes, a.OpenUntil = Sending, bytes, d.Policy(now).SpanOf(policy.ExportObject).After(now)
	a.TokenHash = token.Hash(d.Tokens, useExport, a.ID())
	if _, err := d.Register.Save(ctx, file, a); err != nil {
		return false, false, err
	}
	if err := d.Mailer.ExportReady(ctx, r, a, token, identity, r.StatusToken(d.Tokens)); err != nil {
		return false, !errors.Is(err, subject.ErrMailRefused) && !errors.Is(err, subject.ErrUnmailable), err
	}
	return true, true, d.sent(ctx, r.ID, a.Number)
}

// sent closes the request with its first export, and notes every further one in the history. A download in between may have changed the
// attempt, so the file is read again.
func (d *Delivery) sent(ctx context.Context, id string, number int) error {
	return d.settle(ctx, id, number, func(file request.File, a Attempt, now time.Time) []request.Item {
		a.State, a.NextAt = Sent, time.Time{}
		r := file.Request
		switch r.State {
		case request.Fulfilling:
			r.Close(request.Fulfilled, now)
		case request.Fulfilled:
		default: // withdrawn while the mail was on its way
			return []request.Item{a}
		}
		event := r.Record(request.EventAnswered, now)
		return []request.Item{r, a, event}
	})
}

// erased reports whether an erasure of the data subject has begun since the request was confirmed. An export of before is neither made nor mailed then:
// it would have what is erased meanwhile. The erasure ends its request.
func (d *Delivery) erased(ctx context.Context, r request.Request, a Attempt) (bool, error) {
	if a.Subject == "" {
		return false, nil
	}
	_, is, _, err := identity.Root(ctx, d.Subjects, a.Subject)
	return err == nil && is.Erased() && !r.VerifiedAt.After(is.Erasure.At), err
}

// end ends an attempt of a request that was withdrawn, or whose data is erased. It deletes the object first, because no later run would do so.
func (d *Delivery) end(ctx context.Context, file request.File, a Attempt, state State) error {
	if a.Object != "" {
		if err := d.Bundles.Discard(ctx, a.Object); err != nil {
			return err
		}
	}
	a.State, a.Object, a.NextAt = state, "", time.Time{}
	_, err := d.Register.Save(ctx, file, a)
	return err
}

// settle ends an attempt. It reads again while another writer changes the file. If the attempt has ended meanwhile, settle changes nothing.
func (d *Delivery) settle(ctx context.Context, id string, number int, end func(request.File, Attempt, time.Time) []request.Item) error {
	for range 10 {
		file, err := d.Register.Load(ctx, id)
		if err != nil {
			return err
		}
		a, ok := Of(file).numbered(number)
		if !ok || a.Finished() {
			return nil
		}
		if _, err := d.Register.Save(ctx, file, end(file, a, d.now())...); !errors.Is(err, request.ErrChanged) {
			return err
		}
	}
	return request.ErrChanged
}

func (d *Delivery) now() time.Time { return d.Now().UTC().Truncate(time.Second) }
