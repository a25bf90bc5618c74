// Package limit bounds how many mails with links one address gets in a day, and how many calls one client may make in a minute (threat T09).
// It knows addresses and clients only by HMACs, which its callers compute.
package limit

import (
	"context"
	"time"
)

// MailsPerDay is the most mails with links that are sent to one address on one UTC day for one reason, no matter who asks for them (threat T09).
// Three are enough for a person who loses a mail or makes a typing mistake, and too few to flood a mailbox.
const MailsPerDay = 3

// Waiting is the most things of one kind that wait behind one mailbox until somebody confirms them: the first, and five that differ from it
// (threat T32). Each right is a kind, and consents are one.
const Waiting = 6

const day = 24 * time.Hour

// Today returns the beginning of the UTC day of now.
func Today(now time.Time) time.Time { return now.UTC().Truncate(day) }

// NextDay returns the beginning of the UTC day after now, when the count of mails starts again.
func NextDay(now time.Time) time.Time { return Today(now).Add(day) }

// What is counted for each client. The names are part of the keys of stored counters.
const (
	Filings = "filings" // requests with a right that a client files
	Mails   = "mails"   // confirmation mails that a client sets off
)

// Counter counts the calls of clients.
type Counter interface {
	// Count counts one more call by the client in the UTC minute of now and returns how many there were in that minute, this one included.
	Count(ctx context.Context, client, what string, now time.Time) (int, error)
}

// Clients bounds the calls of each client. The API's own throttle bounds those of all clients together.
type Clients struct {
	Counter   Counter
	PerMinute int // calls of one kind that one client may make in one UTC minute
}

// Allow counts a call of the client, known only by its HMAC (subject.Key.Client), and reports whether the client may make it. A refused call
// counts too.
func (c Clients) Allow(ctx context.Context, client, what string, now time.Time) (bool, error) {
	n, err := c.Counter.Count(ctx, client, what, now)
	return n <= c.PerMinute, err
}
