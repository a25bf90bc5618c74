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

// Kept returns the expiry of a record that is taken in, and whose regular period ends at regular, or zero if nothing has started it. covered says that an
// erasure covers the record: it is taken in only because the erasure withholds its category. Data whose use is restricted or which is under a legal hold
// is kept past its period (GDPR Art. 18). rule is the retention rule of the category.
func Kept(rule policy.Retention, category privacy.Category, regular time.Time, state standing.State, covered bool) Expiry {
	if end, ends := state.CoveredUntil(state.Withholding(), rule, category); covered && ends {
		return Expiry{At: end}
	}
	switch {
	case !state.Suspends(category):
		return Expiry{At: regular}
	case FollowsState(category):
		return Expiry{}
	default:
		return Expiry{Otherwise: regular}
	}
}

// Period says when all stored records of a category expire that are stored under the id of one data subject.
type Period struct {
	Suspended bool      // they do not expire while the state suspends their period
	Own       bool      // each has an expiry of its own
	At        time.Time // otherwise: when all of them expire; zero for never

	Erasure string // covers every record that does not say it came after it; empty if nothing of the data subject was erased
	Covered End    // of what it covers
	TakenIn End    // of what was taken in although an erasure covers it ([standing.Covered])
}

// End is when records expire because of an erasure.
type End struct {
	Ends bool      // they do; otherwise they have the period of others
	At   time.Time // zero while it is not known
}

// PeriodOf returns the period of a category's records that follows from the state. person is the data subject under whose id they are stored: the one with
// the state, or somebody who was joined to them.
func PeriodOf(p *policy.Policy, category privacy.Category, state standing.State, person privacy.SubjectID, now time.Time) Period {
	period, rule := Period{Suspended: state.Suspends(category), Own: !FollowsState(category)}, p.RetentionFor(category)
	if !period.Suspended && !period.Own {
		none := func(string) time.Time { return time.Time{} }
		period.At, _ = Expires(rule, state, none, now)
	}
	erased, _ := state.CoveredBy(person)
	period.Erasure = erased.Request
	period.Covered.At, period.Covered.Ends = state.CoveredUntil(erased, rule, category)
	period.TakenIn.At, period.TakenIn.Ends = state.CoveredUntil(state.Withholding(), rule, category)
	return period
}

// Of returns the expiry that the period gives to a record whose expiry was another one so far. It is the same again for a record that follows the
// period already. after is what the record says: the erasure that it came after, or [standing.Covered]; empty for neither.
func (p Period) Of(was Expiry, after string) Expiry {
	switch {
	case after == standing.Covered && p.TakenIn.Ends:
		return Expiry{At: p.TakenIn.At}
	case after != standing.Covered && p.Erasure != "" && after != p.Erasure && p.Covered.Ends:
		return Expiry{At: p.Covered.At}
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
