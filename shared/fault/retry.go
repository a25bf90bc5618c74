package fault

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	tries        = 12                     // of a write that loses its races
	firstPause   = 5 * time.Millisecond   // after the first lost race
	longestPause = 200 * time.Millisecond // between two tries
)

// errRaces is the answer when every try lost its race.
var errRaces = New(Conflict, "Other calls kept changing the same data. Try again.")

// Retry repeats a write while it loses its race against other writers. The pause between two tries grows and differs between writers. A
// race that is lost at every try is a Conflict. An error of the write ends it.
func Retry(ctx context.Context, write func() (lost bool, err error)) error {
	pause := firstPause
	for range tries {
		lost, err := write()
		if err != nil || !lost {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause/2 + rand.N(pause)): //nolint:gosec // a pause is no secret
		}
		pause = min(2*pause, longestPause)
	}
	return errRaces
}
