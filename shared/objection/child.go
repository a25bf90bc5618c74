package objection

import (
	"context"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Children ends what nobody may do with the data of a child, as soon as somebody has reported it (promise I02). It implements [request.Children].
type Children struct {
	Subjects Subjects
	Aliases  subject.Key
	Policy   func(now time.Time) *policy.Policy // policy.InForce
	Now      func() time.Time
}

// Stop implements [request.Children]: everybody behind the address objects to all that rests on consent, and to all direct marketing. What had been
// agreed to before counts no more.
func (c Children) Stop(ctx context.Context, address string, id string) error {
	child, err := subject.ParseAddress(address)
	if err != nil {
		return err
	}
	now := c.Now().UTC().Truncate(time.Second)
	stop := standing.Objection{Request: id, At: now, Purposes: forbiddenToChildren(c.Policy(now))}
	full := false
	_, err = c.Subjects.Limit(ctx, c.Aliases.Alias(child), child.Spelling, func(from standing.Snapshot) (standing.State, time.Time) {
		to, over := stopped(from.State, stop)
		full = full || over
		if to.Equal(from.State) {
			return to, from.ExpiresAt
		}
		return to, to.KnownUntil(c.Policy(now))
	})
	if err == nil && full {
		return request.ErrNotStopped
	}
	return err
}

// Resume implements [request.Children].
func (c Children) Resume(ctx context.Context, address string, id string) error {
	child, err := subject.ParseAddress(address)
	if err != nil {
		return err
	}
	now := c.Now().UTC().Truncate(time.Second)
	_, err = c.Subjects.Limit(ctx, c.Aliases.Alias(child), child.Spelling, func(from standing.Snapshot) (standing.State, time.Time) {
		return without(c.Policy(now), from, id, nil, now)
	})
	return err
}

// stopped returns the state after the report. An earlier objection to the same purposes does not make it needless: a consent may be newer than that
// one. full reports that there are too many objections already.
func stopped(s standing.State, stop standing.Objection) (after standing.State, full bool) {
	if s.Limited(stop.Request) {
		return s, false
	}
	if len(s.Objections) >= standing.MostLimits {
		return s, true
	}
	s.Objections = append(slices.Clone(s.Objections), stop)
	return s, false
}

// forbiddenToChildren returns the purposes that rest on consent or are direct marketing.
func forbiddenToChildren(p *policy.Policy) (all []privacy.Purpose) {
	for _, x := range p.Purposes {
		if x.Basis == privacy.Consent || x.DirectMarketing {
			all = append(all, x.ID)
		}
	}
	return all
}
