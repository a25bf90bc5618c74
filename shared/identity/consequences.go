package identity

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Consequences does what follows from acts on identities. Everything it does may be done twice, so a run that is killed is repeated (fault F03).
type Consequences struct {
	*Identity
	Changes Changes
	// Cut lets the links and sessions of a mailbox die that existed at the time given, and takes the requests of who leaves it out of it.
	Cut func(ctx context.Context, c Cut, at time.Time) error
	// Tell has somebody told of a change by mail.
	Tell func(ctx context.Context, to Told, c Change) error
	// Rebuild brings the state of a data subject, and the expiries of their records, in step with what is stored of them. If again is not zero, it
	// has to be done once more then: until then, a write may arrive that does not know of the change (fault F27).
	Rebuild func(ctx context.Context, id privacy.SubjectID) (again time.Time, err error)
	// Contested raises an alarm: somebody contests a change.
	Contested func(ctx context.Context, c Change)
}

// Run does what is due about a change.
func (q *Consequences) Run(ctx context.Context, id string) error {
	c, found, err := q.Changes.LoadChange(ctx, id)
	if err != nil || !found || !c.Reached(q.now()) {
		return err
	}
	if !c.ContestedAt.IsZero() {
		if err := q.freeze(ctx, c); err != nil {
			return err
		}
	}
	if err := q.cutAll(ctx, c); err != nil {
		return err
	}
	if lost, err := q.tellAll(ctx, &c); err != nil || lost {
		return err // whoever changed it meanwhile has made it due again
	}
	if err := q.rebuildAll(ctx, &c); err != nil {
		return err
	}
	c.Cut = nil
	_, err = q.Changes.SaveChange(ctx, c) // a change that was contested meanwhile is looked at again
	return err
}

// rebuildAll rebuilds everybody whose data follows another state now. The change is due again as long as one of them has to be rebuilt once more.
func (q *Consequences) rebuildAll(ctx context.Context, c *Change) error {
	c.NextAt = time.Time{}
	var left []privacy.SubjectID
	for _, sid := range c.Rebuild {
		again, err := q.Rebuild(ctx, sid)
		if err != nil {
			return err
		}
		if !again.IsZero() {
			left = append(left, sid)
		}
		if again.After(c.NextAt) {
			c.NextAt = again
		}
	}
	c.Rebuild = left
	return nil
}

// tellAll tells everybody of a change, before anything else that may fail for long: whoever contests it has no more than days (threat T33). Nothing
// needs the addresses afterwards (GDPR Art. 5(1)(e)), and nobody is told again if what follows has to be repeated.
func (q *Consequences) tellAll(ctx context.Context, c *Change) (lost bool, err error) {
	for _, to := range c.Told {
		if err := q.Tell(ctx, to, *c); err != nil {
			return false, err
		}
	}
	told := len(c.Told) > 0
	if c.Told = nil; !told || len(c.Rebuild) == 0 { // the last write forgets them
		return false, nil
	}
	lost, err = q.Changes.SaveChange(ctx, *c)
	c.Version++
	return lost, err
}

// CutNow lets the links and sessions die that a change has taken the ground from, before its caller is answered. If it fails, the task of the
// change does it.
func (q *Consequences) CutNow(ctx context.Context, id string) error {
	c, found, err := q.Changes.LoadChange(ctx, id)
	if err != nil || !found {
		return err
	}
	return q.cutAll(ctx, c)
}

func (q *Consequences) cutAll(ctx context.Context, c Change) error {
	for _, cut := range c.Cut {
		if err := q.Cut(ctx, cut, c.At); err != nil {
			return err
		}
	}
	return nil
}
