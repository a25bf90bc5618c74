package notice

import (
	"context"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// Act is what staff can do with a campaign.
type Act string

// The acts.
const (
	Pause  Act = "pause"
	Resume Act = "resume"
	Cancel Act = "cancel"
	Retry  Act = "retry"
)

// Acts lists every act, with the word under which the audit log records it.
var Acts = map[Act]audit.Act{Pause: audit.NoticePaused, Resume: audit.NoticeResumed, Cancel: audit.NoticeCancelled, Retry: audit.NoticeRetried}

// Do carries out an act of staff and records it in the audit log. It returns the campaign after the act. If the campaign is already as the act
// would make it, Do changes and records nothing, so a call whose answer was lost can be sent again.
//
// Errors: [fault.NotFound] for a version without a campaign; [fault.Conflict] if the act does not fit the state of the campaign, or while
// others interfere.
func (c Control) Do(ctx context.Context, act Act, version string, by audit.Actor) (Overview, error) {
	var after Overview
	err := fault.Retry(ctx, func() (lost bool, err error) {
		now := c.Now().UTC().Truncate(time.Second)
		before, err := c.Find(ctx, version)
		if err != nil {
			return false, err
		}
		if before.already(act) {
			after = before
			return false, nil
		}
		to, err := before.after(act, now)
		if err != nil {
			return false, err
		}
		after = c.overview(to)
		err = c.Register.Act(ctx, before.Campaign, to, audit.New(by, Acts[act], "notice "+version, now), c.Policy(now).SpanOf(policy.AuditEntry).After(now))
		if errors.Is(err, ErrChanged) {
			return true, nil
		}
		return false, err
	})
	if err != nil {
		return Overview{}, err
	}
	return after, nil
}

// already reports whether the campaign is as the act would make it.
func (c Campaign) already(act Act) bool {
	goesOn := c.State == Scheduled || c.State == Running || c.State == Following
	switch act {
	case Pause:
		return c.State == Paused
	case Resume:
		return goesOn
	case Cancel:
		return c.State == Cancelled
	case Retry:
		return goesOn && c.RetryAskedAt.After(c.RetryBegunAt)
	default:
		return false
	}
}

func (c Campaign) after(act Act, now time.Time) (Campaign, error) {
	switch act {
	case Pause:
		return c.Pause()
	case Resume:
		return c.Resume(now)
	case Cancel:
		return c.Cancel(now)
	case Retry:
		return c.Again(now)
	default:
		return c, fault.New(fault.NotFound, "There is no such act.")
	}
}
