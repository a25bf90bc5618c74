package retention_test

import (
	"fmt"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/retention"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// An invoice is kept for seven years after the time in its member issuedAt, which the rule of its category names (promise F02).
func ExampleExpires() {
	rule := policy.Newest().RetentionFor(privacy.Transaction)
	invoice := record.Record{Category: privacy.Transaction, ID: "2024-117", Data: []byte(`{"issuedAt":"2024-02-29T10:00:00Z"}`)}
	now := time.Date(2026, time.November, 28, 12, 0, 0, 0, time.UTC)

	expires, ends := retention.Expires(rule, standing.Unknown, invoice.Time, now)
	fmt.Println(retention.Member(rule), expires.Format(time.RFC3339), ends)
	// Output: issuedAt 2031-02-28T10:00:00Z true
}
