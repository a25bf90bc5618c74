package request

import (
	"context"
	"errors"
	"time"
)

// mostFailures is how many failures in a row end an export. The pauses between the tries, a minute and then twice as long each time up to an
// hour, add up to 74 hours: an outage of SES or S3 from a Friday evening to the Monday after delays answers and stops none. Whatever is broken
// for longer needs the team, and more tries would only cost.
const mostFailures = 80

// pause returns how long an export waits after so many failures in a row, the first of them being 1.
func pause(failures int) time.Duration { return min(time.Minute<<min(failures-1, 6), time.Hour) }

// ending says what is known of an attempt that came to nothing.
type ending struct {
	left   bool // its mail may have left
	killed bool // its run was killed, or is slower than its lease and may go on
}

// fail does what must be done about an attempt that failed. The object of one whose mail did not leave goes first: once the attempt waits
// again or has ended, nothing would come back for it (fault F03). Of the others the newest stay, since their links may be in a mailbox (fault
// F04).
func (d *Delivery) fail(ctx context.Context, e Export, how ending) error {
	if !how.left {
		if err := d.Bundles.Discard(ctx, e.Object); err != nil {
			return errors.Join(err, d.undeleted(ctx, e))
		}
	}
	stopped := false
	err := d.settle(ctx, e.Request, e.Attempt, func(file File, e Export, now time.Time) (change Change) {
		change, stopped = failed(file, e, how, now)
		return change
	})
	if err == nil && stopped {
		d.Stopped(ctx, e.Request)
	}
	return err
}

// failed returns what becomes of an attempt that failed: it is made anew after a pause, another takes its place, or it has failed too often.
// That neither ends its request nor opens one that was answered before.
func failed(f File, e Export, how ending, now time.Time) (change Change, stopped bool) {
	r, failures := f.Request, e.Failures+1
	if !how.left {
		e.Object, e.TokenHash, e.StatusHash, e.Bytes, e.OpenUntil = "", nil, nil, 0, time.Time{}
	}
	var surplus []Export
	if how.left {
		surplus = f.surplus(now)
	}
	if failures >= mostFailures {
		e.State, e.Failures, e.NextAt = Stopped, failures, time.Time{}
		return Change{Request: &r, Exports: append(surplus, e), Event: "stopped", At: now}, true
	}
	due := now.Add(pause(failures))
	if how.left || how.killed {
		e.State, e.NextAt = Superseded, time.Time{}
		next := r.nextExport(e.Subject, due, now)
		next.Failures = failures
		return Change{Request: &r, Exports: append(surplus, e, next), At: now}, false
	}
	e.State, e.Failures, e.NextAt = Pending, failures, due
	return Change{Exports: []Export{e}, At: now}, false
}

// mostObjects is how many objects are kept of attempts whose mails may have left but were not accepted. While SES's answers are lost, another
// attempt follows each hour, and each object is a copy of all that is held about the person.
const mostObjects = 3

// surplus ends the links of the oldest attempts whose mails may have left, so that there is room for one more, and returns these attempts. The
// next run deletes their objects.
func (f File) surplus(now time.Time) []Export {
	var open []Export
	for _, e := range f.Exports {
		if e.State == Superseded && e.OpenUntil.After(now) {
			open = append(open, e)
		}
	}
	open = open[:max(0, len(open)-mostObjects+1)]
	for i := range open {
		open[i].OpenUntil, open[i].NextAt = now, now
	}
	return open
}

// undeleted notes that the object of a failed attempt is still there, so that a later run deletes it before it makes another attempt. Each such
// failure counts: it can stop the export as any other can. Where another run has ended the attempt meanwhile, only the deletion is due again.
func (d *Delivery) undeleted(ctx context.Context, left Export) error {
	for range 10 {
		file, err := d.Register.Load(ctx, left.Request)
		if err != nil {
			return err
		}
		e, ok := file.export(left.Attempt)
		if !ok {
			return errLeft
		}
		now := d.now()
		change := Change{At: now}
		if e.Finished() {
			e.Object, e.NextAt = left.Object, now.Add(time.Minute)
		} else {
			e.Failures++
			e.State, e.TokenHash, e.StatusHash, e.OpenUntil, e.NextAt = Building, nil, nil, time.Time{}, now.Add(pause(e.Failures))
			if e.Failures >= mostFailures {
				e.State, change.Request, change.Event = Stopped, &file.Request, "stopped"
			}
		}
		change.Exports = []Export{e}
		err = d.Register.Save(ctx, left.Request, change)
		if err == nil && change.Event != "" {
			d.Stopped(ctx, left.Request)
		}
		if !errors.Is(err, ErrChanged) {
			return err
		}
	}
	return errLeft
}

// errLeft says that an object is left to the sweep, which deletes what is older than any link. It is no ErrChanged, which would be taken for a
// race that was lost.
var errLeft = errors.New("request: an object without an attempt is left")

// discardAgain deletes an object that was left when its attempt ended. A deletion that fails is tried again each hour.
func (d *Delivery) discardAgain(ctx context.Context, e Export, now time.Time) error {
	if err := d.Bundles.Discard(ctx, e.Object); err != nil {
		e.NextAt = now.Add(time.Hour)
		return errors.Join(err, d.Register.Save(ctx, e.Request, Change{Exports: []Export{e}, At: now}))
	}
	e.Object, e.NextAt = "", time.Time{}
	return d.Register.Save(ctx, e.Request, Change{Exports: []Export{e}, At: now})
}

// Stopped reports whether an export of the request failed too often, so that the answer waits for the team.
func (f File) Stopped() bool {
	return f.Request.answered() && len(f.Exports) > 0 && f.Exports[len(f.Exports)-1].State == Stopped
}

// ErrNotStopped is what Retry answers where nothing waits for the team.
var ErrNotStopped = errors.New("request: no export of it has stopped")

// Retry begins the export anew that stopped, once the team has mended the cause. As with any other export, who is behind the address is looked
// up again first (threat T01). Errors: ErrUnknown, ErrNotStopped, ErrChanged while others interfere.
func Retry(ctx context.Context, register Register, id string, now time.Time) error {
	now = now.UTC().Truncate(time.Second)
	for range 5 {
		file, err := register.Load(ctx, id)
		if err != nil {
			return err
		}
		if !file.Stopped() {
			return ErrNotStopped
		}
		r := file.Request
		e := r.nextExport("", time.Time{}, now)
		r.Step, r.NextAt, r.Tries = Answer, now, 0
		err = register.Save(ctx, id, Change{Request: &r, Exports: []Export{e}, Event: "retried", At: now})
		if !errors.Is(err, ErrChanged) {
			return err
		}
	}
	return ErrChanged
}
