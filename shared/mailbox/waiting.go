package mailbox

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Limiter bounds the mails to one address (threat T09). It counts by the rule of [limit.Day].
type Limiter interface {
	// MayChallenge counts the mail with the id for the address on the UTC day of now, and reports whether it may leave. again says that the
	// mail was tried before and not accepted. later says that a mail which may not leave should wait for another day.
	MayChallenge(ctx context.Context, a subject.Address, id string, again bool, now time.Time) (may, later bool, err error)
	// NotMailed takes back what MayChallenge counted with the same now: the mail was refused and did not leave.
	NotMailed(ctx context.Context, a subject.Address, id string, now time.Time) error
}

// Clients bounds the mails that one client sets off (threat T09). [limit.Clients] implements it.
type Clients interface {
	// Allow counts a call of the client, known only by an HMAC, in the minute of now, and reports whether the client may make it.
	Allow(ctx context.Context, client, what string, now time.Time) (bool, error)
}

// allowed asks both limits and returns when the mail may leave: now, later, or never, which is the zero time. The client's limit counts only
// until the mail is first tried. A mail over the limit of its client waits for another minute. A mail over the limit of its address waits
// for the next day if it was asked for today. It also waits if the limit was reached because of mails that SES did not accept (fault F23).
// On any later day it is dropped, so an address that is flooded gets each day's mails, and no queue of them.
func (m *Mailing) allowed(ctx context.Context, c Confirmation, a subject.Address, now time.Time) (time.Time, error) {
	if c.Tries == 0 {
		if may, err := m.Clients.Allow(ctx, c.Client, limit.Mails, now); err != nil || !may {
			return now.Truncate(time.Minute).Add(c.pause()), err
		}
	}
	may, later, err := m.Limiter.MayChallenge(ctx, a, c.ID, c.Tries > 0, now)
	if err != nil || may {
		return now, err
	}
	tomorrow := limit.NextDay(now)
	if askedToday := !limit.NextDay(c.CreatedAt).Before(tomorrow); later || askedToday {
		return tomorrow, nil
	}
	return time.Time{}, nil
}

// pause returns how long to wait for a client's next minute: twice as long each time, up to four hours and a quarter. So thousands of
// confirmations that wait in vain cost little.
func (c Confirmation) pause() time.Duration {
	const doublings = 8
	return time.Minute << min(c.Version-1, doublings)
}

// waitedTooLong reports whether the client was over its limit for as long as a link lives. The confirmation is then dropped.
func (c Confirmation) waitedTooLong(life policy.Span, now time.Time) bool {
	return c.Tries == 0 && !now.Before(life.After(c.CreatedAt))
}
