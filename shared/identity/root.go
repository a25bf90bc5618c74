package identity

import (
	"context"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// States reads the states of data subjects, consistently.
type States interface {
	// State returns the state of a data subject, even if its retention is over, and false if there is none.
	State(ctx context.Context, id privacy.SubjectID) (standing.Snapshot, bool, error)
}

// Root returns the data subject whose state the data of a data subject follows, with that state: their own, or that of the one to whom they were
// joined. It returns false if there is no such state.
func Root(ctx context.Context, states States, id privacy.SubjectID) (root privacy.SubjectID, of standing.Snapshot, found bool, err error) {
	for range standing.MostFormer + 1 {
		if of, found, err = states.State(ctx, id); err != nil || !found || of.Into == "" {
			return id, of, found, err
		}
		id = of.Into
	}
	return id, standing.Snapshot{}, false, nil // cannot happen: nobody takes in more than that
}
