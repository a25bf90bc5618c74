package standing

import (
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Hold is a legal hold, which the team has placed on data of the data subject (GDPR Art. 17(3)(e)). It suspends retention and erasure. It forbids nothing
// and allows nothing.
type Hold struct {
	ID         string // random
	At         time.Time
	Both       bool               // somebody who was joined had it too
	Ground     string             // why, in the team's words, without personal data
	Categories []privacy.Category // all of them if it names none
}

// Equal reports whether both say the same.
func (h Hold) Equal(other Hold) bool {
	return h.ID == other.ID && h.At.Equal(other.At) && h.Both == other.Both && h.Ground == other.Ground && slices.Equal(h.Categories, other.Categories)
}

func (h Hold) covers(category privacy.Category) bool {
	return len(h.Categories) == 0 || slices.Contains(h.Categories, category)
}

// Held reports whether data of the category is under a legal hold.
func (s State) Held(category privacy.Category) bool {
	return category.HasSubject() && slices.ContainsFunc(s.Holds, func(h Hold) bool { return h.covers(category) })
}

// Place returns the state with a legal hold. The state of somebody who was joined to another one does not change.
func (s State) Place(h Hold) State {
	if s.Into != "" || imposed(s.Holds, h.ID) {
		return s
	}
	s.Holds = append(slices.Clone(s.Holds), h)
	s.FencedAt = later(s.FencedAt, h.At)
	return s
}

// Release returns the state without a legal hold. Data that it kept past its period has the end again that follows from the rest of the state; what an
// erasure covers ends at once. The state of somebody who was joined to another one does not change.
func (s State) Release(id string, now time.Time) State {
	if s.Into != "" || !imposed(s.Holds, id) {
		return s
	}
	s.Holds, s.FencedAt = lifted(s.Holds, id), later(s.FencedAt, now)
	return s.endless()
}
