package intake

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// Rebuild decides the state of a data subject anew from what is stored of them and of those who were joined to them: after a join, after it was
// taken back, and after a record was taken back. Then it gives the stored records the expiries that follow. It may run at any time and more than
// once (fault F02).
func (in *Intake) Rebuild(ctx context.Context, id privacy.SubjectID) error {
	for stale := true; stale; {
		root, before, found, err := in.root(ctx, id)
		if err != nil || !found {
			return err
		}
		id = root
		accounts, newest, err := in.holdings(ctx, before.Persons(id))
		if err != nil {
			return err
		}
		_, _, err = in.Subjects.Transition(ctx, id, func(from standing.Snapshot) (standing.State, time.Time) {
			if stale = from.Version != before.Version || from.Accounts != before.Accounts; stale {
				return from.State, from.ExpiresAt
			}
			to := from.Rebuilt(accounts, newest)
			if to.Equal(from.State) {
				return to, from.ExpiresAt
			}
			expires, _ := to.Ends(in.accountRule())
			return to, expires
		})
		if err != nil {
			return err
		}
	}
	_, snapshot, _, err := in.root(ctx, id)
	if err != nil {
		return err
	}
	newest, err := in.united(ctx, id, snapshot)
	if err != nil {
		return err
	}
	if newest.Version > 0 {
		if err := in.FollowConsent(ctx, id, newest); err != nil {
			return err
		}
	}
	return in.Walk(ctx, id)
}

// holdings reads the account records of all ids under which a data subject's data is stored, and when the newest record of any category occurred.
func (in *Intake) holdings(ctx context.Context, ids []privacy.SubjectID) (accounts []standing.Account, newest time.Time, err error) {
	stored, err := in.accounts(ctx, ids)
	if err != nil {
		return nil, time.Time{}, err
	}
	for _, a := range stored {
		accounts = append(accounts, a.account())
	}
	for _, id := range ids {
		at, err := in.Store.Newest(ctx, id)
		if err != nil {
			return nil, time.Time{}, err
		}
		if at.After(newest) {
			newest = at
		}
	}
	return accounts, newest, nil
}

// accounts reads the account records of all ids under which a data subject's data is stored. Of two with one id, the newer counts.
func (in *Intake) accounts(ctx context.Context, ids []privacy.SubjectID) (all []StoredAccount, err error) {
	places := map[string]int{}
	for _, id := range ids {
		stored, err := in.Store.Accounts(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, a := range stored {
			place, double := places[a.ID]
			if !double {
				places[a.ID], all = len(all), append(all, a)
			} else if a.OccurredAt.After(all[place].OccurredAt) {
				all[place] = a
			}
		}
	}
	return all, nil
}
