// Package retention applies the retention schedule: it computes when a record's period ends, and its sweeps delete what has expired. All
// times are UTC (fault F22).
package retention

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// start returns when a period that ends at t began. At the end of a month the result may be a few days early. start assumes that marketing
// data with an end never had a consent.
func start(rule policy.Retention, t time.Time) time.Time {
	span := rule.Span()
	span.Days += rule.UnconsentedDays
	return span.Before(t)
}
