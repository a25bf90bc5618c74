package policy

import (
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

//go:generate go run ./compile

// Current returns the version in force. Callers must not change it, because all of them share one static literal. What a function
// needs of it on a hot path has its own accessor below, which does not link the whole policy.
func Current() *Policy { return &current }

// Versions returns every version ever published, starting with the one in force (promise A02). Callers must not change the list.
func Versions() []Published { return published }

// ConsentPurposes returns the purposes that rest on consent. Consent is asked for no others (promise C02).
func ConsentPurposes() []privacy.Purpose { return consentPurposes }

// Shares reports whether a purpose counts as sale or sharing under the CCPA. Global Privacy Control denies such a purpose (promise D01).
func Shares(p privacy.Purpose) bool { return slices.Contains(sharingPurposes, p) }

// DaysAfter returns the end of the last of the given number of days after a date of publication, in UTC. A publication happens at
// some time of its day, so whole days count from the next midnight (promise K03). DaysAfter panics if the date is not YYYY-MM-DD:
// dates are compiled in and checked at build time.
func DaysAfter(date string, days int) time.Time {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic("policy: a date of publication is not YYYY-MM-DD")
	}
	return day.AddDate(0, 0, days+1)
}
