package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// newRunner returns a runner of exports. A run of the schedule mails one export, so that each export has the function's whole time. After a
// failed attempt the run tries the next export, so that an export that always fails does not block the others (fault F19).
func newRunner(due work.Queue, delivery *export.Delivery, now func() time.Time) *work.Runner {
	return &work.Runner{Queue: due, Do: map[work.Kind]work.Do{work.Export: delivery.Do}, Failed: logFailed, Now: now}
}

func logFailed(ctx context.Context, task work.Task, err error) {
	id, attempt, _ := export.ParseID(task.Ref)
	slog.ErrorContext(ctx, "export failed", "request", id, "attempt", attempt, "error", fault.Class(err))
}
