package export

import (
	"context"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// mostFailures is how many failures in a row end an export. The pauses between the tries are a minute, then twice as long each time up to an
// hour, 74 hours in all. So an outage of SES or S3 from a Friday evening to the Monday after delays answers and stops none. A longer failure
// needs the team, and more tries would only cost money.
const mostFailures = 80

// pause returns how long an export waits after the given number of failures in a row, which is at least 1.
func pause(failures int) time.Duration { return min(time.Minute<<min(failures-1, 6), time.Hour) }

// ending says what is known of an attempt that failed.
type ending struct {
	left   bool // its mail may have left
	killed bool // its run was killed, or is slower than its lease and may go on
}

// fail handles an attempt that failed. If its mail did not leave, its object is deleted first, because no later run would do so once the
// attempt waits again or has ended (fault F03). Objects whose mails may have left stay, since their links may be in a mailbox (fault F04),
// but only the newest of them.
func (d *Delivery) fail(ctx context.Context, a Attempt, how ending) error {
	if !how.left {
		if err := d.Bundles.Discard(ctx, a.Object); err != nil {
			return errors.Join(err, d.undeleted(ctx, a))
		}
	}
	stopped := false
	err := d.settle(ctx, a.Request, a.Number, func(file request.File, a Attempt, now time.Time) (items []request.Item) {
		items, stopped = failed(file, a, how, now)
		return items
	})
	if err == nil && stopped {
		d.Stopped(ctx, a.Request)
	}
	return err
}

// failed returns what is stored about an attempt that failed: it is made again after a pause, another takes its place, or it stops because
// it failed too often. A stopped attempt neither ends its request nor reopens one that was answered.
func failed(file request.File, a Attempt, how ending, now time.Time) (items []request.Item, stopped bool) {
	if how.left {
		items = Of(file).surplus(now)
	} else {
		a.Object, a.TokenHash, a.Bytes, a.OpenUntil = "", nil, 0, time.Time{}
	}
	r, again := file.Request, a.Due
	again.Again(now, pause)
	if again.Try >= mostFailures {
		a.State, a.Due = Stopped, work.Due{Try: again.Try}
		event := r.Record(request.EventStopped, now)
		return append(items, r, a, event), true
	}
	if how.left || how.killed {
		another := next(&r, a.Subject, again.NextAt, now)
		another.Try = again.Try
		a.State, a.NextAt = Superseded, time.Time{}
		return append(items, r, a, another), false
	}
	a.State, a.Due = Pending, again
	return append(items, a), false
}

// mostObjects is how many objects are kept of attempts whose mails may have left but were not accepted. While SES's answers are lost,
// another attempt follows each hour, and each object is a copy of all that is stored about the person.
const mostObjects = 3

// surplus ends the links of the oldest attempts whose mails may have left, so that there is room for one more. It returns these attempts,
// and the next run deletes their objects.
func (all Attempts) surplus(now time.Time) (ended []request.Item) {
	var open Attempts
	for _, a := range all {
		if a.State == Superseded && a.OpenUntil.After(now) {
			open = append(open, a)
		}
	}
	for _, a := range open[:max(0, len(open)-mostObjects+1)] {
		a.OpenUntil, a.NextAt = now, now
		ended = append(ended, a)
	}
	return ended
}

// undeleted notes that the object of a failed attempt is still stored, so that a later run deletes it before it makes another attempt. This
// counts as another failure, so it can stop the export. If another run has ended the attempt meanwhile, only the deletion becomes due again.
func (d *Delivery) undeleted(ctx context.Context, left Attempt) error {
	for range 10 {
		file, err := d.Register.Load(ctx, left.Request)
		if err != nil {
			return err
		}
		a, ok := Of(file).numbered(left.Number)
		if !ok {
			return errLeft
		}
		items, stopped := stillStored(file, a, left.Object, d.now())
		_, err = d.Register.Save(ctx, file, items...)
		if err == nil && stopped {
			d.Stopped(ctx, left.Request)
		}
		if !errors.Is(err, request.ErrChanged) {
			return err
		}
	}
	return errLeft
}

// stillStored returns what is stored about an attempt whose object could not be deleted.
func stillStored(file request.File, a Attempt, object string, now time.Time) (items []request.Item, stopped bool) {
	if a.Finished() {
		a.Object, a.NextAt = object, now.Add(time.Minute)
		return []request.Item{a}, false
	}
	a.State, a.TokenHash, a.OpenUntil = Building, nil, time.Time{}
	a.Again(now, pause)
	if a.Try < mostFailures {
		return []request.Item{a}, false
	}
	r := file.Request
	a.State = Stopped
	event := r.Record(request.EventStopped, now)
	return []request.Item{r, a, event}, true
}

// errLeft says that an object is left to the sweep, which deletes every object that is older than any link. It is not [request.ErrChanged],
// because that would be taken for a lost race.
var errLeft = errors.New("export: an object is left that no attempt names")

// discardAgain deletes an object that was left when its attempt ended. A deletion that fails is tried again after an hour.
func (d *Delivery) discardAgain(ctx context.Context, file request.File, a Attempt, now time.Time) error {
	failed := d.Bundles.Discard(ctx, a.Object)
	if failed != nil {
		a.NextAt = now.Add(time.Hour)
	} else {
		a.Object, a.NextAt = "", time.Time{}
	}
	_, err := d.Register.Save(ctx, file, a)
	return errors.Join(failed, err)
}
