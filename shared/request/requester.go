package request

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Requester does what the person behind a request can ask for: to file it, to prove the address, to see where it stands, and to withdraw it.
// It reads no records of data subjects. So the same filing gets the same answer, byte for byte, whether or not the person is on record
// (threat T14).
type Requester struct {
	Register  Register
	Mailboxes Mailboxes
	Tokens    subject.Key
	Retired   []subject.Key                                       // former Tokens keys; they open only the status links of old mails
	Tell      func(ctx context.Context, r Request, act EventKind) // has a receipt mailed about an act on the request; nil for none
	Policy    func(now time.Time) *policy.Policy                  // policy.InForce
	Now       func() time.Time
}

// ErrLink is the one answer to an unknown id and to a wrong, spent or expired secret (threats T11, T23).
var ErrLink = fault.New(fault.NotFound, "There is no such request, or the link is wrong, used up or expired.")

// errBusy is the answer if the file changed at every try.
var errBusy = fault.New(fault.Conflict, "The request is being worked on. Try again in a minute.")

// IsID reports whether the text is the id of a request, spelt as this service spells it. Only such a text becomes part of a key.
func IsID(id string) bool {
	parsed, err := uuid.Parse(id)
	return err == nil && parsed.String() == id
}

// Load reads the file of a request that the caller has found under a mailbox.
func (q *Requester) Load(ctx context.Context, id string) (File, error) { return q.load(ctx, id) }

func (q *Requester) load(ctx context.Context, id string) (File, error) {
	if !IsID(id) {
		return File{}, ErrLink
	}
	file, err := q.Register.Load(ctx, id)
	if errors.Is(err, ErrUnknown) {
		return File{}, ErrLink
	}
	return file, err
}

func (q *Requester) now() time.Time { return q.Now().UTC().Truncate(time.Second) }
