package mailbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Mailbox is an e-mail address of which somebody has to prove control: its links, its sessions, and the mails that are due. It is stored only
// while one of these exists.
type Mailbox struct {
	ID          string              // the HMAC of the address, as subject.Key.Mailbox makes it
	Version     int                 // of the item; 0 before it is stored
	Address     string              // as it was typed; mail goes to the spelling on record
	Subject     privacy.SubjectID   // whose address it was when the newest link was mailed; empty if nothing may be answered by it
	Formerly    []subject.Former    // who had been joined to the data subject by then
	Doubt       subject.Doubt       // why nothing may be answered by the address
	Shared      []privacy.SubjectID // everybody behind an address that is in doubt; what is refused by it holds for all of them
	CutAt       time.Time           // links and sessions that existed then are dead, since the address came to stand for somebody else
	Generation  int                 // of the sessions; a session of another generation has ended
	SessionsEnd time.Time           // when the last session ends
	Links       []Link              // oldest first
	Minted      int                 // links so far, those included whose mail did not leave
	Returned    int                 // mails with a link that came back in a row, since a link was last opened
	Wanted      []Reason            // why a mail with a link is due
	Mailed      Day
	work.Due             // of the next mail with a link
	Acts        []Act    // that no receipt has told yet, oldest first
	Receipts    int      // begun so far
	Receipt     work.Due // of the next receipt
	ExpiresAt   time.Time
}

// Reason is why a link is mailed. Each reason has its own number of mails a day, so that whoever sets off mails for one does not use up those
// of another (threat T09).
type Reason string

// The reasons, in the order in which a mail is counted for them.
const (
	ForHolder   Reason = "holder"   // somebody who has opened a link asks for a new one
	ForRequests Reason = "requests" // a request waits, or somebody asks for a link
	ForConsents Reason = "consents" // a consent by address waits
	ForChanges  Reason = "changes"  // one of the company's systems changed whom the address stands for
	ForPlans    Reason = "plans"    // the plan of an erasure waits, which its holder has confirmed before
)

// forReceipt counts receipts among the mails of a day. They have no link that opens anything, so they are no reason for a link.
const forReceipt Reason = "receipts"

var reasons = [...]Reason{ForHolder, ForPlans, ForChanges, ForRequests, ForConsents}

// Day counts the mails of one UTC day.
type Day struct {
	On     time.Time // the beginning of the day
	Counts map[Reason]int
}

// count returns how many mails were counted for the reason on the day of now.
func (d Day) count(r Reason, now time.Time) int {
	if d.On.Equal(limit.Today(now)) {
		return d.Counts[r]
	}
	return 0
}

// with returns the day of now with n more mails for the reason.
func (d Day) with(r Reason, n int, now time.Time) Day {
	next := Day{On: limit.Today(now), Counts: map[Reason]int{}}
	for each := range d.Counts {
		if count := d.count(each, now); count > 0 {
			next.Counts[each] = count
		}
	}
	next.Counts[r] = max(0, next.Counts[r]+n)
	return next
}

// ErrChanged is the error of [Mailboxes] and [Confirmations] if an item has changed since it was read.
var ErrChanged = errors.New("mailbox: the item has changed since it was read")

// Mailboxes stores mailboxes. Reads are consistent.
type Mailboxes interface {
	Load(ctx context.Context, id string) (m Mailbox, found bool, err error)
	Save(ctx context.Context, m Mailbox) (Mailbox, error) // at its new version; ErrChanged
}

// want makes a mail with a link due, unless one is due already. If the mail waits for another day because its reasons have used up this one, a
// reason that still has room makes it due at once.
func (m *Mailbox) want(r Reason, now time.Time) {
	if !slices.Contains(m.Wanted, r) {
		m.Wanted = append(slices.Clone(m.Wanted), r)
	}
	rests := m.Try == 0 || m.NextAt.Equal(limit.NextDay(now)) // no try is on its way
	if m.NextAt.IsZero() || rests && m.hasRoom(r, now) {
		m.NextAt = now
	}
}

func (m Mailbox) hasRoom(r Reason, now time.Time) bool {
	return m.Mailed.count(r, now) < limit.MailsPerDay
}

// reason returns the reason for which the next mail is counted: the first wanted one that has room on the day of now.
func (m Mailbox) reason(now time.Time) (Reason, bool) {
	for _, r := range reasons {
		if slices.Contains(m.Wanted, r) && m.hasRoom(r, now) {
			return r, true
		}
	}
	return "", false
}

// rest leaves no mail due.
func (m *Mailbox) rest() { m.Wanted, m.Due = nil, work.Due{} }
