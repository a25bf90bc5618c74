package objection

import (
	"context"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Lift takes back what a request imposed, because the person has taken it back or because the team has not agreed with it. What stands stays, and is
// imposed if it was not.
//
// Lift looks at everybody on whom the request was imposed, at those to whom they were joined since then, and at those who are behind the address now:
// a run that was killed may have imposed it without a note of whom, and one that is late may do so yet ([request.Request.LiftAgain]). A request whose
// address was erased has that note. If data was kept past its period, the records get their expiries again, as when the request was imposed.
func (a *Answer) Lift(ctx context.Context, file request.File, now time.Time) error {
	r := file.Request
	concerned, err := a.liftAll(ctx, r)
	if err != nil {
		return err
	}
	noted := request.EventLifted
	if len(kept(r)) > 0 && len(r.On) == 0 {
		if err := a.stand(ctx, &r); err != nil {
			return err
		}
		noted = request.EventImposed
	}
	var items []request.Item
	if !file.Lifted() {
		items = append(items, r.Record(noted, now))
	}
	r.Rest()
	r.LiftAgain(now)
	if suspends(r) {
		if r.On = concerned; a.Keep == nil {
			r.Next(request.StepLift, now)
		} else if again, err := a.keepAll(ctx, r); err != nil {
			return err
		} else if !again.IsZero() {
			r.Next(request.StepLift, again)
		}
	}
	if r.Step == "" && len(kept(r)) == 0 { // nothing has to be done about anybody any more
		r.On = nil
	}
	items = append(items, r)
	_, err = a.Register.Save(ctx, file, append(items, listed(r)...)...)
	return err
}

// kept returns the purposes that stay forbidden when the request is lifted.
func kept(r request.Request) []privacy.Purpose {
	if r.State == request.Withdrawn {
		return nil
	}
	return r.Stands
}

// stand imposes what stands of an objection that was never imposed, on everybody behind its address: the team has agreed with it, or nobody can refuse
// it.
func (a *Answer) stand(ctx context.Context, r *request.Request) error {
	typed, err := subject.ParseAddress(r.Email)
	if err != nil {
		return err
	}
	part := *r
	part.Purposes, part.Unproven = kept(*r), true // there cannot be too many of them
	limited, _, err := a.impose(ctx, part, typed)
	if err != nil {
		return err
	}
	r.On = persons(limited, r.ID)
	return nil
}

// liftAll takes back what the request imposed on anybody. It returns the ids under which data of all those is stored on whom it looked.
func (a *Answer) liftAll(ctx context.Context, r request.Request) (persons []privacy.SubjectID, err error) {
	concerned := slices.Clone(r.On)
	if r.Subject != "" {
		concerned = append(concerned, r.Subject)
	}
	if r.Email != "" {
		typed, err := subject.ParseAddress(r.Email)
		if err != nil {
			return nil, err
		}
		known, _, err := a.Addresses.Find(ctx, typed)
		if err != nil {
			return nil, err
		}
		concerned = append(concerned, known.Others...)
	}
	seen := map[privacy.SubjectID]bool{}
	for _, id := range concerned {
		if seen[id] {
			continue
		}
		root, state, found, err := a.Subjects.ChangeOf(ctx, id, a.without(r))
		if err != nil {
			return nil, err
		}
		if seen[id], seen[root] = true, true; found {
			persons = append(persons, state.Persons(root)...)
		}
	}
	slices.Sort(persons)
	return slices.Compact(persons), nil
}

// without returns the decision to take back what a request imposed.
func (a *Answer) without(r request.Request) Decide {
	return func(from standing.Snapshot) (standing.State, time.Time) {
		now := a.Now()
		return without(a.Policy(now), from, r.ID, kept(r), now)
	}
}
