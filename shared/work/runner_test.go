package work_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/work"
)

// fixed is a queue in which the same tasks are always due.
type fixed []work.Task

func (f fixed) Due(context.Context, time.Time) ([]work.Task, error) { return f, nil }

// rig is a runner of kinds "a" and "b" that notes what it does.
type rig struct {
	*work.Runner
	done, failed []string
	clock        time.Time
}

func newRig() *rig {
	r := &rig{clock: time.Now()}
	note := func(_ context.Context, ref string) (bool, error) {
		r.done = append(r.done, ref)
		switch ref {
		case "bad":
			return false, errors.New("bad")
		case "last":
			return true, nil
		}
		return false, nil
	}
	r.Runner = &work.Runner{
		Queue: fixed{{Kind: "a", Ref: "1"}, {Kind: "other", Ref: "2"}, {Kind: "a", Ref: "bad"}, {Kind: "b", Ref: "last"}, {Kind: "a", Ref: "5"}},
		Do:    map[work.Kind]work.Do{"a": note, "b": note}, Spare: time.Second,
		Failed: func(_ context.Context, task work.Task, _ error) { r.failed = append(r.failed, task.Ref) },
		Now:    func() time.Time { return r.clock },
	}
	return r
}

// F19: a task that fails does not stop the others, and is reported. Tasks of other kinds are left to other functions.
func TestFault_F19_ABatchNamesWhatFailed(t *testing.T) {
	r := newRig()
	failed := r.Batch(t.Context(), r.Queue.(fixed))
	if !slices.Equal(failed, []int{2}) || !slices.Equal(r.done, []string{"1", "bad", "last", "5"}) || !slices.Equal(r.failed, []string{"bad"}) {
		t.Errorf("%v failed of %v, logged: %v", failed, r.done, r.failed)
	}
}

// F19: a scheduled run reports what failed, goes on, and ends after a task that has used up its time.
func TestFault_F19_ARunOfTheScheduleGoesOnAfterAFailure(t *testing.T) {
	r := newRig()
	if err := r.Scheduled(t.Context()); err == nil || !slices.Equal(r.done, []string{"1", "bad", "last"}) {
		t.Errorf("%v, done: %v", err, r.done)
	}
}

// F05: no task begins when too little time is left.
func TestFault_F05_NothingBeginsWithTooLittleTime(t *testing.T) {
	r := newRig()
	short, cancel := context.WithDeadline(t.Context(), r.clock.Add(time.Second/2))
	defer cancel()
	if err := r.Scheduled(short); err != nil || r.Batch(short, r.Queue.(fixed)) != nil || len(r.done) != 0 {
		t.Errorf("%v, done: %v", err, r.done)
	}
}

// F05: a task begins with exactly the time to spare.
func TestFault_F05_TheTimeToSpareIsEnough(t *testing.T) {
	r := newRig()
	r.Spare = time.Hour
	enough, cancel := context.WithDeadline(t.Context(), r.clock.Add(r.Spare))
	defer cancel()
	if r.Batch(enough, r.Queue.(fixed)); len(r.done) == 0 {
		t.Error("nothing was done")
	}
}

// F23: each try that has not succeeded is counted, and sets the time of the next one.
func TestFault_F23_TriesAreCounted(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	var due work.Due
	if due.Reached(now) {
		t.Error("nothing is due")
	}
	for try := 1; try <= 3; try++ {
		due.Again(now, func(try int) time.Duration { return time.Duration(try) * time.Hour })
		if next := now.Add(time.Duration(try) * time.Hour); due.Try != try || !due.NextAt.Equal(next) || due.Reached(next.Add(-time.Second)) || !due.Reached(next) {
			t.Errorf("after try %d: %+v", try, due)
		}
	}
}
