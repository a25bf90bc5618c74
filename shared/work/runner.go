package work

import (
	"context"
	"errors"
	"time"
)

// Do does a task of one kind; ref says what the task is about. Doing it twice must change nothing (fault F02). last says that the task has
// used up the time of the invocation, so that a scheduled run begins no further task.
type Do func(ctx context.Context, ref string) (last bool, err error)

// Step turns a function into a [Do] that never uses up the time of the invocation.
func Step(do func(ctx context.Context, ref string) error) Do {
	return func(ctx context.Context, ref string) (bool, error) { return false, do(ctx, ref) }
}

// Runner does the tasks of the kinds it knows, and leaves all others to other functions.
type Runner struct {
	Queue  Queue
	Do     map[Kind]Do
	Spare  time.Duration                                   // no task begins if less than this is left of the invocation's time (fault F05)
	Failed func(ctx context.Context, task Task, err error) // logs a task that failed
	Now    func() time.Time
}

// Batch does the tasks that a batch of the stream names, and returns the indexes of those that failed. If too little time is left, it leaves
// the rest to the schedule. This happens while SES does not answer and each mail of a batch waits as long as it may (fault F23).
func (r *Runner) Batch(ctx context.Context, tasks []Task) (failed []int) {
	for i, task := range tasks {
		if r.late(ctx) {
			break
		}
		if _, err := r.one(ctx, task); err != nil {
			failed = append(failed, i)
		}
	}
	return failed
}

// Scheduled does the tasks that are due until the time of the invocation runs out. A task that fails does not stop the others (fault F19).
func (r *Runner) Scheduled(ctx context.Context) error {
	tasks, err := r.Queue.Due(ctx, r.Now())
	if err != nil {
		return err
	}
	var failed []error
	for _, task := range tasks {
		if r.late(ctx) {
			break // the next run goes on
		}
		last, err := r.one(ctx, task)
		failed = append(failed, err)
		if last {
			break
		}
	}
	return errors.Join(failed...)
}

// late reports whether too little time is left to begin a task.
func (r *Runner) late(ctx context.Context) bool {
	deadline, limited := ctx.Deadline()
	return ctx.Err() != nil || limited && deadline.Sub(r.Now()) < r.Spare
}

func (r *Runner) one(ctx context.Context, task Task) (last bool, err error) {
	do, own := r.Do[task.Kind]
	if !own {
		return false, nil
	}
	if last, err = do(ctx, task.Ref); err != nil {
		r.Failed(ctx, task, err)
	}
	return last, err
}
