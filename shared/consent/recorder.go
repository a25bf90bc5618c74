package consent

import (
	"context"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// ErrTaken is the error of a [Log] if the version to append exists already.
var ErrTaken = errors.New("consent: the version exists already")

// Log is the append-only log of consent records. Its reads are consistent.
type Log interface {
	// Newest returns the newest record of a subject, even one past its retention, or the zero Record if there is none.
	Newest(ctx context.Context, subject string) (Record, error)
	// Append stores a record. It returns ErrTaken if the version exists already or another writer is storing it. The existing record may be
	// this very one, since the answer to an earlier try can be lost (fault F01).
	Append(ctx context.Context, r Record) error
	// Has reports whether one of the versions from first to last records the act with the operation.
	Has(ctx context.Context, subject, operation string, first, last int) (bool, error)
}

// Recorder records acts and answers what holds.
type Recorder struct {
	Log    Log
	Policy policy.Consents
	Now    func() time.Time
}

// Rules returns the rules in force now.
func (c *Recorder) Rules() *policy.ConsentRules { return c.Policy.InForce(c.Time()) }

// Address returns the key of a data subject known by address.
func Address(id privacy.SubjectID) string { return "e#" + string(id) }

// Current returns the newest record; its effective state is what holds. The read is consistent: a withdrawal holds on the next one (promise C03).
func (c *Recorder) Current(ctx context.Context, subject string) (Record, error) {
	return c.Log.Newest(ctx, subject)
}

// Record records the act and returns the record that holds afterwards.
//
// A first decision costs one request to the log; any other reads the newest record and appends after it. One more read is needed only if the
// act is Keyed and grants something, to find out whether it was recorded long ago. Denials that already hold are not stored again. An act
// that is sent again is recognised for as long as its record is kept. Its grants are not given twice, but its denials take effect again.
//
// Errors: fault.Unacceptable, which names every mistake in the act; Precondition; Exhausted; Conflict, if the act denies nothing and lost
// too many races, or if it grants over an opt-out and ConfirmOptIn is not set; Unavailable, if the time of the call ran out, so that the act may or
// may not be recorded.
func (c *Recorder) Record(ctx context.Context, act Act) (Record, error) {
	if err := c.check(&act); err != nil {
		return Record{}, err
	}
	return c.RecordPrepared(ctx, act)
}

// Prepare checks an act that [Recorder.RecordPrepared] records later, and applies the privacy signal that came with it. It returns
// fault.Unacceptable, which names every mistake in the act.
func (c *Recorder) Prepare(act Act) (Act, error) {
	err := c.check(&act)
	act.signal(c.Rules())
	return act, err
}

// Time returns the current time in the form in which acts are recorded: UTC, in whole seconds.
func (c *Recorder) Time() time.Time { return c.Now().UTC().Truncate(time.Second) }
