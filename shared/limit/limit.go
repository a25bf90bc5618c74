// Package limit says how often: how many mails with links one address gets in a day, and how many calls one client may make in a minute
// (threat T09). It knows addresses and clients only by the names that its callers give them, which are HMACs.
package limit

import (
	"context"
	"time"
)

// NextDay returns the beginning of the UTC day after the day of now. A new day brings new mails.
func NextDay(now time.Time) time.Time {
	const day = 24 * time.Hour
	return now.UTC().Truncate(day).Add(day)
}

// What clients do that is counted. The names are stored in the keys of counters.
const (
	Filings = "filings" // requests with a right that a client files
	Mails   = "mails"   // confirmation mails that a client sets off
)

// Counter counts the calls of clients.
type Counter interface {
	// Count counts one more call by the client in the UTC minute of now and returns how many there were in that minute, this one included.
	Count(ctx context.Context, client, what string, now time.Time) (int, error)
}

// Clients bounds the calls of each client. The bound on all clients together is the API's own throttle.
type Clients struct {
	Counter   Counter
	PerMinute int // calls of one kind that one client may make in one UTC minute
}

// Allow counts a call of the client, known only by its HMAC (subject.Key.Client), and reports whether the client may make it. A call that is
// refused counts as well.
func (c Clients) Allow(ctx context.Context, client, what string, now time.Time) (bool, error) {
	n, err := c.Counter.Count(ctx, client, what, now)
	return n <= c.PerMinute, err
}
