package testclock_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
)

func Example() {
	clock := testclock.New(time.Date(2028, 1, 31, 12, 0, 0, 0, time.UTC))
	receivedAt := clock.Now()
	clock.Advance(90 * time.Minute)
	fmt.Println(clock.Now().Sub(receivedAt))
	clock.Set(receivedAt)
	clock.AdvanceDate(0, 0, 29)
	fmt.Println(clock.Now().Format(time.DateOnly))
	// Output:
	// 1h30m0s
	// 2028-02-29
}

func TestMovesAtOnce(t *testing.T) {
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	seen := map[time.Time]bool{}
	clock := testclock.New(start)
	clock.OnMove(func(now time.Time) {
		mu.Lock()
		defer mu.Unlock()
		seen[now] = true
	})
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() { clock.Advance(time.Second); clock.Now() })
	}
	all.Wait()
	if want := start.Add(100 * time.Second); !clock.Now().Equal(want) || len(seen) != 100 || !seen[want] {
		t.Errorf("after 100 steps of a second the clock shows %s, and %d times were told", clock.Now(), len(seen))
	}
}
