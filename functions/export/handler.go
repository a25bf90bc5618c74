package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/fault"
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
// makes one attempt, so that each has the whole time of a function.
func (h handler) handle(ctx context.Context, event requests.Event) (requests.Answer, error) {
	if event.FromStream() {
		return event.Each(ctx, h.one), nil
	}
	references, err := h.due.Due(ctx, h.now())
	if err != nil {
		return requests.Answer{}, err
	}
	for _, reference := range references {
		if _, export := requests.ParseExport(reference.SK); export {
			return requests.Answer{}, h.one(ctx, reference)
		}
	}
	return requests.Answer{}, nil
}

func (h handler) one(ctx context.Context, reference request.Reference) error {
	id, known := requests.ParsePK(reference.PK)
	attempt, export := requests.ParseExport(reference.SK)
	if !known || !export {
		return nil
	}
	err := h.delivery.Run(ctx, id, attempt)
	if err != nil {
		slog.Error("export failed", "request", id, "attempt", attempt, "error", fault.Class(err))
	}
	return err
}
