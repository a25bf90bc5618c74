package standing

import (
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// limit is one of the things that a request imposed.
type limit[T any] interface {
	by() string           // the request
	since(time.Time) bool // imposed at that time or later
	Equal(T) bool
	both() bool
	as(both bool) T // the same, of both or of one
}

func (o OptOut) by() string      { return o.Request }
func (o Objection) by() string   { return o.Request }
func (r Restriction) by() string { return r.Request }
func (h Hold) by() string        { return h.ID }

func (o OptOut) since(t time.Time) bool      { return !o.At.Before(t) }
func (o Objection) since(t time.Time) bool   { return !o.At.Before(t) }
func (r Restriction) since(t time.Time) bool { return !r.At.Before(t) }
func (h Hold) since(t time.Time) bool        { return !h.At.Before(t) }

func (o OptOut) both() bool      { return o.Both }
func (o Objection) both() bool   { return o.Both }
func (r Restriction) both() bool { return r.Both }
func (h Hold) both() bool        { return h.Both }

func (o OptOut) as(both bool) OptOut           { o.Both = both; return o }
func (o Objection) as(both bool) Objection     { o.Both = both; return o }
func (r Restriction) as(both bool) Restriction { r.Both = both; return r }
func (h Hold) as(both bool) Hold               { h.Both = both; return h }

// has reports whether something is in a list, whomever it is of.
func has[T limit[T]](list []T, one T) bool {
	return slices.ContainsFunc(list, func(other T) bool { return other.as(false).Equal(one.as(false)) })
}

// imposed reports whether the request has imposed anything in a list.
func imposed[T limit[T]](list []T, request string) bool {
	return slices.ContainsFunc(list, func(one T) bool { return one.by() == request })
}

// lifted returns a list without what the request has imposed.
func lifted[T limit[T]](list []T, request string) []T {
	return without(list, func(one T) bool { return one.by() == request })
}

// unitedLimits unites what two data subjects have limited who are one person from now on. Nothing that either forbids is lost. If either keeps data
// past its period, that holds for the data of both from now on, so the records of the other need a new expiry (fault F27).
func (s State) unitedLimits(other State, now time.Time) State {
	s.OptOuts = united(s.OptOuts, other.OptOuts)
	s.Objections = united(s.Objections, other.Objections)
	s.Restrictions = united(s.Restrictions, other.Restrictions)
	s.Holds = united(s.Holds, other.Holds)
	s.FencedAt = later(s.FencedAt, other.FencedAt)
	if s.suspends() {
		s.FencedAt = later(s.FencedAt, now)
	}
	return s
}

// suspends reports whether any data is kept past its period.
func (s State) suspends() bool {
	return len(s.Holds) > 0 || slices.ContainsFunc(s.Restrictions, Restriction.suspends)
}

// united returns a list and what others have that is not in it, nil if there is nothing. One request may have imposed something on both, as they were
// joined before. That is there once and says so, since both have to get it back.
func united[T limit[T]](list, others []T) (all []T) {
	for _, one := range list {
		all = append(all, one.as(one.both() || imposed(others, one.by())))
	}
	for _, one := range others {
		if !has(list, one) {
			all = append(all, one.as(false))
		}
	}
	return all
}

// LimitsApart returns the states of two data subjects after the join of one to the other was taken back. Each gets back what their own requests had
// imposed before the join, but for what was lifted meanwhile. What was imposed since then holds for both, since nobody knows who of them asked for it.
// The same goes for legal holds. An erasure goes with whose records it covers. leave lists everybody who leaves.
func LimitsApart(stays, gone State, leave []privacy.SubjectID, joined, now time.Time) (stay, apart State) {
	joined = joined.Truncate(time.Second)
	stay, apart = erasuresApart(stays, gone, leave)
	stay.Holds, apart.Holds = parted(stays.Holds, gone.Holds, joined)
	stay.OptOuts, apart.OptOuts = parted(stays.OptOuts, gone.OptOuts, joined)
	stay.Objections, apart.Objections = parted(stays.Objections, gone.Objections, joined)
	stay.Restrictions, apart.Restrictions = parted(stays.Restrictions, gone.Restrictions, joined)
	apart.FencedAt = later(stays.FencedAt, apart.FencedAt)
	if stays.suspends() {
		stay.FencedAt, apart.FencedAt = later(stay.FencedAt, now), later(apart.FencedAt, now)
	}
	return stay, apart
}

// parted divides a list after a join was taken back. theirs is what the one who leaves had before it.
func parted[T limit[T]](list, theirs []T, joined time.Time) (stay, apart []T) {
	apart = without(theirs, func(one T) bool { return !imposed(list, one.by()) })
	for _, one := range list {
		since := one.since(joined)
		if since || one.both() || !imposed(theirs, one.by()) {
			stay = append(stay, one)
		}
		if since && !has(theirs, one) {
			apart = append(apart, one)
		}
	}
	return stay, apart
}
