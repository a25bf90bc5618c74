package retention

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// Leases keeps two sweeps from running at once.
type Leases interface {
	// Lease takes the lease until the time given, unless another sweep has it. free reports whether it was taken; release gives it back.
	Lease(ctx context.Context, until time.Time) (release func(context.Context) error, free bool, err error)
}

// Ledger keeps reports, and the positions at which a survey goes on.
type Ledger interface {
	Keep(ctx context.Context, report Report) error
	Positions(ctx context.Context) (map[string]Position, error)
	SavePositions(ctx context.Context, before, next map[string]Position) error
}

// longest is how long a lease lasts if the context has no deadline. No function runs longer.
const longest = 15 * time.Minute

// Purge is one run of the schedule. It deletes the records and the sealed exports that have expired, looks at the service's own kinds, and
// stores a report (promises F07, F08).
type Purge struct {
	Records Records
	Own     Own
	Exports Exports
	Leases  Leases
	Ledger  Ledger
	Policy  func(now time.Time) *policy.Policy // policy.InForce
	Now     func() time.Time
	Grace   time.Duration // how long DynamoDB's TTL, which is free, gets to delete records first
}

// Run purges once and returns the report and the metrics. If another sweep has the lease, the report says so, and nothing else happens.
// After an error the report shows what was done anyway, and the next run does the rest (fault F18).
func (p Purge) Run(ctx context.Context) (Report, metric.Values, error) {
	deadline, limited := ctx.Deadline()
	until := deadline
	if !limited {
		until = p.Now().Add(longest)
	}
	release, free, err := p.Leases.Lease(ctx, until)
	if err != nil {
		return Report{}, nil, err
	}
	if !free {
		slog.InfoContext(ctx, "another sweep is running")
		return Report{SweptAt: p.Now().UTC(), Categories: []CategoryReport{}, Leased: true}, nil, nil
	}
	// The survey comes first, because it reads a bounded amount: a backlog of records must not leave it without time.
	own, savePositions, surveyErr := p.survey(ctx, deadline)
	report, sweepErr := Sweep{Records: p.Records, Policy: p.Policy, Now: p.Now, Grace: p.Grace, Deadline: deadline}.Run(ctx)
	exports, row, exportsErr := ExportSweep{p.Exports, p.Policy, p.Now}.Run(ctx)
	report.Own = slices.Concat(own, []OwnReport{row})
	storeErr := p.Ledger.Keep(ctx, report)
	if storeErr == nil { // last, so that after a killed run the next one looks at the same items again (fault F03)
		storeErr = savePositions(ctx)
	}
	slog.InfoContext(ctx, "swept", "deleted", report.Deleted(), "overdue", report.Overdue(), "exports", exports)
	var failed error
	for _, err := range []error{surveyErr, sweepErr, exportsErr, storeErr, release(ctx)} {
		failed = first(failed, err)
	}
	return report, measured(report, surveyErr == nil, failed == nil), failed
}

// survey looks at the service's own kinds. savePositions stores the positions at which the next run goes on.
func (p Purge) survey(ctx context.Context, deadline time.Time) (rows []OwnReport, savePositions func(context.Context) error, failed error) {
	from, err := p.Ledger.Positions(ctx)
	if err != nil {
		return nil, func(context.Context) error { return nil }, err
	}
	rows, next, failed := Survey{Own: p.Own, Policy: p.Policy, Now: p.Now, Deadline: deadline}.Run(ctx, from)
	return rows, func(ctx context.Context) error { return p.Ledger.SavePositions(ctx, from, next) }, failed
}

// measured returns the metrics of a run. A survey that failed may have missed what is late, so if it found nothing late, its metric is left
// out. Only a run without any error counts as successful.
func measured(report Report, surveyed, complete bool) metric.Values {
	values := metric.Values{metric.SecondsPastExpiry: report.PastExpiry.Seconds()}
	if past := report.PastExpiryOwn(); surveyed || past > 0 {
		values[metric.SecondsPastExpiryOwn] = past.Seconds()
	}
	if complete {
		values[metric.SuccessfulPurges] = 1
	}
	return values
}
