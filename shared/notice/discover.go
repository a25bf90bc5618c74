package notice

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// newest is how many versions, from the newest on, may have a campaign. The notices about older ones ended long ago.
const newest = 50

// discover gives each version that people are told about its campaign, and returns the campaigns of this release, the oldest first.
func (r *Runner) discover(ctx context.Context, now time.Time) ([]Campaign, error) {
	versions := r.Published[:min(len(r.Published), newest)]
	names := make([]string, len(versions))
	for i, v := range versions {
		names[i] = v.Version
	}
	stored, err := r.Register.Load(ctx, names...)
	if err != nil {
		return nil, err
	}
	fresh := r.fresh(versions, stored, now)
	if len(fresh) > 0 {
		if err := r.Campaigns.Create(ctx, fresh); err != nil && !errors.Is(err, ErrChanged) {
			return nil, err
		}
		if stored, err = r.Register.Load(ctx, names...); err != nil {
			return nil, err
		}
	}
	slices.Reverse(stored)
	return stored, r.orphans(ctx, names)
}

// fresh returns the campaigns to create. When the service runs for the first time, it finds no campaign of any version. The versions in force
// by then are recorded as such, and nobody is told about them, all in one transaction: a first run that is cut short leaves nothing behind
// that the next one could misread.
func (r *Runner) fresh(versions []Publication, stored []Campaign, now time.Time) (fresh []Campaign) {
	now = now.UTC().Truncate(time.Second)
	for i, v := range versions {
		has := slices.ContainsFunc(stored, func(c Campaign) bool { return c.Version == v.Version })
		c := r.campaign(v, now)
		switch oldest := i == len(versions)-1; {
		case len(stored) == 0 && (oldest || !v.From.After(now)):
			c.State, c.FinishedAt = Before, now
			fresh = append(fresh, c)
		case !has && v.Announced() && now.Before(c.EndsAt):
			fresh = append(fresh, c)
		}
	}
	return fresh
}

// campaign returns the campaign of a version that the service sees for the first time.
func (r *Runner) campaign(v Publication, now time.Time) Campaign {
	c := Campaign{
		Version: v.Version, Kind: v.Kind, State: Scheduled, CreatedAt: now, AnnounceAt: v.AnnounceAt, MovedAt: now,
		EndsAt:    v.From.AddDate(0, 0, r.Policy(now).BannerDays), // people who become known while a banner announces the change are told as well
		ExpiresAt: r.Policy(now).SpanOf(policy.NoticeCampaign).After(now),
	}
	if r.AtOnce {
		c.AnnounceAt = now
	}
	c.Deadline = c.AnnounceAt.AddDate(0, 0, v.Within)
	return c
}

// orphans logs the campaigns that this release cannot carry out: an older release, which does not have their version, was deployed again.
func (r *Runner) orphans(ctx context.Context, known []string) error {
	all, err := r.Register.All(ctx)
	if err != nil {
		return err
	}
	for _, c := range all {
		if !slices.Contains(known, c.Version) && !c.Over() {
			slog.WarnContext(ctx, "a notice campaign is left alone: this release does not have its version", "version", c.Version, "state", c.State)
		}
	}
	return nil
}

// walks reports whether a walk over the people is under way or due. The first one covers everybody. After it, one begins each day until EndsAt.
func (c Campaign) walks(now time.Time) bool {
	return !c.WalkBegan.IsZero() || c.LastWalk.IsZero() || !now.Before(c.LastWalk.Add(day)) && now.Before(c.EndsAt)
}

// day is the time from the beginning of a walk to that of the next one. A walk looks back as far again, since the index may lag behind.
const day = 24 * time.Hour

// stuck reports whether the campaign should move and has not done so for an hour. A campaign that waits for its daily quota does move: it has
// a reason.
func (c Campaign) stuck(now time.Time) bool {
	waits := c.State == Running && c.Reason == "" || c.State == Scheduled && !now.Before(c.AnnounceAt)
	return waits && now.Sub(later(c.MovedAt, c.AnnounceAt)) > tooQuiet
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
