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

	RequestExtended Act = "request_extended" // somebody of the privacy team decided that an answer takes longer
	RequestClosed   Act = "request_closed"   // somebody of the privacy team decided the outcome of a request
	RequestReleased Act = "request_released" // somebody of the privacy team vouched for the address of a request
	RequestViewed   Act = "request_viewed"   // somebody of the privacy team read what a person wrote (promise H16)

	HoldPlaced   Act = "hold_placed"   // two members of the team placed a legal hold on data of a data subject
	HoldReleased Act = "hold_released" // two members of the team ended a legal hold

	ErasureAcknowledged Act = "erasure_acknowledged" // somebody of the privacy team noted that another system has erased a data subject too

	NoticePaused    Act = "notice_paused"    // somebody stopped a notice campaign for a while
	NoticeResumed   Act = "notice_resumed"   // somebody let a paused campaign go on
	NoticeCancelled Act = "notice_cancelled" // somebody stopped a campaign for good
	NoticeRetried   Act = "notice_retried"   // somebody had a campaign try again what had failed

	AddressesChanged  Act = "addresses_changed"  // a system attached addresses to a data subject, or took some away
	AddressShared     Act = "address_shared"     // a system sent the address of one data subject with the id of another
	SubjectsJoined    Act = "subjects_joined"    // a system said that two data subjects are one person
	SubjectsSeparated Act = "subjects_separated" // a system took that back
	ChangeContested   Act = "change_contested"   // somebody who was told of a change contested it, which froze it
	AddressReleased   Act = "address_released"   // an operator ended a freeze
	RecordRetracted   Act = "record_retracted"   // a system took back a record that it had filed under the wrong data subject
)

// ActorKind says what kind of actor acted.
type ActorKind string

// The kinds of actors.
const (
	Operator ActorKind = "operator" // somebody with access to the tables, through ctl
	Machine  ActorKind = "machine"  // a system of the company's, with its own access token
	Holder   ActorKind = "holder"   // somebody who has opened a link to the mailbox of an address
)

// Actor is who acted.
type Actor struct {
	Kind ActorKind
	ID   string // the name of the operator's account on the machine, the client id in the token, or the HMAC of the holder's address
}

// Entry records one act.
type Entry struct {
	ID     string // random
	At     time.Time
	Actor  Actor
	Act    Act
	Second string // the name of the account of a second person who has agreed to the act; empty if none has to
	About  string // id of the request or of the data subject, or "notice" and the policy version of a campaign
}

// New returns an entry with an id of its own.
func New(actor Actor, act Act, about string, at time.Time) Entry {
	return Entry{ID: rand.Text(), At: at.UTC(), Actor: actor, Act: act, About: about}
}
