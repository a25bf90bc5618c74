// Package retention is the retention schedule at work: when a record's period ends, and the sweep that deletes what has expired. All times
// are UTC (fault F22).
package retention

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// After returns the end of a rule's period that starts at t.
func After(rule policy.Retention, t time.Time) time.Time {
	return rule.Span().After(t)
}

// start returns where a period that ends at t began; at a month's end it may be a few days early. Marketing data that
// has an end is taken to have had no consent.
func start(rule policy.Retention, t time.Time) time.Time {
	span := rule.Span()
	span.Days += rule.UnconsentedDays
	return span.Before(t)
}
