// Package mailbox has people prove control of an e-mail address, and keeps what waits until they do.
//
// Anybody can type any address. So a request with a right, and a decision about consent by address, count only after somebody has opened a link
// that was mailed to the address and pressed a button on the page that it opens (promises C02, H14). One link opens everything of its mailbox.
// [LinkMailing] mails links, within the day's limits (threat T09); [Links] opens them and knows the sessions that follow. Rights requests wait
// in package request. Decisions by address wait here: [Admission] puts them behind their mailbox, and [Consents] does what people ask for about
// them, through a session or by the one-click unsubscribe of a mail (RFC 8058).
package mailbox

import (
	"context"
	"maps"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Confirmation is a decision by address that waits for its button.
type Confirmation struct {
	ID          string
	Version     int         // of the item; 0 before it is stored
	Email       string      // as it was typed
	Client      string      // who asked, as an HMAC (subject.Key.Client)
	Act         consent.Act // without a Subject: the mailbox of whoever confirms it says whose decision it is
	Mailbox     string      // the id of the mailbox behind which it waits; empty before
	Repeats     int         // how often the same was asked for again
	RepeatedAt  time.Time   // when it was last asked for again
	Tries       int         // times that it was looked at while it waits for a mail
	ConfirmedAt time.Time   // when its button was pressed; zero before
	CreatedAt   time.Time
	NextAt      time.Time // when it is looked at again; zero once it has ended
	ExpiresAt   time.Time // end of the item's retention
}

// Confirmations stores what waits for a button. Reads are consistent.
type Confirmations interface {
	Load(ctx context.Context, id string) (c Confirmation, found bool, err error)
	Save(ctx context.Context, c Confirmation) (Confirmation, error) // at its new version; ErrChanged
}

// waits reports whether the confirmation waits behind a mailbox at now.
func (c Confirmation) waits(now time.Time) bool {
	return c.Mailbox != "" && c.ConfirmedAt.IsZero() && !c.NextAt.IsZero() && c.ExpiresAt.After(now)
}

// behind reports whether the confirmation waits behind the mailbox of the proof.
func (c Confirmation) behind(proof subject.Proof, now time.Time) bool {
	return c.waits(now) && c.Mailbox == proof.Mailbox
}

// grants reports whether an act gives consent to something.
func grants(act consent.Act) bool {
	for _, state := range act.Decisions {
		if state == consent.Granted {
			return true
		}
	}
	return false
}

// same reports whether two confirmations ask for the same.
func (c Confirmation) same(other Confirmation) bool {
	return maps.Equal(c.Act.Decisions, other.Act.Decisions)
}

// lastAsked returns when the confirmation was last asked for.
func (c Confirmation) lastAsked() time.Time {
	if c.RepeatedAt.After(c.CreatedAt) {
		return c.RepeatedAt
	}
	return c.CreatedAt
}

// end ends a confirmation that nobody confirmed. What is left of it goes with its retention. One that does not wait behind a mailbox loses its
// address, because nothing needs it any more (GDPR Art. 5(1)(e)), and nothing would lead an answer to access to it (promise H01).
func (c *Confirmation) end() {
	c.NextAt = time.Time{}
	if c.Mailbox == "" {
		c.Email, c.Client = "", ""
	}
}
