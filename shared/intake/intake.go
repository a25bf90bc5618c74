// Package intake decides how records are taken in: which lines of a call say something new, which contract decides how long account data is
// kept, how the data subject's state changes, and how the stored records follow it. It decides on values alone. A store carries its
// decisions out, and refuses one that was based on data which has changed since (fault F15).
package intake

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
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
	Aliases  subject.Key                        // makes the aliases under which addresses are stored
	Policy   func(now time.Time) *policy.Policy // policy.InForce
	Now      func() time.Time
}

// Line is one record that was sent, with the address of the data subject. The address is zero for analytics counts, which have no
// data subject.
type Line struct {
	Address subject.Address
	Record  record.Record
}

// Result is what became of a line: an outcome or an error.
type Result struct {
	Outcome   record.Outcome
	ExpiresAt time.Time // zero while nothing has started the period
	Err       error     // fault.Conflict, TooLarge or Unacceptable among others
}

// Check turns a draft into a line, or says why it is refused (see [record.Check]).
func (in *Intake) Check(d record.Draft) (Line, error) {
	now := in.Now()
	checked, err := record.Check(in.Policy(now), d, now)
	if err != nil || d.Email == nil {
		return Line{Record: checked}, err
	}
	to, err := subject.ParseAddress(*d.Email)
	return Line{Address: to, Record: checked}, err
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
