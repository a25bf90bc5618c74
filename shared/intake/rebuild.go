package intake

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// Rebuild decides the state of a data subject anew from what is stored of them and of those who were joined to them: after a join, after it was
// taken back, and after a record was taken back. Then it gives the stored records the expiries that follow. It may run at any time and more than
// once (fault F02). If again is not zero, it has to run once more then, as [Intake.Keep] says.
func (in *Intake) Rebuild(ctx context.Context, id privacy.SubjectID) (again time.Time, err error) {
	var newest consent.Record
	err = fault.Retry(ctx, func() (stale bool, err error) {
		root, before, found, err := in.root(ctx, id)
		if err != nil || !found {
			return false, err
		}
		if newest, err = in.united(ctx, root, before); err != nil {
			return false, err
		}
		return in.decideAnew(ctx, root, before, newest)
	})
	if err == nil && newest.Version > 0 {
		_, _, _, err = in.follow(ctx, id, newest)
	}
	if err != nil {
		return time.Time{}, err
	}
	return in.Keep(ctx, id)
}

// decideAnew decides a state from what is stored and from what the consent log says. It reports stale, and changes nothing, if the state or an
// account record has changed since the state was read.
func (in *Intake) decideAnew(ctx context.Context, id privacy.SubjectID, read standing.Snapshot, newest consent.Record) (stale bool, err error) {
	accounts, last, err := in.holdings(ctx, read.Persons(id))
	if err != nil {
		return false, err
	}
	now := in.Now()
	_, _, err = in.Subjects.Transition(ctx, id, func(from standing.Snapshot) (standing.State, time.Time) {
		if stale = from.Version != read.Version || from.Accounts != read.Accounts; stale {
			return from.State, from.ExpiresAt
		}
		to := from.Rebuilt(in.accountRule(), accounts, last, now)
		for _, a := range accounts {
			to = to.Renew(a.StartedAt, now)
		}
		choice := choiceIn(newest, to)
		if to = to.Lapsed(now); choice == standing.NoChoice && (from.Proof == standing.Proof{} || to.Erased() && to.Marketing == standing.Consented) {
			to = to.Undecided(in.marketingRule(), now)
		}
		if to.Equal(from.State) {
			return to, from.ExpiresAt
		}
		return to, in.lasts(to, now)
	})
	return stale, err
}

// lasts returns when a state that was decided anew expires. The records that follow it have to be found until they have been given their new
// expiries, so the state outlives the task that sees to that (fault F03).
func (in *Intake) lasts(state standing.State, now time.Time) time.Time {
	rules := in.Policy(now)
	expires := state.KnownUntil(rules)
	if least := rules.SpanOf(policy.WorkStep).After(now).Truncate(time.Second); !expires.IsZero() && expires.Before(least) {
		return least
	}
	return expires
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
			a.of = id
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
