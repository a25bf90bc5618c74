package consent

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Limits of one data subject's log.
const (
	attempts    = 5    // how often an act that denies nothing is tried; any other act is tried until it succeeds
	maxVersions = 1000 // beyond it no grant is recorded; a denial or a withdrawal always is
)

// How the time of a call is used.
const (
	answerTime   = 500 * time.Millisecond // left for the answer
	longestPause = 20 * time.Millisecond  // between two tries; short, so that a denial gets many tries while others grant
)

var (
	errStale = fault.New(fault.Precondition, "The state has changed since it was read.")
	errRaces = fault.New(fault.Conflict, "Other decisions by the same visitor came first. Read the current state and try again.")
	errFull  = fault.New(fault.Exhausted, "This visitor has too many consent records. Consent can still be withdrawn.")
)

// RecordPrepared records an act that [Recorder.Prepare] checked earlier, as [Recorder.Record] does. The policy may have changed since then,
// but the version that the person was shown counts.
func (c *Recorder) RecordPrepared(ctx context.Context, act Act) (Record, error) {
	r := recording{Recorder: c, act: act, grants: act.has(Granted), searched: unknown}
	if act.Keyed {
		r.searched = 0
	}
	r.act.signal(r.Rules())
	return r.run(ctx)
}

// Alone returns the record of an act as if nothing else were on record. It is shown to a caller who may not see what is.
func (c *Recorder) Alone(act Act) Record {
	act.signal(c.Rules())
	return Record{}.next(&act, act.Decisions, c.Rules(), c.Time())
}

// recording is one act on its way into the log.
type recording struct {
	*Recorder
	act      Act
	grants   bool // the act as it was sent grants something; the privacy signal may have overruled all of it
	searched int  // no version up to this one records the act
}

// unknown is the value of searched before the first try of an act that was never sent before: no version on record can be of it.
const unknown = -1

// run tries until the act is recorded or need not be recorded. A denial must not lose to other writers, however many there are
// (GDPR Art. 7(3)), so only the context ends its tries.
func (r *recording) run(ctx context.Context) (Record, error) {
	skipRead := r.act.First && r.act.After == nil // If-Match is checked against the newest record
	for try := 0; ; try++ {
		var newest Record
		if try > 0 || !skipRead {
			var err error
			if newest, err = r.Log.Newest(ctx, r.act.Subject); err != nil {
				return Record{}, err
			}
		}
		decisions, err := r.due(ctx, newest)
		if err != nil || len(decisions) == 0 {
			return newest, err
		}
		if r.act.Yields(try) {
			return Record{}, errRaces
		}
		now := r.Time()
		next := newest.next(&r.act, decisions, r.Policy.InForce(now), now)
		if err := r.Log.Append(ctx, next); !errors.Is(err, ErrTaken) {
			return next, err
		}
		if err := Pause(ctx, try+1); err != nil {
			return Record{}, err
		}
	}
}

// Pause waits after a lost race for a random time, so that writers who collided do not collide again. lost counts the races lost so far.
// Pause does not wait after the first one, because a caller who asserts that nothing is on record loses that race whenever something is. It
// returns fault.Unavailable if no time is left for another try.
func Pause(ctx context.Context, lost int) error {
	if deadline, limited := ctx.Deadline(); limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-answerTime))
		defer cancel()
	}
	wait := rand.N(longestPause) //nolint:gosec // a pause is no secret
	if lost <= 1 {
		wait = 0
	}
	select {
	case <-ctx.Done():
		return fault.ErrNoTime
	case <-time.After(wait):
		return nil
	}
}

// due returns the decisions of the act that must be recorded after the newest record. It returns none if the newest record already answers
// the act.
func (r *recording) due(ctx context.Context, newest Record) (map[privacy.Purpose]State, error) {
	recorded, err := r.recorded(ctx, newest)
	if err != nil {
		return nil, err
	}
	decisions := r.act.Decisions
	switch {
	case recorded: // sent again: its grants must not undo later decisions, but its denials take effect again
		decisions = r.act.denials()
	case r.stale(newest):
		return nil, errStale
	case newest.Version >= maxVersions: // a denial is recorded even if the act also grants something
		if decisions = r.act.denials(); len(decisions) == 0 {
			return nil, errFull
		}
	case !r.act.ConfirmOptIn && r.act.optsIn(newest, r.Time()):
		return nil, errOptedOut
	case r.act.Keyed && r.grants: // even if the signal overruled its grants: they must not be given if it is sent again without the signal
		return decisions, nil
	}
	renews := !recorded && r.act.renews(newest, r.Time())
	if !renews && newest.denies(&r.act, decisions, r.Rules(), r.Policy.Versions, r.Time()) {
		return nil, nil
	}
	return decisions, nil
}

// recorded reports whether the act is on record. It asks the log only about versions that the newest record does not name and that may
// record the act. For a Keyed act these are all past versions. For any other act they are those that others appended since its first try.
func (r *recording) recorded(ctx context.Context, newest Record) (bool, error) {
	if newest.names(r.act.Operation) {
		return true, nil
	}
	if r.searched == unknown {
		r.searched = newest.Version
	}
	matters := r.grants || r.act.renews(newest, r.Time()) // a denial that is sent again takes effect again, recorded or not
	if last := newest.newestUnnamed(); matters && last > r.searched {
		if found, err := r.Log.Has(ctx, r.act.Subject, r.act.Operation, r.searched+1, last); err != nil || found {
			return found, err
		}
	}
	r.searched = newest.Version
	return false, nil
}

// stale reports whether the newest record contradicts what the caller asserts.
func (r *recording) stale(newest Record) bool {
	return r.act.First && newest.Version > 0 && !newest.gone(r.Time()) ||
		r.act.After != nil && !slices.Contains(r.act.After, newest.Version)
}
