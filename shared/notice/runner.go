package notice

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// Runner carries campaigns out. One run works on one campaign, the oldest that has work, until the work is done, the daily quota is used up or
// the time of the invocation ends. The next run goes on from what is stored.
type Runner struct {
	Register   Reader
	Campaigns  Campaigns
	Recipients Recipients
	Partitions Partition
	Claims     Claims
	Arrivals   Arrivals

	People    People
	Shards    int // of People
	Spellings Spellings
	Persons   Persons
	Mailer    Mailer
	Accounts  Accounts
	Letters   Letters
	Meter     Meter

	Published []Publication                  // every version that this release knows, the newest first
	Policy    func(time.Time) *policy.Policy // the version in force at a time, for the periods of what is stored
	Share     int                            // how many per cent of the account's rate and daily quota campaigns may use
	AtOnce    bool                           // a campaign starts as soon as the service sees the version, whatever its AnnounceAt
	Now       func() time.Time
	Sleep     func(ctx context.Context, d time.Duration) error
}

const (
	spare    = 10 * time.Second // no claim is begun with less than this left of the invocation's time (fault F05)
	leased   = time.Minute      // how long a lease lasts; each save renews it
	quiet    = 2 * time.Second  // how long an invocation waits after the last call of the one before, since it does not know how many mails that call had
	tooQuiet = time.Hour        // a campaign that has not moved for this long is stuck
	comeBack = day              // how long after the last walk the campaign waits for mails that come back
)

// Run does what is due. Another invocation may be at work; then it does nothing.
func (r *Runner) Run(ctx context.Context) error {
	now := r.Now()
	all, err := r.discover(ctx, now)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.stuck(now) {
			r.count(ctx, metric.NoticesStuck)
		}
	}
	me := rand.Text()
	if slices.ContainsFunc(all, func(c Campaign) bool { return c.Lease.TakenFrom(me, now) }) {
		return nil
	}
	for _, c := range all {
		due, err := r.due(ctx, c, now)
		if err != nil {
			return err
		}
		if !due {
			continue
		}
		if state, err := r.work(ctx, c.Version, me); err != nil || state != Blocked {
			return err
		}
	}
	return nil
}

func (r *Runner) count(ctx context.Context, name metric.Name) {
	if err := r.Meter.Count(name); err != nil {
		slog.ErrorContext(ctx, "no metrics", "error", fault.Class(err))
	}
}

// due reports whether there is something to do for a campaign.
func (r *Runner) due(ctx context.Context, c Campaign, now time.Time) (bool, error) {
	if c.Open != 0 {
		return true, nil // an invocation was cut short: its claim is settled whatever the state
	}
	switch c.State {
	case Scheduled:
		return !now.Before(c.AnnounceAt), nil
	case Running, Blocked:
		return true, nil
	case Following:
		if c.Retry > 0 || c.RetryAskedAt.After(c.RetryBegunAt) || c.walks(now) || c.ends(now) {
			return true, nil
		}
		waiting, err := r.Recipients.Due(ctx, c.Version, now, 1)
		return len(waiting) > 0, err
	default:
		return false, nil
	}
}

// work takes the lease of a campaign, does what is due, and returns the state in which it leaves the campaign.
func (r *Runner) work(ctx context.Context, version, me string) (State, error) {
	c, err := r.Campaigns.Lease(ctx, version, Lease{Holder: me, Until: r.Now().Add(leased)})
	if errors.Is(err, ErrLeaseLost) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	s := &session{Runner: r, c: c, was: c.State, pace: pace{next: c.MovedAt.Add(quiet)}}
	err = s.run(ctx)
	switch {
	case errors.Is(err, ErrLeaseLost):
		err = nil // the other invocation does the work
	case errors.Is(err, ErrChanged): // staff has acted
		err = s.close(ctx)
	case errors.Is(err, errStop):
		err = s.release(ctx)
	default:
		err = errors.Join(err, s.release(ctx))
	}
	return s.c.State, err
}

// late reports whether too little time of the invocation is left for another call to SES that begins after the given pause.
func (r *Runner) late(ctx context.Context, pause time.Duration) bool {
	deadline, limited := ctx.Deadline()
	return ctx.Err() != nil || limited && deadline.Sub(r.Now())-pause < spare
}
