package consent

import (
	"context"
	"errors"
	"slices"
	"strings"
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

// Act is one decision act of a data subject.
type Act struct {
	Subject       string
	Operation     string
	Decisions     map[privacy.Purpose]State // Granted or Denied
	PolicyVersion string
	Language      string
	Surface       string
	GPC           bool
	First         bool // the caller asserts that nothing is on record (If-None-Match: *)
	After         *int // the caller asserts the version on record (If-Match)
}

// Recorder records acts and answers what holds.
type Recorder struct {
	Log Log
	Now func() time.Time
}

// Address returns the key of a data subject known by address.
func Address(id privacy.SubjectID) string { return "e#" + string(id) }

// Current returns the newest record; its effective state is what holds. The read is consistent: a withdrawal holds on the next one (promise C03).
func (c *Recorder) Current(ctx context.Context, subject string) (Record, error) {
	return c.Log.Newest(ctx, subject)
}

// Record appends the act. A first decision costs one request; any other reads the newest record and appends after it.
// Errors: fault.Unacceptable (purpose, policy version), Precondition, Conflict (a race lost after retries), TooMany.
func (c *Recorder) Record(ctx context.Context, act Act) (Record, error) {
	if err := c.check(&act); err != nil {
		return Record{}, err
	}
	return c.append(ctx, act)
}

// append records an act that was checked when it was made. The policy may have moved on since: what counts is what was shown.
func (c *Recorder) append(ctx context.Context, act Act) (Record, error) {
	if act.First && act.After == nil { // with If-Match beside it both must hold, which takes a read
		if record, err := c.Log.Append(ctx, Record{}.next(act, c.now())); !errors.Is(err, ErrTaken) {
			return record, err
		}
	}
	for range attempts {
		newest, err := c.Log.Newest(ctx, act.Subject)
		if err != nil {
			return Record{}, err
		}
		if newest.knows(act.Operation) {
			return newest, nil // the same act, sent again: what holds now is the answer, and nothing that came later is undone
		}
		if err := c.precondition(act, newest); err != nil {
			return Record{}, err
		}
		if newest.Version >= maxVersions {
			if act.Decisions = denials(act); len(act.Decisions) == 0 {
				return Record{}, fault.New(fault.TooMany, "Too many decisions are on record. Withdrawal stays possible.")
			}
		}
		if record, err := c.Log.Append(ctx, newest.next(act, c.now())); !errors.Is(err, ErrTaken) {
			return record, err
		}
	}
	return Record{}, fault.New(fault.Conflict, "Other decisions of the same visitor came first. Read the state and try again.")
}

func (c *Recorder) now() time.Time { return c.Now().UTC().Truncate(time.Second) }

// check refuses acts that mean nothing and applies the privacy signal, which denies what counts as sharing (promise D01).
func (c *Recorder) check(act *Act) error {
	if !policy.InForce(act.PolicyVersion, c.now()) {
		return fault.At("/policyVersion", "must be a version of the policy in force in the last 30 days")
	}
	for purpose, state := range act.Decisions {
		if !slices.Contains(Purposes(), purpose) {
			return fault.At("/decisions/"+pointerOf(purpose), "is not a purpose that rests on consent")
		}
		if state != Granted && state != Denied {
			return fault.At("/decisions/"+pointerOf(purpose), `must be "granted" or "denied"`)
		}
	}
	if act.GPC {
		if act.Decisions == nil {
			act.Decisions = map[privacy.Purpose]State{}
		}
		for _, purpose := range Purposes() {
			if policy.Shares(purpose) {
				act.Decisions[purpose] = Denied
			}
		}
	}
	if len(act.Decisions) == 0 {
		return fault.At("/decisions", "must name at least one purpose")
	}
	return nil
}

func (c *Recorder) precondition(act Act, newest Record) error {
	stale := fault.New(fault.Precondition, "The state has changed since it was read.")
	if act.First && newest.Version > 0 && !newest.gone(c.now()) {
		return stale
	}
	if act.After != nil && *act.After != newest.Version {
		return stale
	}
	return nil
}

// denials returns what an act denies: all of it that still counts of somebody who has decided too often. A refusal must not get lost
// because a grant stands beside it.
func denials(act Act) map[privacy.Purpose]State {
	out := map[privacy.Purpose]State{}
	for purpose, state := range act.Decisions {
		if state == Denied {
			out[purpose] = state
		}
	}
	return out
}

// pointerOf escapes a member's name for a pointer (RFC 6901, section 3).
func pointerOf(purpose privacy.Purpose) string {
	return strings.ReplaceAll(strings.ReplaceAll(string(purpose), "~", "~0"), "/", "~1")
}
