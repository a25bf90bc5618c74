package standing_test

import (
	"fmt"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// A data subject's contract runs, and later an end becomes known. Each transition takes a state and returns the next one.
func ExampleState_Contracted() {
	rule := policy.Newest().RetentionFor(privacy.Account)
	show := func(s standing.State) {
		if end, ends := s.AccountDataEnds(rule); ends {
			fmt.Println(s.Contract, "account data expires on", end.Format(time.DateOnly))
			return
		}
		fmt.Println(s.Contract, "account data has no expiry")
	}

	account := standing.Account{ID: "a-1", StartedAt: time.Date(2025, time.May, 1, 0, 0, 0, 0, time.UTC)}
	running := standing.Unknown.Contracted([]standing.Account{account})
	show(running)

	account.EndedAt = time.Date(2026, time.November, 30, 0, 0, 0, 0, time.UTC)
	show(running.Contracted([]standing.Account{account}))
	// Output:
	// running account data has no expiry
	// ended account data expires on 2028-11-30
}

// Marketing data without a consent expires after 30 days. A consent keeps it, and a withdrawal ends it at once (promise F04).
func ExampleState_Chosen() {
	rule := policy.Newest().RetentionFor(privacy.Marketing)
	now := time.Date(2026, time.November, 1, 12, 0, 0, 0, time.UTC)
	show := func(s standing.State, now time.Time) {
		if end, ends := s.MarketingDataEnds(rule, now); ends {
			fmt.Println("expires on", end.Format(time.DateOnly))
			return
		}
		fmt.Println("no expiry")
	}

	end, ends := standing.Unknown.MarketingDataEnds(rule, now)
	s := standing.Unknown.Stored(privacy.Marketing, end, ends, now)
	show(s, now)

	later := now.AddDate(0, 0, 10)
	s = s.Chosen(rule, standing.Consented, standing.Proof{Until: later.AddDate(3, 6, 0), Version: 1}, later)
	show(s, later)

	later = later.AddDate(0, 0, 10)
	s = s.Chosen(rule, standing.Withdrawn, standing.Proof{Until: later.AddDate(3, 6, 0), Version: 2}, later)
	show(s, later)
	// Output:
	// expires on 2026-12-01
	// no expiry
	// expires on 2026-11-21
}
