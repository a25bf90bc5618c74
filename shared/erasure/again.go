package erasure

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/replay"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// Resume has an erasure that had not begun in a restored copy of the tables go on as one that has, since it began after the backup (fault F17). Its plan
// counts what the copy has. The copy may not have the request.
func (x *Eraser) Resume(ctx context.Context, e replay.Erasure, begun time.Time) error {
	file, err := x.Register.Load(ctx, e.Request)
	if errors.Is(err, request.ErrUnknown) {
		return nil
	}
	is, r, now := Of(file), file.Request, x.now()
	if err != nil || is.Version == 0 || is.Begun() || r.State.Final() {
		return err
	}
	w, err := x.noted(ctx, e, begun)
	if err != nil {
		return err
	}
	if is.Plan, err = x.planned(ctx, w, now); err != nil {
		return err
	}
	is.Subject = w.Subject
	if r.Step == request.StepAnswer { // a plan would be made anew
		r.Rest()
	}
	event := x.started(&r, &is, w, begun, now)
	_, err = x.Register.Save(ctx, file, r, is, event)
	return err
}

// Again erases once more, on a restored copy of the tables, what an erasure had erased or was about to (fault F17). Nobody writes to the copy meanwhile, so
// one pass is enough.
func (x *Eraser) Again(ctx context.Context, e replay.Erasure, begun time.Time) error {
	w, err := x.noted(ctx, e, begun)
	if err == nil && w.Subject != "" {
		w, err = x.fence(ctx, w, begun, begun)
	}
	if err == nil {
		_, _, err = x.clear(ctx, w, true, x.now())
	}
	return err
}

// noted finds everything by which what the copy has about the person is found.
func (x *Eraser) noted(ctx context.Context, e replay.Erasure, begun time.Time) (Whom, error) {
	w := Whom{Request: e.Request, BegunAt: begun, Subject: e.Subject, Persons: e.Persons, Mailboxes: slices.Clone(e.Mailboxes)}
	if w.Subject == "" {
		return w, nil
	}
	err := x.known(ctx, &w)
	for _, id := range e.Persons { // the copy may know less of who was joined to whom
		if !slices.Contains(w.Persons, id) {
			w.Persons = append(w.Persons, id)
		}
	}
	return w, err
}

func (x *Eraser) now() time.Time { return x.Now().UTC().Truncate(time.Second) }

// AskAgain has the person agree anew to an erasure that has not begun, after the tables were restored from a backup. They may have cancelled it since, and
// an erasure cannot be undone (threat T07).
func (x *Eraser) AskAgain(ctx context.Context, id string) error {
	file, err := x.Register.Load(ctx, id)
	if err != nil {
		return err
	}
	e, r := Of(file), file.Request
	if e.State != Telling && e.State != Cooling {
		return nil
	}
	event := e.offered(&r, x.now())
	_, err = x.Register.Save(ctx, file, r, e, event)
	return err
}
