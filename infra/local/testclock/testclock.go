// Package testclock is the clock of the tests. It stands still until a test moves it.
package testclock

import (
	"sync"
	"time"
)

// Clock is a clock that tests move. Its methods may be called from many goroutines at once.
type Clock struct {
	mu    sync.Mutex
	at    time.Time
	moved func(now time.Time)
}

// New returns a clock that shows at.
func New(at time.Time) *Clock { return &Clock{at: at} }

// OnMove makes each move of the clock call moved with the new time, before the move returns. Call OnMove before goroutines share the clock.
func (c *Clock) OnMove(moved func(now time.Time)) { c.moved = moved }

// Now returns the time that the clock shows. A store or a concept takes this method as its own clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Advance moves the clock forward by d, or back if d is negative.
func (c *Clock) Advance(d time.Duration) {
	c.move(func(at time.Time) time.Time { return at.Add(d) })
}

// AdvanceDate moves the clock forward by calendar steps, as [time.Time.AddDate] counts them.
func (c *Clock) AdvanceDate(years, months, days int) {
	c.move(func(at time.Time) time.Time { return at.AddDate(years, months, days) })
}

// Set moves the clock to at.
func (c *Clock) Set(at time.Time) { c.move(func(time.Time) time.Time { return at }) }

func (c *Clock) move(step func(at time.Time) time.Time) {
	c.mu.Lock()
	c.at = step(c.at)
	at := c.at
	c.mu.Unlock()
	if c.moved != nil {
		c.moved(at)
	}
}
