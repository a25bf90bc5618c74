package identity_test

import (
	"testing"
	"time"

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
