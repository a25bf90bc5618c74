package subject

import (
	"slices"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// What an alias begins with.
const (
	addressPrefix = "i#"
	idPrefix      = "x#"
)

// IsAddress reports whether an alias is that of an address, and not that of a client system's id.
func IsAddress(alias string) bool { return strings.HasPrefix(alias, addressPrefix) }

// Most is how many addresses, and how many ids, a data subject may have.
const Most = 10

// Named is how a client system names a data subject in a call: by the id that it uses itself, by an address, or by both. Without either it names
// nobody.
type Named struct {
	Client  string // the client id in the caller's token
	ID      string // empty if the call has none
	Address Address
}

// Alias is one name of a data subject on record: an address, or the id that a client system uses. It is stored under its HMAC.
type Alias struct {
	Key      string // as [Key.Alias] or [Key.IDAlias] makes it
	Version  int64  // grows with every change of the alias but its expiry; 0 before it is stored
	Subjects []privacy.SubjectID
	Formerly []Former                     // of the data subject, if there is one alone: who was joined to them
	Sharers  map[privacy.SubjectID]Sharer // of an address that several data subjects use: what it says of each; without an entry, their data has no end
	Client   string                       // the system that sent, attached or uses it; empty for an address that only people have typed

	Spelling   string            // of an address: as it is spelt on record; mail goes nowhere else (threats T01, T16)
	Typed      bool              // of an address: as somebody typed it, until a system of the company's says how it is spelt
	AttachedAt time.Time         // of an address: when it last came to stand for more than before; zero if it came with its data subject
	DetachedAt time.Time         // of an address: when it was last taken away from a data subject; zero if never
	From       privacy.SubjectID // of an address that was detached: from whom last
	DoubtUntil time.Time         // of an address that was detached: until when its requests go to the team
	FrozenAt   time.Time         // of an address: since when a change that led to it is contested; zero if none is
	ErasedAt   time.Time         // of an address: when its spelling was last erased; zero if never
	Mailbox    string            // of an address whose spelling was erased: the id of its mailbox, which nothing could tell any more
	ExpiresAt  time.Time         // zero while something about a data subject behind it has no end
}

// Former is a data subject who was joined to another one.
type Former struct {
	ID privacy.SubjectID
	At time.Time // when
}

// LastJoin returns when the last of them was joined, or the zero time if nobody was.
func LastJoin(formerly []Former) (at time.Time) {
	for _, f := range formerly {
		if f.At.After(at) {
			at = f.At
		}
	}
	return at
}

// Equal reports whether both say the same.
func (f Former) Equal(other Former) bool { return f.ID == other.ID && f.At.Equal(other.At) }

// Shared reports whether more than one data subject uses the address (threat T27).
func (a Alias) Shared() bool { return len(a.Subjects) > 1 }

// Subject returns the one data subject behind the alias. It returns "" if there is none, or more than one.
func (a Alias) Subject() privacy.SubjectID {
	if len(a.Subjects) != 1 {
		return ""
	}
	return a.Subjects[0]
}

// Belongs reports whether the data subject is behind the alias, alone or with others.
func (a Alias) Belongs(id privacy.SubjectID) bool { return slices.Contains(a.Subjects, id) }

// Doubt says why nothing may be answered by an address automatically.
type Doubt string

// The doubts. Without one, whoever controls the mailbox is the data subject.
const (
	NoDoubt  Doubt = ""
	Shared   Doubt = "shared"   // several data subjects use the address
	Detached Doubt = "detached" // it was taken away from a data subject not long ago, so it may have a new owner
	Frozen   Doubt = "frozen"   // somebody contests the change that led to it
)

// Doubt returns why nothing may be answered by the address at the time given (threats T27, T33).
func (a Alias) Doubt(now time.Time) Doubt {
	switch {
	case !a.FrozenAt.IsZero():
		return Frozen
	case a.At(now).Shared():
		return Shared
	case now.Before(a.DoubtUntil):
		return Detached
	default:
		return NoDoubt
	}
}

// Known returns what the alias says about an address at the time given.
func (a Alias) Known(now time.Time) Known {
	a = a.At(now)
	return Known{
		Subject: a.Subject(), Formerly: a.Formerly, Others: a.Subjects, Spelling: a.Spelling, Typed: a.Typed, Erased: !a.ErasedAt.IsZero(),
		AttachedAt: a.AttachedAt, Doubt: a.Doubt(now),
	}
}

// Unknown reports whether nobody is known by an address, and it was taken away from nobody not long ago: whoever types it at the time given is
// somebody new.
func (a Alias) Unknown(now time.Time) bool { return len(a.Subjects) == 0 && a.Doubt(now) == NoDoubt }

// Known is what is known of a data subject by one of their addresses.
type Known struct {
	Subject    privacy.SubjectID   // empty if nobody is known by the address, or several are
	Formerly   []Former            // who was joined to the data subject
	Others     []privacy.SubjectID // everybody who uses the address
	Spelling   string              // the spelling on record; mail goes nowhere else (threats T01, T16). Empty once it was erased
	Typed      bool                // as somebody typed it, until a system of the company's says how it is spelt
	Erased     bool                // the data subject was erased, so only what an erasure withholds may be stored of them
	AttachedAt time.Time           // as in [Alias]
	Doubt      Doubt               // as [Alias.Doubt] returns it
}

// MailTo returns where mail goes that is for whoever has typed and proven an address: to the spelling on record or, if nobody is known by the address or
// its spelling was erased, to the one that was typed.
func (k Known) MailTo(typed Address) string {
	if k.Spelling != "" {
		return k.Spelling
	}
	return typed.Spelling
}
