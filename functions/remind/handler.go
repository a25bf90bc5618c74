package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

type handler struct{ reminders *request.Reminders }

// errIncomplete counts the run as failed. Lambda sees only this text; the cause is in the log, by class.
var errIncomplete = errors.New("remind: not everybody could be reminded")

// handle reminds whoever has to be reminded. It ignores the event that the schedule sends.
func (h handler) handle(ctx context.Context, _ json.RawMessage) error {
	if err := h.reminders.Run(ctx); err != nil {
		slog.ErrorContext(ctx, "not everybody could be reminded", "error", fault.Class(err))
		return errIncomplete
	}
	return nil
}

// proofs has mails with links due, as for a request that waits.
type proofs struct{ *mailbox.LinkMailing }

// Want implements [request.Wanter].
func (p proofs) Want(ctx context.Context, a subject.Address) error {
	return p.LinkMailing.Want(ctx, a, mailbox.ForRequests)
}

// measure writes the counts as metrics. If they cannot be written, everybody is reminded all the same.
func measure(meter metric.Meter) func(context.Context, request.Digest) {
	return func(ctx context.Context, d request.Digest) {
		err := metric.Put(meter.Out, meter.Stack, d.At, metric.Values{metric.RequestsNear: float64(d.Urgent), metric.RequestsOverdue: float64(d.Overdue)})
		if err != nil {
			slog.ErrorContext(ctx, "no metrics", "error", fault.Class(err))
		}
	}
}

func logFailed(ctx context.Context, id string, err error) {
	slog.ErrorContext(ctx, "somebody could not be reminded", "request", id, "error", fault.Class(err))
}
