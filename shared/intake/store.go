package intake

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/retention"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Subjects is what the intake needs of the store of data subjects.
type Subjects interface {
	Addresses
	States
}

// Addresses knows data subjects by the aliases of their addresses and ids.
type Addresses interface {
	// Aliases returns those of the aliases that are on record, by their keys. It leaves out those whose retention is over (fault F09).
	Aliases(ctx context.Context, keys ...string) (map[string]subject.Alias, error)
	// Spell replaces a spelling that somebody only typed by that of a client system.
	Spell(ctx context.Context, alias, spelling, client string) error
}

// States keeps the state of each data subject.
type States interface {
	// State reads a state consistently, even if its retention is over. It reports false if there is none.
	State(ctx context.Context, id privacy.SubjectID) (standing.Snapshot, bool, error)
	// Transition replaces a state by the one that decide returns, together with the time when it expires, which is zero for never. It calls
	// decide again while another writer interferes, and returns the state that holds in the end. It reports false if there is none.
	Transition(ctx context.Context, id privacy.SubjectID, decide func(standing.Snapshot) (standing.State, time.Time)) (standing.Snapshot, bool, error)
}

// Store is what the intake needs of the store of records.
type Store interface {
	Records
	Expiries
	Retractions
}

// Records reads and writes records.
type Records interface {
	// Accounts reads consistently the account records of a data subject that have not expired.
	Accounts(ctx context.Context, id privacy.SubjectID) ([]StoredAccount, error)
	// Newest returns when the newest stored record of a data subject occurred, of any category, or the zero time.
	Newest(ctx context.Context, id privacy.SubjectID) (time.Time, error)
	// Pack returns data in the form in which it is stored.
	Pack(data []byte) (Packed, error)
	// Commit carries out one transaction: the change of the state, and as many of the records as fit, from the first.
	Commit(ctx context.Context, t Transaction) (Committed, error)
}

// Expiries moves the expiries of stored records.
type Expiries interface {
	// Move gives all stored records of a category the expiry that follows from a version of the data subject's state. It does not change a
	// record that follows the same version or a later one, or one that has expired (fault F11).
	Move(ctx context.Context, id privacy.SubjectID, category privacy.Category, period retention.Period, version int64) error
	// FinishWalk removes the task of a walk that followed the version. It reports false if a later version has asked for another walk.
	FinishWalk(ctx context.Context, id privacy.SubjectID, version int64) (bool, error)
}

// Retractions takes records back.
type Retractions interface {
	// Holders returns under which of the ids a record is stored that has not expired. It reads consistently.
	Holders(ctx context.Context, ids []privacy.SubjectID, category privacy.Category, id string) ([]privacy.SubjectID, error)
	// Retract carries out a retraction in one transaction. It reports a lost race, and changes nothing, if the state or an account record has
	// changed, or if a record has expired meanwhile.
	Retract(ctx context.Context, r Retraction) (lost bool, err error)
}

// Retraction takes a record back: it expires at once. It counts as a change of account records, so that nobody decides on an account that was taken
// back.
type Retraction struct {
	Subject  privacy.SubjectID   // whose state the record's data follows
	Before   standing.Snapshot   // on which the retraction was decided
	Holders  []privacy.SubjectID // under which ids the record is stored: the data subject's, or of those who were joined to them
	Category privacy.Category
	ID       string
	At       time.Time
	Change   identity.Change // its task decides the state anew (fault F03)
	Entry    audit.Entry
	Until    time.Time // end of the entry's retention
}

// Packed is data in the form in which it is stored.
type Packed struct {
	Bytes      []byte
	Compressed bool
}

// StoredAccount is a stored account record with the known end of its contract, which the record itself may lack.
type StoredAccount struct {
	record.OnFile
	EndedAt time.Time
	After   string            // as of a [Put]
	of      privacy.SubjectID // under whose id it is stored
}

// Put is one record to be stored.
type Put struct {
	record.Record
	Packed    Packed
	Hash      []byte    // record.Record.Hash
	ExpiresAt time.Time // zero while nothing has started the period, and while the state suspends it
	Otherwise time.Time // as in [retention.Expiry]
	After     string    // the erasure of the data subject that the record came after, or [standing.Covered]; empty if nothing was erased
	EndedAt   time.Time // of an account: the known end of its contract
	// Versioned says that there is a data subject, whose state can suspend the period. The record then notes the version of the state.
	Versioned bool
	// OnlyNew refuses the record if anything is stored in its place. Otherwise the record replaces older content, and other content of the
	// same time.
	OnlyNew bool
}

// Found is what is known of the stored record that stood in the way of a put, and decides what becomes of the line.
type Found struct {
	OccurredAt time.Time
	Hash       []byte
	ExpiresAt  time.Time
}

// Change says what a transaction does with the state of the data subject, or how it depends on it.
type Change int

// The changes.
const (
	NoChange      Change = iota // the records do not depend on the state
	SameState                   // refused if the state has changed
	SameAccounts                // refused if the state or an account record has changed; counts as a change of account records
	ChangeState                 // replaces the state; refused if it or an account record has changed
	CreateSubject               // makes the data subject known; refused if one of the aliases has changed meanwhile
)

// Transaction is what takes effect together: a change of the state, and records.
type Transaction struct {
	Subject privacy.SubjectID      // empty for analytics counts
	Learns  []identity.AliasChange // aliases that come to stand for the data subject, but for whom and until when
	Shared  *Shared                // nil unless an address comes to stand for one more data subject

	Change    Change
	Before    standing.Snapshot // on which the transaction was decided
	After     standing.State
	ExpiresAt time.Time // of the state and the aliases; zero while something has no end
	Walk      *WalkTask // nil if no stored record has to change its expiry

	Puts []Put
}

// Shared is an address that comes to stand for one more data subject, who is new, with what follows from that (threat T27).
type Shared struct {
	Address identity.AliasChange
	Owner   privacy.SubjectID // who used the address alone so far; empty if several did
	Change  identity.Change
	Entry   audit.Entry
	Until   time.Time // end of the entry's retention
}

// WalkTask asks for a walk over the stored account data. It is written in the transaction that makes the walk necessary (fault F03).
type WalkTask struct {
	DueAt     time.Time
	ExpiresAt time.Time // when a task that nobody could finish is given up
}

// Committed is what became of a transaction. If a record was refused or a race was lost, nothing was written.
type Committed struct {
	Puts    int               // how many of the records were part of the transaction, from the first
	Refused map[int]Found     // what is stored in the place of the records that were refused, by their position
	Lost    bool              // another writer was faster
	After   standing.Snapshot // the state after the transaction
}
