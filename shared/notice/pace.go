package notice

import (
	"context"
	"time"
)

// slowest bounds the slowing down: the pause between two calls is at most doubled so many times.
const slowest = 5

// pace decides when the next call to SES may begin.
type pace struct {
	next   time.Time // no call begins before, so that on average the campaign stays within its share of the rate
	recent []call    // the calls of the last second, oldest first
	slower int       // how often the pause is doubled, because SES has throttled a call
}

type call struct {
	at    time.Time
	mails int
}

// earliest returns when a call of so many mails may begin: not before next, and so that no second has more mails than the account may send.
func (p *pace) earliest(now time.Time, mails int, perSecond float64) time.Time {
	at, lately := later(now, p.next), mails
	for _, c := range p.recent {
		lately += c.mails
	}
	for _, c := range p.recent {
		if float64(lately) <= perSecond {
			break
		}
		at, lately = later(at, c.at.Add(time.Second)), lately-c.mails
	}
	return at
}

// begun notes a call that begins, and when the next one may begin at the share of the rate.
func (p *pace) begun(at time.Time, mails int, share float64) {
	for len(p.recent) > 0 && at.Sub(p.recent[0].at) >= time.Second {
		p.recent = p.recent[1:]
	}
	p.recent = append(p.recent, call{at, mails})
	p.next = at.Add(time.Duration(float64(mails)/share*float64(time.Second)) << p.slower)
}

// await waits until the next call may begin (fault F06). It ends the session if that is not possible within its time, or within its share of
// the daily quota.
func (s *session) await(ctx context.Context, mails int) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	if s.room() < mails {
		return s.exhausted()
	}
	now := s.Now()
	at := s.pace.earliest(now, mails, s.account.PerSecond)
	if s.late(ctx, at.Sub(now)) {
		return errStop
	}
	if at.After(now) {
		if err := s.Sleep(ctx, at.Sub(now)); err != nil {
			return errStop // the invocation ends
		}
	}
	s.pace.begun(later(at, s.Now()), mails, s.perSecond())
	return nil
}

// exhausted notes that the campaign waits for its daily quota, and ends the session.
func (s *session) exhausted() error {
	s.c.Reason = QuotaUsed
	return errStop
}
