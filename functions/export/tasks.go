package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// newRunner returns a runner of exports. A run of the schedule mails one export, so that each has the whole time of a function. An attempt
// that comes to nothing lets the next have the rest of it, so that one which fails every time does not keep the others waiting (fault F19).
func newRunner(due work.Queue, delivery *export.Delivery, now func() time.Time) *work.Runner {
	return &work.Runner{Queue: due, Do: map[work.Kind]work.Do{work.Export: delivery.Do}, Failed: logFailed, Now: now}
}

func logFailed(ctx context.Context, task work.Task, err error) {
	id, attempt, _ := export.ParseID(task.Ref)
	slog.ErrorContext(ctx, "export failed", "request", id, "attempt", attempt, "error", fault.Class(err))
}

// stopped tells the team of an export that failed too often: by a metric, whose alarm rings, and by a line of the log that names the request.
func stopped(meter metric.Meter) func(context.Context, string) {
	return func(ctx context.Context, id string) {
		slog.ErrorContext(ctx, "export stopped", "request", id)
		if err := meter.Count(metric.ExportsStopped); err != nil {
			slog.ErrorContext(ctx, "no metrics", "error", fault.Class(err))
		}
	}
}
