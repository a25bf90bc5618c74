package request

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/subject/address"
)

// ExportState is where an attempt at an export stands.
type ExportState string

// The states of an export. One invocation makes one attempt; a killed one is superseded, never resumed. One that failed for certain, before a
// mail left, waits as Pending and is made anew.
const (
	Pending    ExportState = "pending"
	Building   ExportState = "building"
	Sending    ExportState = "sending" // the mail may have left: the object stays, until it is one of too many
	Sent       ExportState = "sent"
	Superseded ExportState = "superseded" // a later attempt took its place
	Stopped    ExportState = "stopped"    // failed too often; the team is told, and Retry begins again
	Cancelled  ExportState = "cancelled"  // the request was withdrawn first
)

// Export is one attempt: its own item, object, identity and link.
type Export struct {
	Request       string
	Attempt       int
	Version       int
	Subject       privacy.SubjectID // empty while it is looked up, and where nobody is known by the address
	State         ExportState
	PolicyVersion string
	Object        string // key in the bucket; random
	TokenHash     []byte
	StatusHash    []byte
	Bytes         int64
	Downloads     []time.Time // one per use, shown to the person
	Failures      int         // in a row before this try, of this attempt and of those whose place it took
	CreatedAt     time.Time
	OpenUntil     time.Time // end of the link's life; zero before it is mailed
	NextAt        time.Time // zero when nothing is due; of an attempt that ended, when its object must be deleted again
	ExpiresAt     time.Time // end of the item's retention, which starts with the request's receipt
}

// ID returns the id of the export as it stands in links, `<request>.<attempt>`.
func (e Export) ID() string { return e.Request + "." + strconv.Itoa(e.Attempt) }

// ParseExport takes the id of an export apart.
func ParseExport(export string) (id string, attempt int, ok bool) {
	id, n, _ := strings.Cut(export, ".")
	attempt, err := strconv.Atoi(n)
	return id, attempt, err == nil
}

// Finished reports whether the attempt has ended: nothing will be made or mailed any more.
func (e Export) Finished() bool {
	return e.State != Pending && e.State != Building && e.State != Sending
}

// nextExport returns the request's next attempt, due at the time given. One that waits for its data subject has none yet and is not due.
func (r *Request) nextExport(id privacy.SubjectID, due, now time.Time) Export {
	r.Exports++
	return Export{Request: r.ID, Attempt: r.Exports, Subject: id, State: Pending, CreatedAt: now, NextAt: due, ExpiresAt: r.Terms.Attempts.After(r.ReceivedAt)}
}

// awaited returns the attempt that waits for its data subject, if one does: the last one.
func (f File) awaited() (Export, bool) {
	if len(f.Exports) == 0 {
		return Export{}, false
	}
	last := f.Exports[len(f.Exports)-1]
	return last, last.State == Pending && last.NextAt.IsZero()
}

// Bundles makes sealed bundles and takes them away again.
type Bundles interface {
	// Seal gathers, seals and stores the bundle under the key. It returns the object's confirmed size and the identity
	// that opens it, which nobody keeps. An error leaves no object behind that anybody can open.
	Seal(ctx context.Context, r Request, e Export) (bytes int64, identity string, err error)
	// Discard deletes the object and aborts its uploads.
	Discard(ctx context.Context, key string) error
}

// ExportMailer mails the link to an export, to the address on record that answering the request found (Request.Email).
type ExportMailer interface {
	ExportReady(ctx context.Context, r Request, e Export, token subject.Token, identity string, status subject.Token) error
}

// Delivery makes and mails exports.
type Delivery struct {
	Register Register
	Bundles  Bundles
	Mailer   ExportMailer
	Stopped  func(ctx context.Context, request string) // is told when an export is given up until the team begins it again
	Tokens   subject.Key
	Policy   *policy.Policy // in force
	Now      func() time.Time
}

// Do makes the attempt that a task names, as Run does.
func (d *Delivery) Do(ctx context.Context, ref string) (mailed bool, err error) {
	id, attempt, ok := ParseExport(ref)
	if !ok {
		return false, nil
	}
	return d.Run(ctx, id, attempt)
}

// Run makes the attempt that is due. It reports true if an export was mailed. Another run that was faster is no error, nor is a mail that was
// not accepted. After a failure the next try is due later.
func (d *Delivery) Run(ctx context.Context, id string, attempt int) (done bool, err error) {
	file, err := d.Register.Load(ctx, id)
	if errors.Is(err, ErrUnknown) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	now := d.now()
	e, ok := file.export(attempt)
	if !ok || e.NextAt.IsZero() || e.NextAt.After(now) {
		return false, nil
	}
	r := file.Request
	switch {
	case e.Finished():
		err = d.discardAgain(ctx, e, now)
	case !r.answered():
		err = d.cancel(ctx, e, now)
	case e.State == Pending:
		done, err = d.deliver(ctx, r, e)
	default: // a run that was killed
		err = d.fail(ctx, e, ending{left: e.State == Sending, killed: true})
	}
	if errors.Is(err, ErrChanged) {
		return false, nil
	}
	return done, err
}

