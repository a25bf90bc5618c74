package fault

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// F15: a lost race is tried again up to twelve times, with pauses that grow to a limit. An error and a success end it at once.
func TestFault_F15_ALostRaceIsTriedAgain(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		lost  int   // races before the write is done
		err   error // of the write then
		calls int
		want  error
		least time.Duration // all pauses together, within a half of each
	}{
		"won":             {0, nil, 1, nil, 0},
		"broken":          {0, broken, 1, broken, 0},
		"lost once":       {1, nil, 2, nil, 2500 * time.Microsecond},
		"lost, broken":    {3, broken, 4, broken, 17500 * time.Microsecond},
		"won at the last": {11, nil, 12, nil, (5 + 10 + 20 + 40 + 80 + 160 + 5*200) / 2 * time.Millisecond},
		"always lost":     {12, nil, 12, errRaces, (5 + 10 + 20 + 40 + 80 + 160 + 6*200) / 2 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			begun, calls := time.Now(), 0
			err := Retry(t.Context(), func() (bool, error) {
				if calls++; calls <= c.lost {
					return true, nil
				}
				return false, c.err
			})
			took := time.Since(begun)
			if !errors.Is(err, c.want) || calls != c.calls || took < c.least || took > 3*c.least {
				t.Errorf("%s: %v after %d calls and %v", name, err, calls, took)
			}
		})
	}
	if KindOf(errRaces) != Conflict {
		t.Error(errRaces)
	}
}

// Whoever waits no longer has the context's error.
func TestALostRaceEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	err := Retry(ctx, func() (bool, error) {
		if calls++; calls == 3 {
			cancel()
		}
		return true, nil
	})
	if !errors.Is(err, context.Canceled) || calls != 3 {
		t.Errorf("%v after %d calls", err, calls)
	}
}
