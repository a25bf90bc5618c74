package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

type handler struct {
	purge retention.Purge
	stack string // the name of the stack, a dimension of the metrics
}

// errIncomplete makes the schedule try again. Lambda sees only this text; the cause is in the log, by class.
var errIncomplete = errors.New("purge: the sweep is incomplete")

// handle purges once and returns the retention report. It ignores the event that the schedule sends.
func (h handler) handle(ctx context.Context, _ json.RawMessage) (retention.Report, error) {
	report, measured, failed := h.purge.Run(ctx)
	// If the metrics cannot be written, the sweep still succeeds, and the alarm on missing data rings.
	if err := metric.Put(os.Stdout, h.stack, h.purge.Now(), measured); err != nil {
		slog.ErrorContext(ctx, "no metrics", "error", fault.Class(err))
	}
	if failed != nil {
		slog.ErrorContext(ctx, "the sweep is incomplete", "error", fault.Class(failed))
		return report, errIncomplete
	}
	return report, nil
}
