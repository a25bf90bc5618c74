package retention

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Report shows what a sweep did and how old what is left is, against the rule that governs it (promise F07).
type Report struct {
	SweptAt    time.Time        `json:"sweptAt"`
	Categories []CategoryReport `json:"categories"`
	Held       bool             `json:"held,omitempty"` // another sweep was running, so this one did nothing

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
