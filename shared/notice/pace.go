package notice

import (
	"context"
	"time"
)

// dailyQuota is the reason with which SES postpones a mail beyond the daily quota.
const dailyQuota = "daily_quota"

// slowest bounds the slowing down: the pause between two calls is at most doubled so many times.
const slowest = 5

// pace waits until the next call may begin: never faster than the campaign's share of the account's rate, and not beyond its share of the daily
// quota (fault F06). It ends the session if that is not possible within its time.
func (s *session) pace(ctx context.Context, mails int) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	if s.room() < mails {
		return s.exhausted()
	}
	now := s.Now()
	pause := max(0, s.nextCall.Sub(now))
	if s.late(ctx, pause) {
		return errStop
	}
	if pause > 0 {
		if err := s.Sleep(ctx, pause); err != nil {
			return errStop // the invocation ends
		}
	}
	s.nextCall = later(s.nextCall, now).Add(s.gap(mails))
	return nil
}

// gap returns the time from the beginning of a call to that of the next one. Besides the share, which holds on average, it keeps the account's
// rate within any second: at 14 a second and a share of 80 per cent, calls of 11 mails would else begin 0.98 seconds apart.
func (s *session) gap(mails int) time.Duration {
	gap := float64(mails) / s.perSecond()
	if calls := int(s.account.PerSecond) / mails; calls > 0 {
		gap = max(gap, 1/float64(calls))
	}
	return time.Duration(gap*float64(time.Second)) << s.slower
}

// exhausted notes that the campaign waits for its daily quota, and ends the session.
func (s *session) exhausted() error {
	s.c.Reason = QuotaUsed
	return errStop
}
