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
)

// ExportState is where an attempt at an export stands.
type ExportState string

// The states of an export. One invocation makes one attempt; a killed one is superseded, never resumed.
const (
	Pending    ExportState = "pending"
	Building   ExportState = "building"
	Sending    ExportState = "sending" // the mail may have left: the object stays
	Sent       ExportState = "sent"
	Superseded ExportState = "superseded" // a later attempt took its place
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
	CreatedAt     time.Time
	OpenUntil     time.Time // end of the link's life; zero before it is mailed
	NextAt        time.Time // zero when nothing is due
	ExpiresAt     time.Time // end of the item's retention, which starts with the request's receipt
}

// ID returns the id of the export as it stands in links, `<request>.<attempt>`.
func (e Export) ID() string { return e.Request + "." + strconv.Itoa(e.Attempt) }

// Finished reports whether the attempt has ended and no work is due about it.
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
	Tokens   subject.Key
	Policy   *policy.Policy // in force
	Now      func() time.Time
}

// Run makes the attempt that is due. It reports false if there was nothing to do: another run that was faster is no error. A failure supersedes the attempt with one that is due later.
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
	if !ok || e.Finished() || e.NextAt.IsZero() || e.NextAt.After(now) {
		return false, nil
	}
	r := file.Request
	switch {
	case !r.answered():
		err = d.cancel(ctx, e, now)
	case e.State == Pending:
		err = d.deliver(ctx, r, e)
	default: // a run that was killed
		err = d.supersede(ctx, id, attempt)
	}
	if errors.Is(err, ErrChanged) {
		return false, nil
	}
	return true, err
}

func (d *Delivery) deliver(ctx context.Context, r Request, e Export) error {
	now := d.now()
	e.State, e.Object, e.NextAt = Building, "exports/"+strings.ToLower(rand.Text()), now.Add(exportLease)
	e.PolicyVersion = d.Policy.Version
	if err := d.Register.Save(ctx, r.ID, Change{Exports: []Export{e}, At: now}); err != nil {
		return err
	}
	e.Version++
	if err := d.send(ctx, r, e); err != nil {
		// The caller's context may be the reason of the failure.
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 8*time.Second)
		defer cancel()
		return errors.Join(err, d.supersede(after, r.ID, e.Attempt))
	}
	return nil
}

// send seals, records the intent to mail, mails, and records that it is done (fault F04).
func (d *Delivery) send(ctx context.Context, r Request, e Export) error {
	bytes, identity, err := d.Bundles.Seal(ctx, r, e)
	if err != nil {
		return err
	}
	file, err := d.Register.Load(ctx, r.ID)
	if err != nil {
		return err
	}
	now := d.now()
	if !file.Request.answered() { // withdrawn meanwhile
		return d.cancel(ctx, e, now)
	}
	token, status := subject.NewToken(), subject.NewToken()
	e.State, e.Bytes, e.OpenUntil = Sending, bytes, d.Policy.SpanOf(policy.ExportObject).After(now)
	e.TokenHash, e.StatusHash = token.Hash(d.Tokens, useExport, e.ID()), status.Hash(d.Tokens, useStatus, r.ID)
	if err := d.Register.Save(ctx, r.ID, Change{Exports: []Export{e}, At: now}); errors.Is(err, ErrChanged) {
		// A run whose clock is ahead took this one for killed and ended its attempt. Nobody else comes back for the object (fault F22).
		return errors.Join(err, d.Bundles.Discard(ctx, e.Object))
	} else if err != nil {
		return err
	}
	e.Version++
	if err := d.Mailer.ExportReady(ctx, r, e, token, identity, status); err != nil {
		return err
	}
	return d.sent(ctx, r.ID, e.Attempt)
}

// sent closes the request with its export. A download that came in between has moved the export's version, so both are read again.
func (d *Delivery) sent(ctx context.Context, id string, attempt int) error {
	return d.settle(ctx, id, attempt, func(file File, e Export, now time.Time) (Change, error) {
		e.State, e.NextAt = Sent, time.Time{}
		r := file.Request
		if r.State != Fulfilling {
			return Change{Exports: []Export{e}, At: now}, nil
		}
		r.close(Fulfilled, now)
		return Change{Request: &r, Exports: []Export{e}, Event: "answered", At: now}, nil
	})
}

// supersede ends an attempt that failed or was killed and opens the next. One that may have been mailed keeps its object. The object
// of any other goes first: once the attempt has ended, nothing would come back for it (fault F03).
func (d *Delivery) supersede(ctx context.Context, id string, attempt int) error {
	return d.settle(ctx, id, attempt, func(file File, e Export, now time.Time) (Change, error) {
		if e.State == Building {
			if err := d.Bundles.Discard(ctx, e.Object); err != nil {
				return Change{}, err
			}
		}
		e.State, e.NextAt = Superseded, time.Time{}
		r := file.Request
		next := r.nextExport(e.Subject, now.Add(backoff(e.Attempt)), now)
		return Change{Request: &r, Exports: []Export{e, next}, At: now}, nil
	})
}

// cancel ends an attempt of a request that was withdrawn. Its object goes first, as above.
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
func (d *Delivery) settle(ctx context.Context, id string, attempt int, end func(File, Export, time.Time) (Change, error)) error {
	for range 10 {
		file, err := d.Register.Load(ctx, id)
		if err != nil {
			return err
		}
		e, ok := file.export(attempt)
		if !ok || e.Finished() {
			return nil
		}
		change, err := end(file, e, d.now())
		if err != nil {
			return err
		}
		if err := d.Register.Save(ctx, id, change); !errors.Is(err, ErrChanged) {
			return err
		}
	}
	return ErrChanged
}

// backoff returns how long the attempt after this one waits: a minute, doubled each time up to an hour.
func backoff(attempt int) time.Duration { return min(time.Minute<<min(attempt-1, 6), time.Hour) }

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
	id, n, _ := strings.Cut(exportID, ".")
	attempt, err := strconv.Atoi(n)
	if parsed, idErr := uuid.Parse(id); err != nil || idErr != nil || parsed.String() != id {
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
	return Export{}, fault.New(fault.Conflict, "The link is being used by others at this moment. Try again.")
}
