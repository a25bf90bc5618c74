package export

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// lease is how long an attempt belongs to the run that began it. It is longer than the export function can run.
const lease = 16 * time.Minute

// Bundles makes sealed bundles and takes them away again.
type Bundles interface {
	// Seal gathers, seals and stores the bundle under the key. It returns the object's confirmed size and the identity
	// that opens it, which nobody keeps. An error leaves no object behind that anybody can open.
	Seal(ctx context.Context, r request.Request, a Attempt) (bytes int64, identity string, err error)
	// Discard deletes the object and aborts its uploads.
	Discard(ctx context.Context, key string) error
}

// Mailer mails the link to an export, to the address on record that answering the request found (Request.Email).
type Mailer interface {
	ExportReady(ctx context.Context, r request.Request, a Attempt, token subject.Token, identity string, status subject.Token) error
}

// Delivery makes and mails exports.
type Delivery struct {
	Register request.Register
	Bundles  Bundles
	Mailer   Mailer
	Stopped  func(ctx context.Context, requestID string) // is told when an export is given up until the team begins it again
	Tokens   subject.Key
	Policy   *policy.Policy // in force
	Now      func() time.Time
}

// Do makes the attempt that a task names, as Run does.
func (d *Delivery) Do(ctx context.Context, ref string) (mailed bool, err error) {
	id, number, ok := ParseID(ref)
	if !ok {
		return false, nil
	}
	return d.Run(ctx, id, number)
}

// Run makes the attempt that is due. It reports true if an export was mailed. Another run that was faster is no error, nor is a mail that was
// not accepted. After a failure the next try is due later.
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
		err = d.cancel(ctx, file, a)
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

func (d *Delivery) deliver(ctx context.Context, file request.File, a Attempt) (mailed bool, err error) {
	a.State, a.Object, a.NextAt = Building, "exports/"+strings.ToLower(rand.Text()), d.now().Add(lease)
	a.PolicyVersion = d.Policy.Version
	if file, err = d.Register.Save(ctx, file, a); err != nil {
		return false, err
	}
	a, _ = Of(file).numbered(a.Number)
	mailed, left, err := d.send(ctx, file.Request, a)
	if err == nil {
		return mailed, nil
	}
	// The caller's context may be the reason of the failure.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 8*time.Second)
	defer cancel()
	failed := d.fail(after, a, ending{left: left})
	switch {
	case errors.Is(failed, request.ErrChanged): // the run that comes when the lease is over does it
		return false, err
	case failed != nil && errors.Is(err, request.ErrChanged): // a lost race must not hide that an object is left
		return false, failed
	case subject.MailNotAccepted(err): // whoever handed the mail over has logged and counted it
		return false, failed
	default:
		return false, errors.Join(err, failed)
	}
}

// send seals, records the intent to mail, mails, and records that it is done (fault F04). With an error it reports whether a mail may have
// left.
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
		return false, false, d.cancel(ctx, file, a)
	}
	token, status := subject.NewToken(), subject.NewToken()
	a.State, a.Bytes, a.OpenUntil = Sending, bytes, d.Policy.SpanOf(policy.ExportObject).After(now)
	a.TokenHash, a.StatusHash = token.Hash(d.Tokens, useExport, a.ID()), request.StatusHash(d.Tokens, status, r.ID)
	if _, err := d.Register.Save(ctx, file, a); err != nil {
		return false, false, err
	}
	if err := d.Mailer.ExportReady(ctx, r, a, token, identity, status); err != nil {
		return false, !errors.Is(err, subject.ErrMailRefused) && !errors.Is(err, subject.ErrUnmailable), err
	}
	return true, true, d.sent(ctx, r.ID, a.Number)
}

// sent closes the request with its first export, and notes every further one in the history. A download that came in between has moved the
// attempt's version, so both are read again.
func (d *Delivery) sent(ctx context.Context, id string, number int) error {
	return d.settle(ctx, id, number, func(file request.File, a Attempt, now time.Time) []request.Item {
		a.State, a.NextAt = Sent, time.Time{}
		r := file.Request
		switch r.State {
		case request.Fulfilling:
			r.Close(request.Fulfilled, now)
		case request.Fulfilled:
		default: // withdrawn while its mail left
			return []request.Item{a}
		}
		event := r.Record(request.EventAnswered, now)
		return []request.Item{r, a, event}
	})
}

// cancel ends an attempt of a request that was withdrawn. Its object goes first: nothing would come back for it.
func (d *Delivery) cancel(ctx context.Context, file request.File, a Attempt) error {
	if a.Object != "" {
		if err := d.Bundles.Discard(ctx, a.Object); err != nil {
			return err
		}
	}
	a.State, a.NextAt = Cancelled, time.Time{}
	_, err := d.Register.Save(ctx, file, a)
	return err
}

// settle ends an attempt, reading again as long as something else moves the file. An attempt that ended meanwhile is left alone.
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
