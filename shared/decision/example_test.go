package decision_test

import (
	"fmt"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/decision"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// A data subject granted marketing mail a month ago. The grant counts until it expires. Invoices need no consent.
func ExampleDecide() {
	granted := time.Date(2026, time.October, 28, 9, 0, 0, 0, time.UTC)
	record := consent.Record{
		Version: 1,
		Decisions: map[privacy.Purpose]consent.Decision{
			privacy.MarketingEmail: {State: consent.Granted, DecidedAt: granted, ExpiresAt: granted.AddDate(0, 6, 0)},
		},
		ExpiresAt: granted.AddDate(3, 6, 0),
	}
	month, year := granted.AddDate(0, 1, 0), granted.AddDate(1, 0, 0)
	show := func(purpose privacy.Purpose, facts decision.Facts) {
		d := decision.Decide(policy.Newest(), purpose, facts)
		fmt.Println(purpose, d.Allowed, d.Reason)
	}

	show(privacy.MarketingEmail, decision.Facts{Newest: record, Now: month})
	show(privacy.MarketingEmail, decision.Facts{Newest: record, Now: year})
	show(privacy.MarketingEmail, decision.Facts{Newest: record, Now: month, Under16: true})
	show(privacy.MarketingEmail, decision.Facts{Now: month})
	show("invoicing", decision.Facts{Now: month})
	// Output:
	// marketing_email true consent
	// marketing_email false expired
	// marketing_email false age
	// marketing_email false undecided
	// invoicing true basis
}
