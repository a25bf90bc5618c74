package records

import (
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// Order returns the positions of one subject's records in the order in which they take effect: the account records first, since they
// decide how long the others are kept, and of those the account whose contract runs or ended last. One that ended too long ago to be
// kept by itself then meets the contract for whose sake it is, whichever line came first: the same lines sent again change nothing.
func Order(rs []record.Record) []int {
	ends := ends(rs)
	order := make([]int, len(rs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := rs[i].Category == privacy.Account, rs[j].Category == privacy.Account
		switch {
		case a && b:
			return byEnd(ends[rs[i].ID], ends[rs[j].ID])
		case a:
			return -1
		case b:
			return 1
		}
		return 0
	})
	return order
}

// byEnd sorts the contract that runs first, then by end, the latest first.
func byEnd(a, b time.Time) int {
	switch {
	case a.IsZero() && !b.IsZero():
		return -1
	case b.IsZero() && !a.IsZero():
		return 1
	}
	return b.Compare(a)
}

// ends returns when the contract of each account among the records ended, zero while it runs, once all of them have taken effect.
func ends(rs []record.Record) map[string]time.Time {
	var accounts []record.Record
	for _, r := range rs {
		if r.Category == privacy.Account {
			accounts = append(accounts, r)
		}
	}
	slices.SortStableFunc(accounts, func(a, b record.Record) int { return a.OccurredAt.Compare(b.OccurredAt) })
	ends := map[string]time.Time{}
	for _, r := range accounts {
		started, over := r.Contract()
		this := retention.Account{ID: r.ID, StartedAt: started, EndedAt: over}
		ends[r.ID] = this.Carry(ends[r.ID]).EndedAt
	}
	return ends
}
