package identitytest

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// Clock is a clock that a test moves.
type Clock interface {
	Now() time.Time
	Advance(d time.Duration)
}

// Store is a store under test, with what else happens to identities: records make people known, and decide when they expire.
type Store interface {
	identity.Store
	identity.Contests
	// Create puts a data subject on record, as a record does.
	Create(ctx context.Context, n Newcomer) (lost bool, err error)
	// Transition changes the state of a data subject and when they expire, as records and consents do, unless they were joined to somebody.
	Transition(ctx context.Context, id privacy.SubjectID, decide func(standing.Snapshot) (standing.State, time.Time)) (standing.Snapshot, bool, error)
	// Type keeps everybody who is known by an alias at least until then, as typing the address does.
	Type(ctx context.Context, alias string, until time.Time) error
	// Listed returns the primary address of everybody whom the index of people has; empty for somebody without an address.
	Listed(ctx context.Context) (primaries []string, err error)
	// Audited returns the entries of the audit, in no order.
	Audited(ctx context.Context) ([]audit.Entry, error)
}

// Newcomer is a data subject who becomes known.
type Newcomer struct {
	ID        privacy.SubjectID
	Learns    []identity.AliasChange
	Shares    *identity.AliasChange // an address that they share from now on, or nil
	Owner     privacy.SubjectID     // who used it alone so far, if somebody did
	State     standing.State
	ExpiresAt time.Time // zero for never
}
