package objection

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Lift takes back what a request imposed, because the person has taken it back or because the team has refused it. What nobody can refuse stays.
//
// Lift looks at everybody on whom the request was imposed, at those to whom they were joined since then, and at those who are behind the address now:
// a run that was killed may have imposed it without a note of whom. If data was kept past its period, the records get their expiries again, as when
// the request was imposed.
func (a *Answer) Lift(ctx context.Context, file request.File, now time.Time) error {
	r := file.Request
	var items []request.Item
	if !lifted(file) {
		if err := a.liftAll(ctx, r); err != nil {
			return err
		}
		items = append(items, r.Record(request.EventLifted, now))
	}
	r.Rest()
	if suspends(r) && len(r.On) > 0 {
		if a.Keep == nil {
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
	_, err := a.Register.Save(ctx, file, append(items, listed(r)...)...)
	return err
}

// lifted reports whether everything was lifted that has to be. What the person takes back after the team has refused a part of it is more.
func lifted(file request.File) bool {
	for _, e := range slices.Backward(file.Events) {
		if e.Kind == request.EventLifted || e.Kind == request.EventWithdrawn {
			return e.Kind == request.EventLifted
		}
	}
	return false
}

// kept returns the purposes that stay forbidden when the request is lifted.
func kept(r request.Request) []privacy.Purpose {
	if r.State == request.Withdrawn {
		return nil
	}
	return r.Absolute
}

// liftAll takes back what the request imposed on anybody.
func (a *Answer) liftAll(ctx context.Context, r request.Request) error {
	concerned := slices.Clone(r.On)
	if r.Subject != "" {
		concerned = append(concerned, r.Subject)
	}
	typed, err := subject.ParseAddress(r.Email)
	if err != nil {
		return err
	}
	known, _, err := a.Addresses.Find(ctx, typed)
	if err != nil {
		return err
	}
	seen := map[privacy.SubjectID]bool{}
	for _, id := range append(concerned, known.Others...) {
		if seen[id] {
			continue
		}
		root, _, _, err := a.Subjects.ChangeOf(ctx, id, a.without(r))
		if err != nil {
			return err
		}
		seen[id], seen[root] = true, true
	}
	return nil
}

// without returns the decision to take back what a request imposed.
func (a *Answer) without(r request.Request) Decide {
	return func(from standing.Snapshot) (standing.State, time.Time) {
		now := a.Now()
		return without(a.Policy(now), from, r.ID, kept(r), now)
	}
}

// undo takes back what a run has imposed that lost its race against somebody who took the request back: nothing would lift it otherwise.
func (a *Answer) undo(ctx context.Context, r request.Request) error {
	file, err := a.Register.Load(ctx, r.ID)
	if errors.Is(err, request.ErrUnknown) {
		return a.liftAll(ctx, r)
	}
	if err != nil || !file.Request.State.Final() || file.Request.State == request.Fulfilled {
		return err
	}
	return a.liftAll(ctx, r)
}