func (d *Delivery) deliver(ctx context.Context, r Request, e Export) (mailed bool, err error) {
	now := d.now()
	e.State, e.Object, e.NextAt = Building, "exports/"+strings.ToLower(rand.Text()), now.Add(exportLease)
	e.PolicyVersion = d.Policy.Version
	if err := d.Register.Save(ctx, r.ID, Change{Exports: []Export{e}, At: now}); err != nil {
		return false, err
	}
	e.Version++
	mailed, left, err := d.send(ctx, r, e)
	if err == nil {
		return mailed, nil
	}
	// The caller's context may be the reason of the failure.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 8*time.Second)
	defer cancel()
	failed := d.fail(after, e, ending{left: left})
	switch {
	case errors.Is(failed, ErrChanged): // the run that comes when the lease is over does it
		return false, err
	case failed != nil && errors.Is(err, ErrChanged): // a lost race must not hide that an object is left
		return false, failed
	case address.NotAccepted(err): // whoever handed the mail over has logged and counted it
		return false, failed
	default:
		return false, errors.Join(err, failed)
	}
}

// send seals, records the intent to mail, mails, and records that it is done (fault F04). With an error it reports whether a mail may have
// left.
func (d *Delivery) send(ctx context.Context, r Request, e Export) (mailed, left bool, err error) {
	bytes, identity, err := d.Bundles.Seal(ctx, r, e)
	if err != nil {
		return false, false, err
	}
	file, err := d.Register.Load(ctx, r.ID)
	if err != nil {
		return false, false, err
	}
	now := d.now()
	if !file.Request.answered() { // withdrawn meanwhile
		return false, false, d.cancel(ctx, e, now)
	}
	token, status := subject.NewToken(), subject.NewToken()
	e.State, e.Bytes, e.OpenUntil = Sending, bytes, d.Policy.SpanOf(policy.ExportObject).After(now)
	e.TokenHash, e.StatusHash = token.Hash(d.Tokens, useExport, e.ID()), status.Hash(d.Tokens, useStatus, r.ID)
	if err := d.Register.Save(ctx, r.ID, Change{Exports: []Export{e}, At: now}); err != nil {
		return false, false, err
	}
	e.Version++
	if err := d.Mailer.ExportReady(ctx, r, e, token, identity, status); err != nil {
		return false, !errors.Is(err, address.ErrRefused) && !errors.Is(err, address.ErrUnmailable), err
	}
	return true, true, d.sent(ctx, r.ID, e.Attempt)
}

// sent closes the request with its first export, and notes every further one in the history. A download that came in between has moved the
// export's version, so both are read again.
func (d *Delivery) sent(ctx context.Context, id string, attempt int) error {
	return d.settle(ctx, id, attempt, func(file File, e Export, now time.Time) Change {
		e.State, e.NextAt = Sent, time.Time{}
		r := file.Request
		switch r.State {
		case Fulfilling:
			r.close(Fulfilled, now)
		case Fulfilled:
		default: // withdrawn while its mail left
			return Change{Exports: []Export{e}, At: now}
		}
		return Change{Request: &r, Exports: []Export{e}, Event: "answered", At: now}
	})
}

// cancel ends an attempt of a request that was withdrawn. Its object goes first: nothing would come back for it.
func (d *Delivery) cancel(ctx context.Context, e Export, now time.Time) error {
	if e.Object != "" {
		if err := d.Bundles.Discard(ctx, e.Object); err != nil {
			return err
		}
	}
	e.State, e.NextAt = Cancelled, time.Time{}
	return d.Register.Save(ctx, e.Request, Change{Exports: []Export{e}, At: now})
}

// settle ends an attempt, reading again as long as something else moves the file. An attempt that ended meanwhile is left alone.
func (d *Delivery) settle(ctx context.Context, id string, attempt int, end func(File, Export, time.Time) Change) error {
	for range 10 {
		file, err := d.Register.Load(ctx, id)
		if err != nil {
			return err
		}
		e, ok := file.export(attempt)
		if !ok || e.Finished() {
			return nil
		}
		if err := d.Register.Save(ctx, id, end(file, e, d.now())); !errors.Is(err, ErrChanged) {
			return err
		}
	}
	return ErrChanged
}

func (f File) export(attempt int) (Export, bool) {
	for _, e := range f.Exports {
		if e.Attempt == attempt {
			return e, true
		}
	}
	return Export{}, false
}

func (d *Delivery) now() time.Time { return d.Now().UTC().Truncate(time.Second) }

// Redeem counts one use of an export's link and returns the export. A wrong, expired or used-up link, and one of a request that was
// withdrawn, is the same fault.NotFound (threat T11).
func Redeem(ctx context.Context, register Register, key subject.Key, exportID string, token subject.Token, now time.Time) (Export, error) {
	id, attempt, ok := ParseExport(exportID)
	if parsed, err := uuid.Parse(id); !ok || err != nil || parsed.String() != id {
		return Export{}, errSecret
	}
	hash := token.Hash(key, useExport, exportID)
	for range 20 {
		file, err := register.Load(ctx, id)
		if errors.Is(err, ErrUnknown) {
			return Export{}, errSecret
		}
		if err != nil {
			return Export{}, err
		}
		e, ok := file.export(attempt)
		if !ok || !file.Request.answered() || !subject.Same(e.TokenHash, hash) || !e.OpenUntil.After(now) || len(e.Downloads) >= ExportUses {
			return Export{}, errSecret
		}
		e.Downloads = append(e.Downloads, now.UTC().Truncate(time.Second))
		if err := register.Save(ctx, id, Change{Exports: []Export{e}, At: now}); !errors.Is(err, ErrChanged) {
			return e, err
		}
	}
	return Export{}, fault.New(fault.Conflict, "Others are using this link right now. Try again.")
}
