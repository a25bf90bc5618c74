package ses

import (
	"sync"
	"time"
)

// Limits are what an account may send.
type Limits struct {
	PerSecond float64 `json:"perSecond"` // mails in a second; a short burst of as many is allowed, as SES allows it
	PerDay    int     `json:"perDay"`    // mails in any 24 hours
}

// usual are the limits of an account that nobody has set. They are those of a busy account, so that only who asks for them meets limits.
var usual = Limits{PerSecond: 500, PerDay: 1_000_000}

// day is the time over which SES counts the daily quota.
const day = 24 * time.Hour

// minute counts the mails of one minute, so that a million mails need little memory.
type minute struct {
	ends time.Time
	sent int
}

// quota counts mails against limits, by the account's clock.
type quota struct {
	mu       sync.Mutex
	limits   Limits
	now      func() time.Time
	tokens   float64 // mails that may be sent at this moment
	refilled time.Time
	minutes  []minute // of the last 24 hours, oldest first
	sent     int      // the sum of minutes
}

// set changes the limits.
func (q *quota) set(limits Limits) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.limits, q.refilled = limits, time.Time{}
}

// usage returns the limits, and how many mails were sent in the last 24 hours.
func (q *quota) usage() (Limits, int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.forget(q.now())
	return q.limits, q.sent
}

// take counts n mails, or returns the state in which the account refuses them: Throttled or OverQuota.
func (q *quota) take(n int) State {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	burst := max(q.limits.PerSecond, 1)
	if q.refilled.IsZero() {
		q.tokens, q.refilled = burst, now
	} else if passed := now.Sub(q.refilled).Seconds(); passed > 0 { // a clock that goes back refills nothing
		q.tokens, q.refilled = min(q.tokens+passed*q.limits.PerSecond, burst), now
	}
	q.forget(now)
	if q.sent+n > q.limits.PerDay {
		return OverQuota
	}
	if q.tokens < float64(n) {
		return Throttled
	}
	q.tokens -= float64(n)
	q.sent += n
	if last := len(q.minutes) - 1; last < 0 || !now.Before(q.minutes[last].ends) {
		q.minutes = append(q.minutes, minute{ends: now.Truncate(time.Minute).Add(time.Minute)})
	}
	q.minutes[len(q.minutes)-1].sent += n
	return Sending
}

// forget stops counting what was sent more than 24 hours ago. It counts a minute until its last second is over, which is never too kind.
func (q *quota) forget(now time.Time) {
	for len(q.minutes) > 0 && now.Sub(q.minutes[0].ends) >= day {
		q.sent -= q.minutes[0].sent
		q.minutes = q.minutes[1:]
	}
}
