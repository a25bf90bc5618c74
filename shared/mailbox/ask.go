package mailbox

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Consents does what people ask for about consents by address.
type Consents struct {
	Recorder      *consent.Recorder
	Confirmations Confirmations
	Persons       Persons
	States        identity.States
	Tell          func(ctx context.Context, mailbox, address string, a Act) // has a receipt mailed about an act, see [Links.Tell]
	Tokens        subject.Key
	Retired       []subject.Key // former Tokens keys; they open only the one-click unsubscribe of old mails
}

// Persons knows who was joined to whom.
type Persons interface {
	// Root returns the data subject to whom another one was joined, or the same one if they were not, and when somebody was last joined to them,
	// which is zero if nobody was.
	Root(ctx context.Context, id privacy.SubjectID) (root privacy.SubjectID, since time.Time, err error)
}

// Ask stores the act of somebody who is named by address, and returns the id of its confirmation. [Admission] has a link mailed later, so that
// the answer does not depend on whether the address is known (threat T14). If the same client asks again under the same Operation, the
// confirmation is the same.
//
// Errors: fault.Unacceptable, which names every mistake in the act.
func (c *Consents) Ask(ctx context.Context, client string, act consent.Act) (id string, err error) {
	if act, err = c.Recorder.Prepare(act); err != nil {
		return "", err
	}
	now := c.Recorder.Time()
	act.Operation = confirmationID(act.Operation, client, act.Who.Email)
	_, err = c.Confirmations.Save(ctx, Confirmation{
		ID: act.Operation, Email: act.Who.Email, Client: client, Act: act,
		CreatedAt: now, NextAt: now, ExpiresAt: c.Recorder.Rules().Confirmation.After(now),
	})
	if errors.Is(err, ErrChanged) { // stored by a try whose answer was lost, or asked again (fault F01)
		err = nil
	}
	return act.Operation, err
}

// confirmationID returns the id of a confirmation, a UUID of version 8 (RFC 9562), which is also the id of its act once that is recorded.
// The id follows from three things. The first is the act's operation, so that an act repeated under its Idempotency-Key is one confirmation.
// The second is the client's HMAC, so that two callers with the same key never share a confirmation, and nobody can compute an id to test an
// address with. The third is the address, which alone may contain a space.
func confirmationID(operation, client, email string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{operation, client, email}, " ")))
	id := uuid.UUID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return id.String()
}
