package inbound

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy/card"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/retention"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// ErrGone is the error of [Mails] if there is no such mail any more.
var ErrGone = errors.New("inbound: there is no such mail")

// Mails stores mails as they arrived.
type Mails interface {
	// Get returns a mail, or ErrGone. The caller closes it.
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	// Delete deletes a mail. It is no error if there is none.
	Delete(ctx context.Context, key string) error
	// All yields every mail. An error ends the sequence.
	All(ctx context.Context) iter.Seq2[retention.Object, error]
}

// Register keeps the files of requests. See [request.Register].
type Register interface {
	Load(ctx context.Context, id string) (request.File, error)
	Save(ctx context.Context, file request.File, items ...request.Item) (request.File, error)
}

// Receiver takes mails in.
type Receiver struct {
	Mails     Mails
	Register  Register
	Read      func(raw io.Reader) Message               // reads a mail, whatever it looks like
	Threads   func(message string) (id string, ok bool) // returns the request that a mail of this service was about, by an id in the fields of an answer to it
	Origin    string                                    // of the links in our mails, which may be quoted
	HasSecret func(link string) bool                    // reports whether such a link has a secret
	Policy    func(now time.Time) *policy.Policy        // policy.InForce
	Now       func() time.Time
}

// Take takes in a mail that has arrived. Taking it in again changes nothing (faults F02, F03). A mail that a machine has sent begins nothing and is never
// answered (RFC 3834), and neither is one that SES found harmful: it is deleted.
func (v *Receiver) Take(ctx context.Context, a Arrival) (Outcome, error) {
	if a.harmful() {
		return Harmful, v.Mails.Delete(ctx, a.Object)
	}
	raw, err := v.Mails.Get(ctx, a.Object)
	if errors.Is(err, ErrGone) {
		return Gone, nil
	}
	if err != nil {
		return "", err
	}
	whole := &watched{Reader: raw}
	m := v.Read(whole)
	_ = raw.Close()       // nothing was written
	if whole.err != nil { // the mail is whole in the bucket, so the next try reads all of it
		return "", whole.err
	}
	if a.Bounce && m.Machine == Person {
		m.Machine = Report
	}
	if m.Machine != Person {
		return Outcome(m.Machine), v.Mails.Delete(ctx, a.Object)
	}
	r, secret := v.begin(a, m)
	if _, err := v.Register.Save(ctx, request.File{Request: r}, r); err != nil && !errors.Is(err, request.ErrChanged) { // if it has changed, it was taken in before
		return "", err
	}
	if secret { // it has what nobody may store, not even for days (promise D04)
		return Taken, v.Mails.Delete(ctx, a.Object)
	}
	return Taken, nil
}

// watched notes why its reader has failed.
type watched struct {
	io.Reader
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// begin returns the request that a mail begins. secret says that the mail has what nobody may store.
func (v *Receiver) begin(a Arrival, m Message) (r request.Request, secret bool) {
	email := m.From
	if _, err := subject.ParseAddress(email); err != nil {
		email = ""
	} else if _, err := subject.Mailable(email); err != nil {
		email = ""
	}
	about := ""
	for _, id := range m.Answers {
		if of, ok := v.Threads(id); ok && request.IsID(of) {
			about = of
		}
	}
	text, cut, secret := v.words(m)
	if card.In(email) {
		email, secret = "", true
	}
	now := v.Now().UTC().Truncate(time.Second)
	return request.Mailed(v.Policy(now), ID(a.Object), email, about, request.Message{
		At: a.At, Text: text, Cut: m.Cut || cut, Attachments: m.Attachments, Sure: a.vouched() && email != "",
	}, now), secret
}

// ID returns the id of the request that a mail begins. It follows from the key of the mail, which SES has made of random numbers: so a mail that is
// reported twice begins one request. It is a UUID of version 8 (RFC 9562).
func ID(object string) string {
	sum := sha256.Sum256([]byte(object))
	id := uuid.UUID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return id.String()
}

// Sweep deletes the mails as they arrived whose requests do not wait for their senders any more. Those that began no request, because they were never
// reported, are deleted by the bucket after the period of the policy. It goes on after a failure.
func (v *Receiver) Sweep(ctx context.Context) error {
	var failed []error
	for mail, err := range v.Mails.All(ctx) {
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		file, err := v.Register.Load(ctx, ID(mail.Key))
		if errors.Is(err, request.ErrUnknown) || err == nil && file.Request.AwaitsSender() {
			continue
		}
		if err == nil {
			err = v.Mails.Delete(ctx, mail.Key)
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}
