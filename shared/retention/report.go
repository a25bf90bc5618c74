package retention

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Report shows what a sweep did, how old the remaining data is, and which rule applies to it (promise F07).
type Report struct {
	SweptAt    time.Time        `json:"sweptAt"`
	Categories []CategoryReport `json:"categories"`
	Own        []OwnReport      `json:"own,omitempty"`  // what the service keeps for itself; reports of older versions have none
	Leased     bool             `json:"held,omitempty"` // another sweep had the lease, so this one did nothing

	PastExpiry time.Duration `json:"-"` // how long the most overdue record left has outlived its expiry; a metric (promise F07)
}

// CategoryReport is a category's row of a report.
type CategoryReport struct {
	Category privacy.Category `json:"category"`
	Rule     string           `json:"rule"`    // id of the row in the retention schedule
	Deleted  int              `json:"deleted"` // records that this sweep removed
	Oldest   *time.Time       `json:"oldest"`  // start of the period of the oldest record left; null if no period runs
	Overdue  int              `json:"overdue"` // records still there more than 24 hours past their expiry
}

// Deleted returns how many records the sweep removed.
func (r Report) Deleted() int {
	sum := 0
	for _, c := range r.Categories {
		sum += c.Deleted
	}
	return sum
}

// Overdue returns how many records are overdue.
func (r Report) Overdue() int {
	sum := 0
	for _, c := range r.Categories {
		sum += c.Overdue
	}
	return sum
}

// OwnReport is the row of a kind that the service keeps for itself. It counts what one sweep looked at. Of a large table that is only a
// part, and later sweeps look at the rest.
type OwnReport struct {
	Kind      policy.Kind `json:"kind"`
	Rule      string      `json:"rule"`      // id of the row in the retention schedule
	Looked    int         `json:"looked"`    // items that this sweep looked at
	Expired   int         `json:"expired"`   // of these: expired, and still stored
	ExpiredAt *time.Time  `json:"expiredAt"` // when the first of these expired; null if there are none
	Ignored   int         `json:"ignored"`   // of all looked at: those that DynamoDB's TTL never deletes (fault F10)

	named int // items that were logged
}

// outlived counts an item that is still stored after it expired.
func (r *OwnReport) outlived(expired time.Time) {
	r.Expired++
	if r.ExpiredAt == nil || expired.Before(*r.ExpiredAt) {
		r.ExpiredAt = &expired
	}
}

// PastExpiryOwn returns how long the most overdue of the service's own items has outlived its expiry; a metric (promise F07). The age of an
// item that TTL never deletes may be unknown. It counts as five years late, which is how far back TTL reaches (fault F10).
func (r Report) PastExpiryOwn() time.Duration {
	var longest time.Duration
	for _, own := range r.Own {
		if own.ExpiredAt != nil {
			longest = max(longest, r.SweptAt.Sub(*own.ExpiredAt))
		}
		if own.Ignored > 0 {
			longest = max(longest, r.SweptAt.Sub(r.SweptAt.AddDate(-ttlYears, 0, 0)))
		}
	}
	return longest
}
