// Package intake decides how records are taken in: which lines of a call say something new, which contract decides how long account data is
// kept, how the data subject's state changes, and how the stored records follow it. It decides on values alone. A store carries its
// decisions out, and refuses one that was based on data which has changed since (fault F15).
package intake

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Intake takes in the records that the company's systems send, and the ends of contracts. It keeps the expiries of stored records in step
// with the state of the data subject.
type Intake struct {
	Subjects Subjects
	Store    Store
	Consents Consents
	Aliases  subject.Key                        // makes the aliases under which addresses and ids are stored
	Policy   func(now time.Time) *policy.Policy // policy.InForce
	Now      func() time.Time
	// Writers is how long after a change of the state was decided a write may still arrive that does not know of it: the change takes effect within
	// the timeout of the function that decides it, and a write that began before that ends within the timeout of the function that writes (fault F27).
	Writers time.Duration

	// Acted is told of each act on identities that was carried out: an address that is shared from now on, a record that was taken back. It may be
	// nil.
	Acted func(ctx context.Context, act audit.Act)
}

func (in *Intake) acted(ctx context.Context, act audit.Act) {
	if in.Acted != nil {
		in.Acted(ctx, act)
	}
}

// Consents knows what people have decided about consent.
type Consents interface {
	// Newest returns the newest record of a subject, or the zero Record if there is none.
	Newest(ctx context.Context, subject string) (consent.Record, error)
}

// Line is one record that was sent, and whom it names. Analytics counts, which have no data subject, name nobody.
type Line struct {
	Who    subject.Named
	Record record.Record
}

// Result is what became of a line: an outcome or an error.
type Result struct {
	Outcome   record.Outcome
	Reason    record.Reason // why nothing changed; empty unless the outcome is record.Unchanged
	Address   identity.Note // what became of the address, if the line names an id as well
	ExpiresAt time.Time     // zero while nothing has started the period
	Erasure   string        // the id of the erasure that covers the record; empty unless the outcome is record.Erased
	Err       error         // fault.Conflict, Shared, TooLarge or Unacceptable among others
}

// Check turns a draft of a client system into a line, or says why it is refused (see [record.Check]).
func (in *Intake) Check(client string, d record.Draft) (Line, error) {
	now := in.Now()
	checked, err := record.Check(in.Policy(now), d, now)
	line := Line{Record: checked, Who: subject.Named{Client: client}}
	if err != nil || d.Subject == nil {
		return line, err
	}
	line.Who, err = d.Subject.Named(client)
	return line, err
}

// accountRule is the row of the retention schedule for account data (promise F01).
func (in *Intake) accountRule() policy.Retention {
	return in.Policy(in.Now()).RetentionFor(privacy.Account)
}

// marketingRule is the row of the retention schedule for marketing data (promise F04).
func (in *Intake) marketingRule() policy.Retention {
	return in.Policy(in.Now()).RetentionFor(privacy.Marketing)
}

// Retryable reports whether it may help to send the same line again.
func Retryable(err error) bool {
	switch fault.KindOf(err) {
	case fault.Conflict, fault.Unavailable, fault.Internal:
		return true
	default:
		return false
	}
}
