// Package request holds a rights request: its states, its clocks, the challenge that proves the address, and the
// delivery of its answer (GDPR Art. 12, 15, 20; promises H01, H05, H13, H14).
//
// Every step is one transaction on the request's file, conditional on the versions that were read. A step that must happen later is
// due work on an item: a stream makes it quick, a schedule makes it certain.
package request

import (
	"context"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject/address"
)

// State is where a request stands.
type State string

// The states of a request.
const (
	Verifying  State = "verifying"  // the address is not proven yet
	Open       State = "open"       // proven; nothing done yet
	Fulfilling State = "fulfilling" // an export is being made
	Fulfilled  State = "fulfilled"
	Refused    State = "refused"
	Withdrawn  State = "withdrawn"
	Lapsed     State = "lapsed" // never proven
)

// Final reports whether nothing more will happen to the request by itself.
func (s State) Final() bool {
	return s == Fulfilled || s == Refused || s == Withdrawn || s == Lapsed
}

// Step is what the service does next about a request, at NextAt.
type Step string

// The steps of an access or portability request.
const (
	Challenge Step = "challenge" // mail a challenge to the address
	Lapse     Step = "lapse"     // the address was not proven in time
	Answer    Step = "answer"    // find the data subject, open an export or say that nothing is held
)

// Uses and leases. No period of the policy is among them.
const (
	ExportUses  = 10               // downloads of one export
	exportLease = 16 * time.Minute // longer than the export function can run
)

// Request is a rights request.
type Request struct {
	ID            string
	Version       int // of the item; 0 before it is stored
	Right         privacy.Right
	State         State
	Email         string // as it was typed; once the request is answered, as it is spelt on record (threat T01); empty once it ended unconfirmed
	Mailbox       string // HMAC of the address, under which the request is listed; empty until its first step
	Jurisdiction  privacy.Jurisdiction
	Language      string
	Details       string       // what was written under "Anything else?"; empty once the request ended unconfirmed
	PolicyVersion string       // in force when it was received (promise A02)
	Terms         policy.Terms // what it keeps of that version; not stored, since the version is
	ReceivedAt    time.Time
	VerifiedAt    time.Time // zero until the address is proven
	ClosedAt      time.Time // zero until final
	Challenges    int       // minted so far, but for those whose mail was refused
	Exports       int       // attempts so far
	Events        int       // recorded so far
	StatusHashes  [][]byte  // of the status links that may have been mailed, oldest first
	Tries         int       // of the mail that is due, which was not accepted so far; 0 once it is
	Step          Step
	NextAt        time.Time // zero when no step is due
}

// ExpiresAt returns the end of the request's retention, which its answer starts: none before (CCPA §7101, promise F08).
func (r Request) ExpiresAt() time.Time {
	if r.ClosedAt.IsZero() {
		return time.Time{}
	}
	return r.Terms.File.After(r.ClosedAt)
}

// EventExpiresAt returns the end of retention of a line of the request's history. What is written before the answer cannot know its day,
// so the period starts with the receipt (promise F08).
func EventExpiresAt(r Request) time.Time { return r.Terms.History.After(r.ReceivedAt) }

// answered reports whether an export may be made and read: nobody withdrew the request.
func (r Request) answered() bool { return r.State == Fulfilling || r.State == Fulfilled }

// Confirmed reports whether the address was proven: until then anybody may have sent the request.
func (r Request) Confirmed() bool { return !r.VerifiedAt.IsZero() }

// mostLinks bounds what is kept of mails that may have left: a challenge and a status link of each. More come together only while SES's
// answers are lost for many hours.
const mostLinks = 20

// begin notes that a mail with this status link is about to be handed over, and when it is tried again if it is not accepted (faults F03,
// F04, F23). Of too many links the first stays, which is that of the challenge, and the newest.
func (r *Request) begin(status []byte, now time.Time) {
	r.Tries++
	r.NextAt = now.Add(address.Again(r.Tries))
	if len(r.StatusHashes) >= mostLinks {
		r.StatusHashes = append(r.StatusHashes[:1:1], r.StatusHashes[2:]...)
	}
	r.StatusHashes = append(r.StatusHashes, status)
}

// refused takes back what begin noted of a mail that did not leave: nobody has its link.
func (r *Request) refused() { r.StatusHashes = r.StatusHashes[:len(r.StatusHashes)-1] }

// close puts the request into a final state. One that nobody confirmed keeps neither the address nor the text that somebody sent with it:
// nothing needs them any more (GDPR Art. 5(1)(e)).
func (r *Request) close(state State, now time.Time) {
	r.State, r.ClosedAt, r.Step, r.NextAt, r.Tries = state, now, "", time.Time{}, 0
	if !r.Confirmed() {
		r.Email, r.Details = "", ""
	}
}

// Challenged is one challenge that was handed over. Only the keyed hash of its token is stored (threat T11).
type Challenged struct {
	N         int // 1 to mostLinks, then from 1 again
	Version   int
	Hash      []byte // nil once its mail was refused
	ExpiresAt time.Time
	UsedAt    time.Time
}

// Event is a line of the request's history.
type Event struct {
	N    int
	At   time.Time
	Kind string // received, challenged, verified, exporting, stopped, retried, answered, nothing_held, withdrawn, lapsed
}

// File is a request with all that belongs to it.
type File struct {
	Request    Request
	Challenges []Challenged
	Exports    []Export
	Events     []Event
}

// ErrChanged is what a Register answers when an item moved since it was read. The caller reads again and decides anew.
var ErrChanged = errors.New("request: the file has changed since it was read")

// ErrUnknown is what a Register answers when there is no such request, or its retention is over.
var ErrUnknown = errors.New("request: unknown")

// Change is one transaction on a file. Items are stored whole; each must still be at the Version it carries, which grows by one.
type Change struct {
	Request   *Request
	Challenge *Challenged
	Exports   []Export
	Event     string // kind of the event to append, if any; needs Request
	List      bool   // lists the request under its mailbox; needs Request
	At        time.Time
}

// Register keeps the files. All reads are consistent.
type Register interface {
	Load(ctx context.Context, id string) (File, error)        // ErrUnknown
	Save(ctx context.Context, id string, change Change) error // ErrChanged
}
