package standing

import "slices"

// TakesAway reports whether the state differs from the one before in what a restore must not bring back: limits, legal holds, erasures, who was joined to
// whom, or a withdrawal of the consent to marketing mail (faults F17, F25).
func (s State) TakesAway(before State) bool {
	withdrawn := s.Marketing == Withdrawn && before.Marketing != Withdrawn
	return withdrawn || !s.Limits.Equal(before.Limits) || !s.Erasure.Equal(before.Erasure) || !slices.EqualFunc(s.Others, before.Others, Erasure.Equal) ||
		!slices.EqualFunc(s.Holds, before.Holds, Hold.Equal) || !s.SamePeople(before)
}
