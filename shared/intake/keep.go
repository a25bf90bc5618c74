package intake

import (
	"context"
	"math"
	"time"

	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/retention"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// Keep gives every stored record of a data subject the expiry that follows from the state: after a restriction that keeps data past its period, and
// after it was lifted (GDPR Art. 18). Like [Intake.Walk], it may run at any time, more than once, and in parallel. A run that was cut off is made
// good by the next one, which writes only what is left.
//
// A write that began before the state changed may arrive after Keep has gone past its record (fault F27). So Keep has to run again once no such write
// can arrive any more. Until then, again is that moment. It is zero after a pass that began later, if the state did not change meanwhile.
func (in *Intake) Keep(ctx context.Context, id privacy.SubjectID) (again time.Time, err error) {
	for {
		began := in.Now()
		root, read, err := in.walk(ctx, id, movable)
		if err != nil {
			return time.Time{}, err
		}
		same, now, found, err := in.root(ctx, id)
		if err != nil || !found {
			return time.Time{}, err
		}
		if same != root || now.Version != read.Version {
			continue
		}
		settled := read.FencedAt.Add(in.Writers + time.Second - 1).Truncate(time.Second) // a due time is in seconds, and must not be too early
		if read.FencedAt.IsZero() || !began.Before(settled) {
			return time.Time{}, nil
		}
		return settled, nil
	}
}

// Walk gives all stored account data of a data subject the expiry that follows from the state (promise F01), and removes the task that asked
// for it. It may run at any time, more than once, and in parallel. Each record notes which version of the state its expiry follows, and
// never goes back to an older version. The task is removed only after a pass after which no later version asks for one (faults F03, F11). The data of
// somebody who was joined to another one follows the other's state.
func (in *Intake) Walk(ctx context.Context, id privacy.SubjectID) error {
	_, _, err := in.walk(ctx, id, func(standing.State) []privacy.Category { return privacy.AccountData[:] })
	return err
}

// walk visits the stored records of some categories until no task asks for another walk, and removes the task. It returns the state that it followed.
func (in *Intake) walk(
	ctx context.Context, id privacy.SubjectID, of func(standing.State) []privacy.Category,
) (root privacy.SubjectID, followed standing.Snapshot, err error) {
	for {
		root, read, found, err := in.root(ctx, id)
		if err != nil {
			return root, read, err
		}
		version := read.Version
		if !found {
			version = math.MaxInt64 // the data subject is gone, so the task can go
		} else if err := in.pass(ctx, root, read, of(read.State)...); err != nil {
			return root, read, err
		}
		if root != id { // the other's version says nothing about this task, which no write of a record renews any more
			version = math.MaxInt64
		}
		clean, err := in.Store.FinishWalk(ctx, id, version)
		if err != nil || clean {
			return root, read, err
		}
	}
}

// movable returns the categories whose records may have another expiry than the state says. Records with an expiry of their own have another one
// only if the state suspended it once. Without a choice about marketing, and without any marketing data that waits for one, none is stored.
func movable(state standing.State) (all []privacy.Category) {
	fenced := !state.FencedAt.IsZero()
	for _, category := range privacy.Categories {
		switch {
		case !category.HasSubject():
		case category.IsAccountData() || fenced:
			all = append(all, category)
		case category == privacy.Marketing && (state.Marketing != standing.NoChoice || !state.Unconsented.IsZero()):
			all = append(all, category)
		}
	}
	return all
}

// pass visits once the stored records of some categories, under all ids under which data of the data subject is stored.
func (in *Intake) pass(ctx context.Context, id privacy.SubjectID, followed standing.Snapshot, categories ...privacy.Category) error {
	now := in.Now()
	rules := in.Policy(now)
	for _, person := range followed.Persons(id) {
		for _, category := range categories {
			period := retention.PeriodOf(rules, category, followed.State, person, now)
			if err := in.Store.Move(ctx, person, category, period, followed.Version); err != nil {
				return err
			}
		}
	}
	return nil
}

// root reads the state of the data subject whose state a data subject's data follows: their own, or that of whom they were joined to.
func (in *Intake) root(ctx context.Context, id privacy.SubjectID) (privacy.SubjectID, standing.Snapshot, bool, error) {
	return identity.Root(ctx, in.Subjects, id)
}
