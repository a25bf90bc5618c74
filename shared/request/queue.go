package request

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Line is what the team's queue says about a request that is not closed. It has no personal data.
type Line struct {
	ID           string
	Right        privacy.Right
	State        State
	Jurisdiction privacy.Jurisdiction
	ReceivedAt   time.Time
	DueAt        time.Time // the deadline that binds
	WaitingFor   Wait      // [ForTeam], [ForYou], [ForCooling], or empty
}

// Overdue reports whether the deadline has passed.
func (l Line) Overdue(now time.Time) bool { return now.After(l.DueAt) }

// Digest is what the team is reminded of. It has no personal data.
type Digest struct {
	At      time.Time
	Due     []Line // of those that are overdue or near their deadline, the first ones
	Overdue int    // requests past their deadline
	Near    int    // requests near their deadline: the team has been mailed about them
	Urgent  int    // those of them for which an alarm rings
	Waiting int    // requests that wait for the team
}

// Queue knows the requests that are not closed.
type Queue interface {
	// Open returns a line for each of them, due first. It may lag behind what is stored.
	Open(ctx context.Context) ([]Line, error)
}

// ByDeadline sorts lines by their deadlines, in place.
func ByDeadline(lines []Line) {
	slices.SortFunc(lines, func(a, b Line) int {
		return cmp.Or(a.DueAt.Compare(b.DueAt), a.ReceivedAt.Compare(b.ReceivedAt), cmp.Compare(a.ID, b.ID))
	})
}
