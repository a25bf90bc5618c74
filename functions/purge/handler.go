package main

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/objects"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// longest is how long the sweep takes the lease if the function has no deadline.
const longest = 15 * time.Minute

// bucket is what purge needs of the bucket of exports.
type bucket interface {
	All(ctx context.Context) iter.Seq2[objects.Object, error]
	Delete(ctx context.Context, key string) error
}

// journal is what purge needs of the ledger.
type journal interface {
	Lease(ctx context.Context, until time.Time) (release func(context.Context) error, free bool, err error)
	Keep(ctx context.Context, report retention.Report) error
	Positions(ctx context.Context) (map[string]retention.Position, error)
	SavePositions(ctx context.Context, before, next map[string]retention.Position) error
}

type handler struct {
	records retention.Records
	own     retention.Own
	exports bucket
	ledger  journal
	policy  *policy.Policy
	grace   time.Duration
	stack   string // a dimension of the metrics
	now     func() time.Time
}

// handle sweeps once and returns the retention report. It ignores the event that the schedule sends. If another sweep is running,
// the report says so and nothing else happens.
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
	// The survey of the service's own kinds is bounded, so it runs first. A backlog of records can then not use up its time.
	own, goOn, surveyed := h.survey(ctx, deadline)
	sweep := retention.Sweep{Records: h.records, Policy: h.policy, Now: h.now, Grace: h.grace, Deadline: deadline}
	report, swept := sweep.Run(ctx)
	exports, left, dropped := h.dropExports(ctx)
	report.Own = slices.Concat(own, []retention.OwnReport{left})
	kept := h.ledger.Keep(ctx, report)
	if kept == nil { // last: if the run is killed before this, the next one looks at the same items again
		kept = goOn(ctx)
	}
	slog.InfoContext(ctx, "swept", "deleted", report.Deleted(), "overdue", report.Overdue(), "exports", exports)
	measured := metric.Values{metric.SecondsPastExpiry: report.PastExpiry.Seconds()}
	if past := report.PastExpiryOwn(); surveyed == nil || past > 0 { // if the survey failed and saw nothing overdue, that does not prove that nothing is
		measured[metric.SecondsPastExpiryOwn] = past.Seconds()
	}
	for _, err := range []error{surveyed, swept, dropped, kept, release(ctx)} {
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

// survey looks for overdue items of the service's own kinds. It also returns a function that stores where the next sweep continues.
func (h handler) survey(ctx context.Context, deadline time.Time) (rows []retention.OwnReport, goOn func(context.Context) error, failed error) {
	from, err := h.ledger.Positions(ctx)
	if err != nil {
		return nil, func(context.Context) error { return nil }, err
	}
	rows, next, failed := retention.Survey{Own: h.own, Policy: h.policy, Now: h.now, Deadline: deadline}.Run(ctx, from)
	return rows, func(ctx context.Context) error { return h.ledger.SavePositions(ctx, from, next) }, failed
}

// measure writes metrics. If that fails, the sweep still succeeds, and the alarm on missing data rings.
func (h handler) measure(ctx context.Context, values metric.Values) {
	if err := metric.Put(os.Stdout, h.stack, h.now(), values); err != nil {
		slog.ErrorContext(ctx, "no metrics", "error", fault.Class(err))
	}
}

// errIncomplete makes the schedule try again. Lambda sees only this text; the cause is in the log, by class.
var errIncomplete = errors.New("purge: the sweep is incomplete")

// exportSlack is how much longer an export is kept than its link. The link's life starts with the mail, the object's with its upload.
const exportSlack = time.Hour

// failures is how many deletions may fail before the remaining exports are only counted. Otherwise a failing bucket could use up all the time.
const failures = 3

// dropExports deletes the sealed exports whose life has ended, and reports those that are still there.
func (h handler) dropExports(ctx context.Context) (count int, left retention.OwnReport, failed error) {
	left = retention.OwnReport{Kind: policy.ExportObject, Rule: h.policy.RetentionOf(policy.ExportObject).ID}
	now := h.now()
	life := now.Sub(h.policy.ExportsMadeBefore(now)) + exportSlack
	for object, err := range h.exports.All(ctx) {
		if err != nil {
			return count, left, err
		}
		left.Looked++
		over := object.At.Add(life)
		if !over.Before(now) {
			continue
		}
		if left.Expired < failures {
			if err = h.exports.Delete(ctx, object.Key); err == nil {
				count++
				continue
			}
			failed = err
		}
		left.Outlived(over)
	}
	return count, left, failed
}
