// Package mailbox holds the decisions about consent of people who are known only by an e-mail address. Anybody can type any address, so such
// a decision counts only after the button in a mail to it was pressed (promise C02). The mail also carries links with which the person sees
// and withdraws consents, and a one-click unsubscribe (RFC 8058).
//
// [Consents] does what people ask for, from a form or through the links of a mail. [Mailing] mails the links.
package mailbox

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// What a token is for. The hash of a token is bound to one of these uses (threat T06).
const (
	useConfirm     = "confirm"
	usePreferences = "preferences"
	useUnsubscribe = "unsubscribe"
)

// Confirmation is a decision by address that waits for its button.
type Confirmation struct {
	ID              string
	Version         int         // of the item; 0 before it is stored
	Email           string      // as it was typed
	Client          string      // who asked, as an HMAC (subject.Key.Client)
	Act             consent.Act // Subject is empty until the mail is written
	Hash            []byte      // of the token that confirms; nil while no mail may have left
	PreferencesHash []byte      // of the token that opens the preferences; nil while Hash is
	Tries           int         // tries of the mail that were not accepted so far
	TriedAt         time.Time   // when the newest try began; its links work from then on, since the mail may have left
	MailedAt        time.Time   // when the try began that was accepted; zero before
	ConfirmedAt     time.Time   // when the button was pressed; zero before
	CreatedAt       time.Time
	NextAt          time.Time // when the mail is due; zero once it was sent or given up
	ExpiresAt       time.Time // end of the item's retention and of its link, counted from the newest try, or from CreatedAt before any
}

// Confirmations stores what waits for a button. Reads are consistent.
type Confirmations interface {
	Load(ctx context.Context, id string) (c Confirmation, found bool, err error)
	Save(ctx context.Context, c Confirmation) (Confirmation, error) // at its new version; ErrChanged
}

// opens reports whether the token confirms at now: it is the token of the newest mail, was not used and has not expired.
func (c Confirmation) opens(k subject.Key, token subject.Token, now time.Time) bool {
	return c.ConfirmedAt.IsZero() && subject.Same(c.Hash, token.Hash(k, useConfirm, c.ID)) && c.ExpiresAt.After(now)
}

// opensPreferences reports whether the token opens the preferences at now. The token works for the time given after its mail, and again for
// that time after the button was pressed.
func (c Confirmation) opensPreferences(k subject.Key, token subject.Token, life time.Duration, now time.Time) bool {
	live := c.lastMailed().Add(life).After(now) || c.ConfirmedAt.Add(life).After(now)
	return subject.Same(c.PreferencesHash, token.Hash(k, usePreferences, c.ID)) && live
}

// lastMailed returns when the newest mail was begun, or when the confirmation was created if no mail was begun.
func (c Confirmation) lastMailed() time.Time {
	switch {
	case !c.MailedAt.IsZero():
		return c.MailedAt
	case !c.TriedAt.IsZero():
		return c.TriedAt
	default:
		return c.CreatedAt
	}
}

// mint binds the confirmation to its data subject and to the two links that are about to be mailed.
func (c *Confirmation) mint(k subject.Key, id privacy.SubjectID, confirm, preferences subject.Token) {
	c.Act.Subject = consent.Address(id)
	c.Hash, c.PreferencesHash = confirm.Hash(k, useConfirm, c.ID), preferences.Hash(k, usePreferences, c.ID)
}

// unmint takes back the links of a mail that did not leave: nobody has them.
func (c *Confirmation) unmint() { c.Hash, c.PreferencesHash = nil, nil }
