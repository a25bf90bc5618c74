package identity_test

import (
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/identity/identitytest"
)

// inMemory opens a store in memory.
func inMemory(*testing.T) (identitytest.Store, identitytest.Clock) {
	clock := testclock.New(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	return identitytest.NewMemory(clock), clock
}

func TestAddressesInMemory(t *testing.T) { identitytest.Run(t, inMemory, identitytest.Addresses) }

func TestThreat_T27_OwnersInMemory(t *testing.T) { identitytest.Run(t, inMemory, identitytest.Owners) }

func TestThreat_T33_ContestsInMemory(t *testing.T) {
	identitytest.Run(t, inMemory, identitytest.Contests)
}

func TestJoinsInMemory(t *testing.T) { identitytest.Run(t, inMemory, identitytest.Joins) }

// H06: what people limited outlives joins, separations and attached addresses.
func TestPromise_H06_LimitsInMemory(t *testing.T) {
	identitytest.Run(t, inMemory, identitytest.Limits)
}

// F03: every act, cut short at every call.
func TestFault_F03_ActsCutShortInMemory(t *testing.T) {
	for name, c := range identitytest.Crashes {
		t.Run(name, func(t *testing.T) {
			c.Sweep(t, inMemory, func(all []int) []int { return all })
		})
	}
}

// After any acts in any order, every alias stands for exactly those whose state lists it, and expires with them; nobody has more aliases or former
// selves than they may; the index lists exactly those who were not joined to somebody.
func TestAnyActsInMemory(t *testing.T) {
	soak.CheckCostly(t, func(rt *rapid.T) {
		store, clock := inMemory(t)
		identitytest.New(rt, store, clock).Random(40, func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "n") })
	})
}

// F15: before each call of each act, another act takes effect.
func TestFault_F15_AnActBetweenTwoCallsInMemory(t *testing.T) {
	for act, other := range identitytest.EachBeside {
		synctest.Test(t, func(t *testing.T) { // the pauses after a lost race take no time
			at := 0
			for more := true; more; at++ {
				store, clock := inMemory(t)
				r := identitytest.New(t, store, clock)
				r.Town()
				more = r.Beside(act, other, at)
				if r.Sound(); t.Failed() {
					t.Fatalf("%s, and %s before call %d", act, other, at)
				}
			}
			if at > 40 {
				t.Errorf("%s has %d calls beside %s", act, at, other)
			}
		})
	}
}

// F15: acts that run at once lose nothing.
func TestFault_F15_ActsAtOnceInMemory(t *testing.T) {
	for name, race := range identitytest.Races {
		t.Run(name, func(t *testing.T) {
			store, clock := inMemory(t)
			r := identitytest.New(t, store, clock)
			race(r)
			r.Sound()
		})
	}
}
