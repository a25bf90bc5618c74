package standing

import (
	"slices"
	"time"
)

// unitedLimits unites what two data subjects have limited who are one person from now on. Nothing that either forbids is lost. If either keeps data
// past its period, that holds for the data of both from now on, so the records of the other need a new expiry (fault F27).
func (s State) unitedLimits(other State, now time.Time) State {
	own := s.Limits
	s.OptOuts = united(own.OptOuts, other.OptOuts, OptOut.by)
	s.Objections = united(own.Objections, other.Objections, Objection.by)
	s.Restrictions = united(own.Restrictions, other.Restrictions, Restriction.by)
	s.FencedAt = later(s.FencedAt, other.FencedAt)
	if s.suspends() {
		s.FencedAt = later(s.FencedAt, now)
	}
	return s
}

// suspends reports whether any data is kept past its period.
func (l Limits) suspends() bool { return slices.ContainsFunc(l.Restrictions, Restriction.suspends) }

// united returns a list and those of others that other requests imposed, nil if there are none.
func united[T any](list, others []T, by func(T) string) []T {
	all := slices.Clone(list)
	for _, one := range others {
		if !imposed(list, by, by(one)) {
			all = append(all, one)
		}
	}
	return all
}

// LimitsApart returns the states of two data subjects after the join of one to the other was taken back. Each gets back what their own requests had
// imposed before the join, but for what was lifted meanwhile. What was imposed since then holds for both, since nobody knows who of them asked for it.
func LimitsApart(stays, gone State, joined, now time.Time) (stay, apart State) {
	theirs := gone.Limits
	since := func(at time.Time) bool { return !at.Before(joined.Truncate(time.Second)) }
	stay, apart = stays, gone
	stay.OptOuts, apart.OptOuts = parted(stays.OptOuts, theirs.OptOuts, OptOut.by, func(o OptOut) bool { return since(o.At) })
	stay.Objections, apart.Objections = parted(stays.Objections, theirs.Objections, Objection.by, func(o Objection) bool { return since(o.At) })
	stay.Restrictions, apart.Restrictions = parted(stays.Restrictions, theirs.Restrictions, Restriction.by, func(r Restriction) bool { return since(r.At) })
	apart.FencedAt = later(stays.FencedAt, apart.FencedAt)
	if stays.suspends() {
		stay.FencedAt, apart.FencedAt = later(stay.FencedAt, now), later(apart.FencedAt, now)
	}
	return stay, apart
}

// parted divides a list after a join was taken back: theirs is what one of the two had before it, and since tells what was imposed after it. Both
// keep the latter.
func parted[T any](list, theirs []T, by func(T) string, since func(T) bool) (stay, apart []T) {
	for _, one := range list {
		had := imposed(theirs, by, by(one))
		if !had || since(one) {
			stay = append(stay, one)
		}
		if had || since(one) {
			apart = append(apart, one)
		}
	}
	return stay, apart
}
