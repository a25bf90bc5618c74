package subject

import (
	"maps"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Sharer is what a shared address says of one of those who use it, so that it is known whom it stands for once the data of the others has expired.
type Sharer struct {
	ExpiresAt time.Time // zero while something about them has no end
	Formerly  []Former  // who was joined to them
}

// Latest returns the last of several expiries. It is zero, which means never, if one of them is.
func Latest(expiries ...time.Time) (last time.Time) {
	for _, at := range expiries {
		if at.IsZero() {
			return time.Time{}
		}
		if at.After(last) {
			last = at
		}
	}
	return last
}

// At returns the alias as it is at the time given: whoever shares an address uses it until their own data has expired (threat T27). If one is left, it
// stands for them alone from then on, which is more than before. If nobody is left, the alias has expired too and stays as it is.
func (a Alias) At(now time.Time) Alias {
	if !a.Shared() {
		return a
	}
	left, over := a.sharers(), a.AttachedAt
	for id, s := range left {
		if end := s.ExpiresAt; !end.IsZero() && !end.After(now) {
			delete(left, id)
			if end.After(over) {
				over = end
			}
		}
	}
	if len(left) == 0 || len(left) == len(a.Subjects) {
		return a
	}
	if a = a.of(left); !a.Shared() {
		a.AttachedAt = over
	}
	return a
}

// With returns the alias as it stands for the data subject too, whose data expires at the time given. A shared address expires with whoever
// expires last; zero means never.
func (a Alias) With(id privacy.SubjectID, expires time.Time, formerly []Former) Alias {
	all := a.sharers()
	all[id] = Sharer{expires, formerly}
	return a.of(all)
}

// Without returns the alias as it stands for everybody but the data subject. One that stands for nobody keeps its expiry.
func (a Alias) Without(id privacy.SubjectID) Alias {
	all := a.sharers()
	delete(all, id)
	return a.of(all)
}

// Says reports whether the alias stands for the data subject, and says just this of them.
func (a Alias) Says(id privacy.SubjectID, expires time.Time, formerly []Former) bool {
	s, behind := a.sharers()[id]
	return behind && s.ExpiresAt.Equal(expires) && slices.EqualFunc(s.Formerly, formerly, Former.Equal)
}

// sharers returns what the alias says of each data subject behind it, even if there is one alone.
func (a Alias) sharers() map[privacy.SubjectID]Sharer {
	all := make(map[privacy.SubjectID]Sharer, len(a.Subjects)+1)
	for _, id := range a.Subjects {
		all[id] = a.Sharers[id]
	}
	if id := a.Subject(); id != "" {
		all[id] = Sharer{a.ExpiresAt, a.Formerly}
	}
	return all
}

// of returns the alias as it stands for exactly these.
func (a Alias) of(all map[privacy.SubjectID]Sharer) Alias {
	a.Subjects, a.Formerly, a.Sharers = slices.Sorted(maps.Keys(all)), nil, nil
	if len(all) > 1 {
		a.Sharers = all
	}
	var ends []time.Time
	for _, s := range all {
		ends = append(ends, s.ExpiresAt)
	}
	if len(ends) > 0 {
		a.ExpiresAt = Latest(ends...)
	}
	if id := a.Subject(); id != "" {
		a.Formerly = all[id].Formerly
	}
	return a
}
