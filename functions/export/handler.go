package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// due lists the work whose time has come.
type due interface {
	Due(ctx context.Context, now time.Time) ([]request.Reference, error)
}

type handler struct {
	due      due
	delivery *request.Delivery
	now      func() time.Time
}

// handle makes the export that a stream record announces, or with the schedule's event one that is due: one invocation
// mails one export, so that each has the whole time of a function. An attempt that comes to nothing lets the next have the rest of it, so
// that one which fails every time does not keep the others waiting (fault F19).
func (h handler) handle(ctx context.Context, event requests.Event) (requests.Answer, error) {
	if event.FromStream() {
		return event.Each(ctx, h.one), nil
	}
	references, err := h.due.Due(ctx, h.now())
	if err != nil {
		return requests.Answer{}, err
	}
	var failed []error
	for _, reference := range references {
		if _, export := requests.ParseExport(reference.SK); !export {
			continue
		}
		mailed, err := h.attempt(ctx, reference)
		failed = append(failed, err)
		if mailed || ctx.Err() != nil {
			break
		}
	}
	return requests.Answer{}, errors.Join(failed...)
}

func (h handler) one(ctx context.Context, reference request.Reference) error {
	_, err := h.attempt(ctx, reference)
	return err
}

// attempt makes the export that the item stands for, and reports whether it was mailed.
func (h handler) attempt(ctx context.Context, reference request.Reference) (mailed bool, err error) {
	id, known := requests.ParsePK(reference.PK)
	attempt, export := requests.ParseExport(reference.SK)
	if !known || !export {
		return false, nil
	}
	mailed, err = h.delivery.Run(ctx, id, attempt)
	if err != nil {
		slog.Error("export failed", "request", id, "attempt", attempt, "error", fault.Class(err))
	}
	return mailed, err
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
