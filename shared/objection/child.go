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

// Behind changes the states of everybody behind an address.
type Behind interface {
	// Limit changes the state of everybody behind an address, and returns their states. Somebody who is not on record yet comes on record with this
	// spelling. decide returns the next state, and when nothing of the data subject is stored any more: zero means never.
	Limit(ctx context.Context, alias, spelling string, decide func(standing.Snapshot) (standing.State, time.Time)) (map[privacy.SubjectID]standing.State, error)
}

// Children ends what nobody may do with the data of a child, as soon as somebody has reported it (promise I02). It implements [request.Children].
type Children struct {
	Subjects Behind
	Aliases  subject.Key
	Policy   func(now time.Time) *policy.Policy // policy.InForce
	Now      func() time.Time
}

// Stop implements [request.Children]: everybody behind the address objects to all that rests on consent, and to all direct marketing. What had been
// agreed to before counts no more. An earlier objection to the same purposes does not make this one needless, since a consent may be newer than that.
func (c Children) Stop(ctx context.Context, address string, id string) error {
	child, err := subject.ParseAddress(address)
	if err != nil {
		return err
	}
	now := c.Now().UTC().Truncate(time.Second).Add(time.Second) // a consent of this second does not count either
	stop := standing.Objection{Request: id, At: now, Purposes: forbiddenToChildren(c.Policy(now))}
	full := false
	_, err = c.Subjects.Limit(ctx, c.Aliases.Alias(child), child.Spelling, func(from standing.Snapshot) (standing.State, time.Time) {
		switch to := from.State; {
		case from.Limited(id):
			return to, from.ExpiresAt
		case len(from.Objections) >= standing.MostLimits:
			full = true
			return to, from.ExpiresAt
		default:
			to.Objections = append(slices.Clone(from.Objections), stop)
			return to, time.Time{} // an objection in force has no end
		}
	})
	if err == nil && full {
		return request.ErrNotStopped
	}
	return err
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
