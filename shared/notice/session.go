package notice

import (
	"context"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// errStop ends a session in order: the time is over, the daily quota is used up, or the campaign is blocked.
var errStop = errors.New("notice: nothing more can be done now")

// session is the work of one invocation on one campaign, whose lease it has.
type session struct {
	*Runner
	c   Campaign // as it is stored, with what the next save stores
	was State    // the state that is stored

	letter    Letter
	account   feedback.Account
	askedAt   time.Time // when the account was read
	sentSince int       // mails since then
	pace      pace
}

// run does what is due, in this order: what an earlier invocation left open, a retry, recipients who are mailed again, the walk.
func (s *session) run(ctx context.Context) error {
	if err := s.settle(ctx); err != nil {
		return err
	}
	switch s.c.State {
	case Scheduled, Blocked:
		if err := s.start(ctx); err != nil {
			return err
		}
	case Running, Following:
	default:
		return nil
	}
	for _, step := range []func(context.Context) error{s.retry, s.again, s.walk, s.again} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return s.finish(ctx)
}

// start checks whether the campaign may begin or go on, and notes that it does.
func (s *session) start(ctx context.Context) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	if s.c.Expected == 0 || s.Now().Sub(s.c.CountedAt) >= day {
		if err := s.expect(ctx); err != nil {
			return err
		}
	}
	if s.c.LastWalk.IsZero() && s.tooMany(s.Now()) {
		return s.block(ctx, QuotaTooSmall)
	}
	begins := s.c.StartedAt.IsZero()
	if begins {
		s.c.StartedAt = s.Now()
	}
	s.c.State, s.c.Reason, s.c.MovedAt = s.c.active(), "", s.Now()
	if err := s.save(ctx); err != nil {
		return err
	}
	if begins {
		s.count(ctx, metric.NoticesStarted)
	}
	return nil
}

// save stores the campaign and renews the lease.
func (s *session) save(ctx context.Context) error {
	s.c.Lease.Until = s.Now().Add(leased)
	if err := s.Campaigns.Save(ctx, s.was, s.c); err != nil {
		return err
	}
	s.was = s.c.State
	return nil
}

// keepLease renews the lease if half of it is over. next is where the walk would go on.
func (s *session) keepLease(ctx context.Context, next position) error {
	if s.c.Lease.Until.Sub(s.Now()) >= leased/2 {
		return nil
	}
	s.c.Shard, s.c.Cursor, s.c.MovedAt = next.shard, next.cursor, s.Now()
	return s.save(ctx)
}

// block stores why the campaign cannot go on. Each run tries again.
func (s *session) block(ctx context.Context, why Reason) error {
	s.c.State, s.c.Reason = Blocked, why
	s.count(ctx, metric.NoticesBlocked)
	if err := s.save(ctx); err != nil {
		return err
	}
	return errStop
}

// release stores where the next invocation goes on, and ends the lease.
func (s *session) release(ctx context.Context) error {
	s.c.Lease.Until = s.Now()
	err := s.Campaigns.Save(ctx, s.was, s.c)
	if errors.Is(err, ErrLeaseLost) {
		return nil
	}
	if errors.Is(err, ErrChanged) {
		return s.close(ctx)
	}
	return err
}

// close records the outcome of the last claim, and ends the lease, after staff has changed the state of the campaign.
func (s *session) close(ctx context.Context) error {
	stored, err := s.Campaigns.Lease(ctx, s.c.Version, s.c.Lease)
	if errors.Is(err, ErrLeaseLost) {
		return nil
	}
	if err != nil {
		return err
	}
	stored.Open, stored.Lost, stored.Next, stored.Shard, stored.Cursor = s.c.Open, s.c.Lost, s.c.Next, s.c.Shard, s.c.Cursor
	stored.Tally, stored.MovedAt = s.c.Tally, s.c.MovedAt
	stored.Lease.Until = s.Now()
	err = s.Campaigns.Save(ctx, stored.State, stored)
	if errors.Is(err, ErrChanged) || errors.Is(err, ErrLeaseLost) {
		return nil // the claim is still open, and the next run settles it
	}
	return err
}

// ends reports whether nobody else becomes known to the campaign, and mails of the last walk have had the time to come back.
func (c Campaign) ends(now time.Time) bool { return !now.Before(c.EndsAt.Add(comeBack)) }

// finish ends the campaign once its last walk is over and nobody waits to be mailed again. Whoever still waits two days later is given up.
func (s *session) finish(ctx context.Context) error {
	now := s.Now()
	if s.c.State != Following || s.c.walks(now) || !s.c.ends(now) {
		return nil
	}
	waiting, err := s.Recipients.Due(ctx, s.c.Version, now.Add(2*day), 1)
	if err != nil || len(waiting) > 0 && now.Before(s.c.EndsAt.Add(2*day)) {
		return err
	}
	s.c.State, s.c.FinishedAt = Finished, now
	return s.save(ctx)
}

// until returns when the retention of what a claim leaves behind ends.
func (s *session) until(kind policy.Kind, at time.Time) time.Time {
	return s.Policy(at).SpanOf(kind).After(at)
}
