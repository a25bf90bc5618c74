package subjects

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Limit changes the state of everybody behind an address, whether or not there is doubt about it, to the one that decide returns, as
// [Store.Transition] does. It returns their states afterwards. If nobody is behind the address, Limit puts a new data subject on record with this
// spelling. An address that was taken away from somebody stays in doubt until the same day. If every try loses a race, the error is [fault.Conflict].
//
// An unknown address costs the same calls as one that one person uses, and a change that changes nothing costs the same as one that does (threat T14).
// An address that several people use costs more, for each of them and for the other addresses that they share. Whoever measures the time may learn that
// an address is shared, which tells nothing about any one of those people.
func (s *Store) Limit(
	ctx context.Context, alias, spelling string, decide func(standing.Snapshot) (standing.State, time.Time),
) (after map[privacy.SubjectID]standing.State, err error) {
	err = fault.Retry(ctx, func() (lost bool, err error) {
		found, err := s.Aliases(ctx, alias)
		if err != nil {
			return false, err
		}
		is := found[alias]
		after = map[privacy.SubjectID]standing.State{}
		for _, id := range is.Subjects {
			changed, known, err := s.transition(ctx, id, decide, true)
			if err != nil || changed.Into != "" { // joined to somebody since the alias was read
				return err == nil, err
			}
			if known {
				after[id] = changed.State
			}
		}
		if len(after) > 0 {
			return false, nil
		}
		is.Key = alias
		id, state, lost, err := s.introduce(ctx, is, spelling, decide)
		after[id] = state
		return lost, err
	})
	return after, err
}

// introduce puts a data subject on record behind an address that stands for nobody. It reads the state of the new id, which nobody can have, since a
// known address costs such a read too.
func (s *Store) introduce(
	ctx context.Context, was subject.Alias, spelling string, decide func(standing.Snapshot) (standing.State, time.Time),
) (id privacy.SubjectID, state standing.State, lost bool, err error) {
	id = subject.NewID()
	if _, _, err := s.State(ctx, id); err != nil {
		return id, state, false, err
	}
	fresh := standing.Unknown
	for _, until := range []time.Time{was.DoubtUntil, was.ExpiresAt} { // the doubt must not be forgotten before its end
		fresh = fresh.Known(until)
	}
	state, expires := decide(standing.Snapshot{State: fresh})
	is := was
	is.Spelling, is.Typed = spelling, true
	var tx dynamo.Tx
	s.Create(&tx, id, []identity.AliasChange{{From: was, To: is}}, nil, "", state, expires)
	lost, err = s.commit(ctx, &tx)
	return id, state, lost, err
}

// ChangeOf changes the state of a data subject, or of the one to whom they were joined, to the one that decide returns, as [Store.Transition] does. It
// returns the id whose state that is, and false if there is none.
func (s *Store) ChangeOf(
	ctx context.Context, id privacy.SubjectID, decide func(standing.Snapshot) (standing.State, time.Time),
) (root privacy.SubjectID, after standing.State, found bool, err error) {
	for range standing.MostFormer + 1 {
		changed, found, err := s.Transition(ctx, id, decide)
		if err != nil || !found || changed.Into == "" {
			return id, changed.State, found, err
		}
		id = changed.Into
	}
	return id, standing.State{}, false, nil // cannot happen: nobody takes in more than that
}
