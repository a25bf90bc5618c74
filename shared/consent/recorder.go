package consent

import (
	"context"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// ErrTaken is what a Log answers when the version to append exists already.
var ErrTaken = errors.New("consent: the version exists already")

// Log is the append-only log of consent records. Its reads are consistent.
type Log interface {
	// Newest returns the newest record of a subject, also one past its retention; the zero Record where there is none.
	Newest(ctx context.Context, subject string) (Record, error)
	// Append stores a record. ErrTaken: its version exists already, or another writer is at it. The record may be the one that exists,
	// since the answer to an earlier try can be lost (fault F01).
	Append(ctx context.Context, r Record) error
	// Has reports whether one of the versions from first to last is of the act with the operation.
	Has(ctx context.Context, subject, operation string, first, last int) (bool, error)
}

// Recorder records acts and answers what holds.
type Recorder struct {
	Log     Log
	Periods policy.ConsentPeriods
	Now     func() time.Time
}

// Address returns the key of a data subject known by address.
func Address(id privacy.SubjectID) string { return "e#" + string(id) }

// Current returns the newest record; its effective state is what holds. The read is consistent: a withdrawal holds on the next one (promise C03).
func (c *Recorder) Current(ctx context.Context, subject string) (Record, error) {
	return c.Log.Newest(ctx, subject)
}

// Record records the act and returns the record that holds afterwards.
//
// A first decision costs one request; any other reads the newest record and appends after it. One more read is needed only to tell whether
// an act that is Keyed and grants something was recorded long ago. Denials that hold already are not stored again. An act that is sent
// again is recognised for as long as its record is kept: its grants are never given twice, its denials hold again.
//
// Errors: fault.Unacceptable (naming all that is wrong with the act), Precondition, Exhausted, Conflict (only for an act that denies
// nothing: it lost too many races), Unavailable (the time of the call ran out: it may or may not be recorded).
func (c *Recorder) Record(ctx context.Context, act Act) (Record, error) {
	if err := c.check(&act); err != nil {
		return Record{}, err
	}
	return c.RecordPrepared(ctx, act)
}

// Prepare checks an act that is recorded later, by RecordPrepared, and applies the privacy signal that came with it. fault.Unacceptable names
// all that is wrong with the act.
func (c *Recorder) Prepare(act Act) (Act, error) {
	err := c.check(&act)
	act.signal()
	return act, err
}

// Time returns the time by which acts are recorded: UTC, in whole seconds.
func (c *Recorder) Time() time.Time { return c.Now().UTC().Truncate(time.Second) }
