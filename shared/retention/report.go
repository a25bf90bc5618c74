package retention

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Report shows what a sweep did and how old what is left is, against the rule that governs it (promise F07).
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

// OwnReport is the row of a kind that the service keeps for itself. It counts what one sweep has looked at: of a large table that is a
// part, and the sweeps after it look at the rest.
type OwnReport struct {
	Kind      policy.Kind `json:"kind"`
	Rule      string      `json:"rule"`      // id of the row in the retention schedule
	Looked    int         `json:"looked"`    // items that this sweep looked at
	Expired   int         `json:"expired"`   // of them: expired, and still stored
	ExpiredAt *time.Time  `json:"expiredAt"` // when the first of these expired; null if there are none
	Ignored   int         `json:"ignored"`   // of all: what DynamoDB's TTL never takes (fault F10)

	named int // items that were logged
}

// outlived counts an item that is still stored after it expired.
func (r *OwnReport) outlived(expired time.Time) {
	r.Expired++
	if r.ExpiredAt == nil || expired.Before(*r.ExpiredAt) {
		r.ExpiredAt = &expired
	}
}

// PastExpiryOwn returns how long the most overdue item of the service's own has outlived its expiry; a metric (promise F07). What TTL
// never takes has no age that could be told, and counts as late as TTL's reach is long: five years (fault F10).
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
