package mailbox

import (
	"maps"
	"strconv"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Receipt tells the holder of a mailbox what was done from it, with a way to undo it. So an act of somebody else who got hold of a link does
// not stay unknown to the holder (threat T31).
type Receipt struct {
	Mailbox     string // its id
	N           int    // number of the receipt
	Acts        []Act  // oldest first
	Unsubscribe string // token of one-click unsubscription (promise C03); empty if nothing is decided by the address
}

// Mail returns the tags of the receipt. No two receipts to a mailbox have the same.
func (r Receipt) Mail() feedback.Mail {
	return feedback.Mail{Kind: feedback.Receipt, About: r.Mailbox, Part: "receipt-" + strconv.Itoa(r.N)}
}

// ActKind says what was done.
type ActKind string

// The kinds of acts.
const (
	Confirmed ActKind = "confirmed" // a request was confirmed; its status page withdraws it
	Decided   ActKind = "decided"   // consents were given, refused or withdrawn; the page of the mailbox changes them
	Discarded ActKind = "discarded" // a request or a consent that waited was not the holder's
	Attached  ActKind = "attached"  // one of the company's systems said that the address belongs to somebody on record
	Contested ActKind = "contested" // a change of whom the address stands for was contested, and waits for the team
	Withdrawn ActKind = "withdrawn" // a request was withdrawn, by a session or by its status link; another request undoes it
	Filed     ActKind = "filed"     // a request came in that nothing has to prove, so it counts already: a complaint, a question about automated decisions
	Limited   ActKind = "limited"   // what an objection, an opt-out or a restriction forbids was forbidden already; a letter tells of a new one
	Lifted    ActKind = "lifted"    // an objection, an opt-out or a restriction that was in force was taken back; another request undoes it
	Lapsed    ActKind = "lapsed"    // nobody confirmed a request in time; another request undoes it
)

// Act is one thing that was done from a mailbox. It has no text and no name that a stranger may have typed (threat T32).
type Act struct {
	Kind      ActKind
	Request   string                            // id of the request that was confirmed or filed
	Right     privacy.Right                     // of the request; empty for a consent
	Scope     privacy.Scope                     // of a request to know
	Status    subject.Token                     // opens the status page of that request
	DueAt     time.Time                         // binding deadline of that request (promise H13); zero if it is answered already
	TimeZone  string                            // in which its days are counted, an IANA name; empty for that of the controller
	Decisions map[privacy.Purpose]consent.State // of a consent
	At        time.Time
}

// unproven reports whether anybody who knows the address may have set it off.
func (a Act) unproven() bool { return a.Kind == Filed || a.Kind == Limited || a.Kind == Lapsed }

// equal reports whether both say the same.
func (a Act) equal(other Act) bool {
	return a.Kind == other.Kind && a.Request == other.Request && a.At.Equal(other.At) && maps.Equal(a.Decisions, other.Decisions)
}

// hasStatus reports whether the receipt links to the status page of the act's request.
func (a Act) hasStatus() bool { return a.Kind == Confirmed || a.Kind == Filed }
