package retention

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// FollowsState reports whether the expiry of a category's records depends on nothing but the state of the data subject. The records of the other
// categories each have an expiry of their own, which starts at a time in the record.
func FollowsState(category privacy.Category) bool {
	return category.IsAccountData() || category == privacy.Marketing
}

// Expiry is when a stored record expires.
type Expiry struct {
	At time.Time // zero while nothing has started the period, and while the state suspends it
	// Otherwise is when the record would expire if the state did not suspend its period. It is zero for a record that is not suspended, and for
	// one whose expiry can be computed from the state.
	Otherwise time.Time
}

// Kept returns the expiry of a record whose regular period ends at the time given, or zero if nothing has started it. Data whose use is restricted
// is kept past its period, because the data subject needs it or because its accuracy is being checked (GDPR Art. 18).
func Kept(category privacy.Category, regular time.Time, state standing.State) Expiry {
	switch {
	case !state.Suspends(category):
		return Expiry{At: regular}
	case FollowsState(category):
		return Expiry{}
	default:
		return Expiry{Otherwise: regular}
	}
}

// Period says when all stored records of a category of one data subject expire.
type Period struct {
	Suspended bool      // they do not expire while the state suspends their period
	Own       bool      // each has an expiry of its own
	At        time.Time // otherwise: when all of them expire; zero for never
}

// PeriodOf returns the period of a category's records that follows from the state.
func PeriodOf(p *policy.Policy, category privacy.Category, state standing.State, now time.Time) Period {
	period := Period{Suspended: state.Suspends(category), Own: !FollowsState(category)}
	if !period.Suspended && !period.Own {
		none := func(string) time.Time { return time.Time{} }
		period.At, _ = Expires(p.RetentionFor(category), state, none, now)
	}
	return period
}

// Of returns the expiry that the period gives to a record whose expiry was another one so far. It is the same again for a record that follows the
// period already.
func (p Period) Of(was Expiry) Expiry {
	switch {
	case !p.Own:
		return Expiry{At: p.At}
	case p.Suspended && was.Otherwise.IsZero():
		return Expiry{Otherwise: was.At}
	case !p.Suspended && !was.Otherwise.IsZero():
		return Expiry{At: was.Otherwise}
	default:
		return was
	}
}
