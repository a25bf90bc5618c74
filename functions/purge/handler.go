package main

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"log/slog"
	"os"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// longest is how long the lease is held where the function has no deadline.
const longest = 15 * time.Minute

// bucket is what purge needs of the bucket of exports.
type bucket interface {
	Older(ctx context.Context, than time.Time) iter.Seq2[string, error]
	Delete(ctx context.Context, key string) error
}

// journal is what purge needs of the ledger.
type journal interface {
	Lease(ctx context.Context, until time.Time) (release func(context.Context) error, free bool, err error)
	Keep(ctx context.Context, report retention.Report) error
}

type handler struct {
	records retention.Records
	exports bucket
	ledger  journal
	policy  *policy.Policy
	grace   time.Duration
	stack   string // its name is the dimension of the metrics
	now     func() time.Time
}

// handle sweeps once and returns the retention report, whatever the schedule sent. If another sweep is running, the
// report says so and nothing else happens.
func (h handler) handle(ctx context.Context, _ json.RawMessage) (retention.Report, error) {
	deadline, limited := ctx.Deadline()
	until := h.now().Add(longest)
	if limited {
		until = deadline
	}
	release, free, err := h.ledger.Lease(ctx, until)
	if err != nil {
		return retention.Report{}, err
	}
	if !free {
		slog.InfoContext(ctx, "another sweep is running")
		return retention.Report{SweptAt: h.now().UTC(), Categories: []retention.CategoryReport{}, Held: true}, nil
	}
	sweep := retention.Sweep{Records: h.records, Policy: h.policy, Now: h.now, Grace: h.grace, Deadline: deadline}
	report, swept := sweep.Run(ctx)
	exports, dropped := h.dropExports(ctx)
	kept := h.ledger.Keep(ctx, report)
	slog.InfoContext(ctx, "swept", "deleted", report.Deleted(), "overdue", report.Overdue(), "exports", exports)
	measured := metric.Values{metric.SecondsPastExpiry: report.PastExpiry.Seconds()}
	for _, err := range []error{swept, dropped, kept, release(ctx)} {
		if err != nil {
			slog.ErrorContext(ctx, "the sweep is incomplete", "error", fault.Class(err))
			h.measure(ctx, measured)
			return report, errIncomplete
		}
	}
	measured[metric.SuccessfulPurges] = 1
	h.measure(ctx, measured)
	return report, nil
}

// measure writes metrics. What fails at that is no failure of the sweep; the alarm on missing data hears of it.
func (h handler) measure(ctx context.Context, values metric.Values) {
	if err := metric.Put(os.Stdout, h.stack, h.now(), values); err != nil {
		slog.ErrorContext(ctx, "no metrics", "error", fault.Class(err))
	}
}

// errIncomplete makes the schedule try again. Its text is all that leaves the function; the cause is in the log, by class.
var errIncomplete = errors.New("purge: the sweep is incomplete")

// exportSlack is how much longer than its link an export is kept: the link's life starts with the mail, the object's with its upload.
const exportSlack = time.Hour

// dropExports deletes the sealed exports whose life is over.
func (h handler) dropExports(ctx context.Context) (int, error) {
	count := 0
	for key, err := range h.exports.Older(ctx, h.policy.ExportsMadeBefore(h.now()).Add(-exportSlack)) {
		if err != nil {
			return count, err
		}
		if err := h.exports.Delete(ctx, key); err != nil {
			return count, err
		}
		count++
	}
	return count, nil
}
