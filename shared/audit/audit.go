// Package audit says what is recorded of acts that somebody must be able to answer for later: acts of staff, acts on rights, and acts on
// identities (GDPR Art. 5(2)).
//
// An entry is written in the transaction of the act itself, so there is never an act without an entry, nor an entry without an act. It
// contains only ids, never an address or a name of a data subject.
package audit

import (
	"crypto/rand"
	"time"
)

// Act says what was done.
type Act string

// The acts that are recorded.
const (
	ExportRetried Act = "export_retried" // an operator restarted an export that had stopped
)

// ActorKind says what kind of actor acted.
type ActorKind string

// The kinds of actors.
const (
	Operator ActorKind = "operator" // somebody with access to the tables, through ctl
)

// Actor is who acted.
type Actor struct {
	Kind ActorKind
	ID   string // the name of the operator's account on the machine
}

// Entry records one act.
type Entry struct {
	ID    string // random
	At    time.Time
	Actor Actor
	Act   Act
	About string // id of the request or of the data subject
}

// New returns an entry with an id of its own.
func New(actor Actor, act Act, about string, at time.Time) Entry {
	return Entry{ID: rand.Text(), At: at.UTC(), Actor: actor, Act: act, About: about}
}
