package work

import (
	"context"
	"errors"
	"time"
)

// Do does a task of one kind, which is about ref. Doing it twice must change nothing (fault F02). It returns last if the task has used up the
// time of the invocation; a scheduled run then begins no further task.
type Do func(ctx context.Context, ref string) (last bool, err error)

// Step turns a function into a Do after which a scheduled run always goes on.
func Step(do func(ctx context.Context, ref string) error) Do {
	return func(ctx context.Context, ref string) (bool, error) { return false, do(ctx, ref) }
}

// Runner does the tasks of the kinds it knows, and leaves all others to other functions.
type Runner struct {
	Queue  Queue
	Do     map[Kind]Do
	Spare  time.Duration                                   // no task begins with less than this left of the invocation's time (fault F05)
	Failed func(ctx context.Context, task Task, err error) // logs a task that failed
	Now    func() time.Time
}

// Batch does the tasks that a batch of the stream names, and returns the indexes of those that failed. Without enough time left, it leaves the
// rest to the schedule: while SES is silent, each mail of a batch takes its whole time (fault F23).
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

// Scheduled does everything that is due, as far as the time of the invocation goes. A task that fails does not keep the others waiting (fault
// F19).
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
