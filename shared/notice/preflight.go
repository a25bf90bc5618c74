package notice

import (
	"context"
	"log/slog"
	"math"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// fresh is how long what SES said about the account is relied on.
const fresh = time.Minute

// ready checks, once a minute, whether SES allows the campaign to send (fault F08), and writes the letter once. A campaign that may not send is
// blocked.
func (s *session) ready(ctx context.Context) error {
	if !s.askedAt.IsZero() && s.Now().Sub(s.askedAt) < fresh {
		return nil
	}
	account, err := s.Accounts.Account(ctx)
	if err != nil {
		slog.ErrorContext(ctx, "SES did not describe the account", "error", fault.Class(err))
		return s.block(ctx, NoAccount)
	}
	s.account, s.askedAt, s.sentSince = account, s.Now(), 0
	switch {
	case !account.Sending:
		return s.block(ctx, SendingPaused)
	case !account.Production:
		return s.block(ctx, Sandbox)
	case !account.Verified:
		return s.block(ctx, Unverified)
	case s.perSecond() <= 0, account.PerDay != feedback.Unlimited && s.perDay() == 0:
		return s.block(ctx, QuotaTooSmall)
	case s.letter != Letter{}:
		return nil
	}
	if s.letter, err = s.Letters.Letter(ctx, s.c.Version); err != nil {
		slog.ErrorContext(ctx, "the letter of a notice campaign cannot be written", "version", s.c.Version, "error", fault.Class(err))
		return s.block(ctx, NoLetter)
	}
	return nil
}

// perSecond returns how many mails a second the campaign may send: its share of the account's rate. The rest is for answers to requests.
func (s *session) perSecond() float64 { return s.account.PerSecond * float64(s.Share) / 100 }

// batch returns how many recipients one call has.
func (s *session) batch() int {
	n := min(feedback.MostRecipients, int(s.perSecond()))
	if s.account.PerDay != feedback.Unlimited {
		n = min(n, s.perDay())
	}
	return max(1, n)
}

// perDay returns how many mails the campaign may send in 24 hours: its share of the account's quota.
func (s *session) perDay() int { return s.account.PerDay * s.Share / 100 }

// room returns how many mails the campaign may send now before its share of the daily quota is used up.
func (s *session) room() int {
	if s.account.PerDay == feedback.Unlimited {
		return math.MaxInt
	}
	return s.perDay() - s.account.Sent - s.sentSince
}

// tooMany reports whether the campaign cannot mail everybody by its deadline, at its share of the rate and of the daily quota. Once the deadline
// has passed, late is better than never.
func (s *session) tooMany(now time.Time) bool {
	left := s.c.Deadline.Sub(now)
	if left <= 0 {
		return false
	}
	possible := s.perSecond() * left.Seconds()
	if s.account.PerDay != feedback.Unlimited {
		days := math.Floor(left.Hours()/day.Hours()) + 1
		possible = min(possible, days*float64(s.perDay())-float64(s.account.Sent))
	}
	return possible < float64(s.c.Expected-s.c.Tally.Accepted-s.c.Tally.Failed)
}

// expect counts whom the campaign concerns. If the time runs out, the count is too low, and the campaign starts anyway.
func (s *session) expect(ctx context.Context) error {
	now, n := s.Now(), 0
	for shard := range s.Shards {
		for cursor, more := "", true; more && !s.late(ctx, 0); more = cursor != "" {
			page, next, err := s.People.People(ctx, shard, time.Time{}, cursor)
			if err != nil {
				return err
			}
			for _, person := range page {
				if s.concerns(person, now) {
					n++
				}
			}
			if err := s.keepLease(ctx, s.place()); err != nil {
				return err
			}
			cursor = next
		}
	}
	s.c.Expected, s.c.CountedAt = n, now
	return nil
}

// concerns reports whether a person with an address is told. Somebody without one is found once an address is attached.
func (s *session) concerns(p standing.Person, now time.Time) bool {
	return p.Primary != "" && s.tells(p, now)
}

// tells reports whether the campaign tells a person whose address is known: of a significant change every account holder (promise K02), of a
// transfer of the business everybody (promise D05). Neither a restriction nor an objection keeps a legal notice back.
func (s *session) tells(p standing.Person, now time.Time) bool {
	if !p.Known(now) {
		return false
	}
	return s.c.Kind == policy.Transfer || p.HoldsAccount(s.Policy(now).RetentionOf(policy.Kind(privacy.Account)), now)
}
