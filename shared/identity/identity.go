// Package identity knows who is behind an address or an id, and changes that.
//
// A data subject is a random id. Whatever the outside world calls them is an alias: an address, or the id that one of the company's systems uses
// (design: subject.Alias). [Meaning] says whom a call means that names a data subject. Everything else here is an act on identities: it changes
// which aliases stand for whom, in one transaction with its audit entry and with a [Change], from which the rest follows: links that die, mails
// to everybody concerned, and expiries that move (threats T27, T33).
package identity

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Store knows aliases and the states of data subjects. Its reads are consistent.
type Store interface {
	// Aliases returns those of the aliases that are stored and have not expired, by their keys, in one request.
	Aliases(ctx context.Context, keys ...string) (map[string]subject.Alias, error)
	States
	// Commit carries out a transaction. It reports a lost race if something has changed since it was read.
	Commit(ctx context.Context, t Transaction) (lost bool, err error)
}

// Transaction is what takes effect together.
type Transaction struct {
	Aliases []AliasChange
	States  []StateChange
	Change  Change // none without an id
	Entry   audit.Entry
	Until   time.Time // end of the entry's retention
}

// AliasChange replaces an alias. It is refused if the alias has changed since From was read.
type AliasChange struct{ From, To subject.Alias }

// StateChange replaces the state of a data subject. It is refused if the state, an account record or the aliases have changed since.
type StateChange struct {
	Subject   privacy.SubjectID
	From      standing.Snapshot
	To        standing.State
	Version   int64     // of the state afterwards. It is higher than any that the data subject's records follow, also after a join
	Aliases   []string  // of the data subject afterwards
	Shared    []string  // those of them that stand for somebody else too; once joined to somebody, those that both used
	Left      []string  // addresses that were taken away from the data subject not long ago, while they are still on record
	Primary   string    // the alias of the address that mail goes to; empty without an address
	Listed    bool      // whether the index of everybody has them: somebody who was joined to another is not visited
	Renewed   bool      // moves them to the end of the index, since they can be reached by another address now
	ExpiresAt time.Time // zero while something has no end
}

// Change is an act on identities, kept while consequences of it are due and while it can be contested.
type Change struct {
	ID      string // random; the audit entry has the same
	Version int    // of the item; 0 before it is stored
	Kind    audit.Act
	Subject privacy.SubjectID // who was changed; who stays, in a join
	At      time.Time
	Cut     []Cut               // mailboxes whose links and sessions die
	Told    []Told              // who is told by mail
	Freezes []string            // the aliases that are frozen if one of the told contests the change
	Rebuild []privacy.SubjectID // whose data follows another state now

	ContestedAt time.Time // zero while nobody has
	ContestedBy string    // the mailbox of who did

	work.Due            // when the consequences are looked after
	ExpiresAt time.Time // end of the item's retention
}

// Cut is a mailbox whose links and sessions die.
type Cut struct {
	Mailbox string            // as subject.Key.Mailbox makes it
	Leaves  privacy.SubjectID // whose requests by the address are taken out of the mailbox, because it identifies them no longer; empty if nobody's
}

// Told is somebody who is told of a change.
type Told struct {
	Address string // spelling on record
	Mailbox string
	Role    Role
}

// Role is what a change means for an address.
type Role string

// The roles.
const (
	Added Role = "added" // the address came to stand for the data subject
	Other Role = "other" // the address stood for the data subject before; it may contest the change
)

// Changes keeps changes. Its reads are consistent.
type Changes interface {
	// LoadChange reads a change. It reports false if there is none.
	LoadChange(ctx context.Context, id string) (Change, bool, error)
	// SaveChange stores a change at its next version. It reports a lost race if the change is at another version than it was read at.
	SaveChange(ctx context.Context, c Change) (lost bool, err error)
}

// Contestable is a change that waits behind a mailbox until its holder has seen it (threat T33).
type Contestable struct {
	ID   string // of the change
	Kind audit.Act
	At   time.Time
}

// Identity carries out acts on identities.
type Identity struct {
	Store   Store
	Aliases subject.Key                        // makes aliases and the ids of mailboxes
	Policy  func(now time.Time) *policy.Policy // policy.InForce
	Now     func() time.Time
}

func (i *Identity) now() time.Time { return i.Now().UTC().Truncate(time.Second) }
