package consent

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Limits of one data subject's log.
const (
	attempts    = 5    // a write that loses a race is tried so often
	maxVersions = 1000 // beyond it no grant is recorded; a denial or a withdrawal always is
)

// ErrTaken is what a Log answers when the version to append exists already as another act.
var ErrTaken = errors.New("consent: the version exists already")

// Log is the append-only log of consent records.
type Log interface {
	// Newest returns the newest record of a subject, also one past its retention; the zero Record where there is none. The read is consistent.
	Newest(ctx context.Context, subject string) (Record, error)
	// Append stores a record and returns it. Where the version exists already it returns the one that is stored if it is the same act,
	// and ErrTaken if it is another.
	Append(ctx context.Context, r Record) (Record, error)
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

// Record appends the act. A first decision costs one request; any other reads the newest record and appends after it.
// Errors: fault.Unacceptable (naming all that is wrong with the act), Precondition, Conflict (a race lost after retries), Exhausted.
func (c *Recorder) Record(ctx context.Context, act Act) (Record, error) {
	if err := c.check(&act); err != nil {
		return Record{}, err
	}
	return c.append(ctx, &act)
}

// append records an act that was checked when it was made. The policy may have moved on since: what counts is what was shown.
func (c *Recorder) append(ctx context.Context, act *Act) (Record, error) {
	blind := act.First && act.After == nil // with If-Match beside it both must hold, which takes a read
	for range attempts {
		var newest Record
		if !blind {
			var err error
			if newest, err = c.Log.Newest(ctx, act.Subject); err != nil {
				return Record{}, err
			}
			if newest.knows(act.Operation) {
				return newest, nil // the same act, sent again: what holds now is the answer, and nothing that came later is undone
			}
			if err := c.admit(act, newest); err != nil {
				return Record{}, err
			}
		}
		if record, err := c.Log.Append(ctx, newest.next(act, c.Periods, c.now())); !errors.Is(err, ErrTaken) {
			return record, err
		}
		blind = false
	}
	return Record{}, fault.New(fault.Conflict, "Other decisions of the same visitor came first. Read the state and try again.")
}

func (c *Recorder) now() time.Time { return c.Now().UTC().Truncate(time.Second) }

var errStale = fault.New(fault.Precondition, "The state has changed since it was read.")

// admit holds an act to what its caller asserts about the record before it, and leaves its denials to somebody who has decided too often.
func (c *Recorder) admit(act *Act, newest Record) error {
	if act.First && newest.Version > 0 && !newest.gone(c.now()) {
		return errStale
	}
	if act.After != nil && !slices.Contains(act.After, newest.Version) {
		return errStale
	}
	if newest.Version >= maxVersions {
		if act.Decisions = act.denials(); len(act.Decisions) == 0 {
			return fault.New(fault.Exhausted, "Too many decisions are on record. Withdrawal stays possible.")
		}
	}
	return nil
}
