package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// spare is the time that must be left before the function's timeout to begin another step (fault F05). An erasure that takes longer is ended by the
// timeout, and the next run goes on with it (fault F16).
const spare = 30 * time.Second

// newRunner returns the runner of the steps of erasures. A step that fails does not stop those of other erasures (fault F19).
func newRunner(due work.Queue, eraser *erasure.Eraser, now func() time.Time) *work.Runner {
	return &work.Runner{Queue: due, Do: map[work.Kind]work.Do{work.Erase: work.Step(eraser.Run)}, Spare: spare, Failed: logFailed, Now: now}
}

func logFailed(ctx context.Context, task work.Task, err error) {
	slog.ErrorContext(ctx, "a step of an erasure failed", "request", task.Ref, "error", fault.Class(err))
}
