package notice

import (
	"context"
	"log/slog"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
)

// settle closes a claim that an earlier invocation left open. Nobody knows whether SES took the mails whose outcome is missing (fault F04).
func (s *session) settle(ctx context.Context) error {
	if s.c.Open == 0 {
		return nil
	}
	claim, found, err := s.Claims.Claimed(ctx, s.c.Version, s.c.Open)
	if err != nil {
		return err
	}
	if !found { // claims are kept for weeks, and each run settles what is open
		slog.ErrorContext(ctx, "an open claim of a notice campaign is gone", "version", s.c.Version, "claim", s.c.Open)
		s.c.Open = 0
		return s.save(ctx)
	}
	known, err := s.Recipients.Known(ctx, s.c.Version, claim.Aliases)
	if err != nil {
		return err
	}
	to := make([]Recipient, len(claim.Aliases))
	answers := make([]feedback.Answer, len(claim.Aliases))
	for i, alias := range claim.Aliases {
		answers[i].Verdict = feedback.Uncertain
		if to[i] = known[alias]; to[i].Alias == "" {
			to[i].Alias = alias
		}
	}
	if err := s.record(ctx, claim, to, answers); err != nil {
		return err
	}
	s.c.Open, s.c.MovedAt = 0, s.Now()
	return s.save(ctx)
}

// retry looks through the recipients, as staff has asked, and mails again those who failed for a reason that may pass. Of the others it looks for
// another address.
func (s *session) retry(ctx context.Context) error {
	if s.c.RetryAskedAt.After(s.c.RetryBegunAt) {
		s.c.RetryBegunAt, s.c.Retry = s.c.RetryAskedAt, Partitions
	}
	for s.c.Retry > 0 {
		for r, err := range s.Partitions.Partition(ctx, s.c.Version, s.c.Retry-1) {
			if err != nil {
				return err
			}
			if s.late(ctx, 0) {
				return errStop
			}
			if r.Outcome != Failed || r.Followed {
				continue
			}
			if err := s.keepLease(ctx, s.place()); err != nil {
				return err
			}
			now := s.Now()
			if _, err := s.change(ctx, now, r, func(is Recipient) Recipient { return is.retried(now) }); err != nil {
				return err
			}
		}
		s.c.Retry--
		if err := s.save(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r Recipient) retried(now time.Time) Recipient {
	switch {
	case r.Outcome != Failed || r.Followed:
	case r.Permanent:
		return r.due(now)
	default:
		r.Outcome, r.Since, r.NextAt = Waiting, now, now
	}
	return r
}
