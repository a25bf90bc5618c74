package consent

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Uses of a token: its hash is bound to one of them (threat T06).
const (
	useConfirm     = "confirm"
	usePreferences = "preferences"
	useUnsubscribe = "unsubscribe"
)

// Confirmation is the decision of a data subject known by address. It counts only after the button in a mail was pressed.
type Confirmation struct {
	ID              string
	Version         int    // of the item; 0 before it is stored
	Email           string // as it was typed
	Client          string // who asked, as an HMAC
	Act             Act    // Subject is empty until the mail is written
	Hash            []byte // of the token that confirms; nil while no mail may have left
	PreferencesHash []byte
	Tries           int       // of the mail, begun and not accepted so far
	TriedAt         time.Time // when the newest of them was begun: its links live from then, since it may have left
	MailedAt        time.Time // when the mail was begun that was accepted; zero before
	ConfirmedAt     time.Time
	CreatedAt       time.Time
	NextAt          time.Time // when the mail is due; zero once it was sent or given up
	ExpiresAt       time.Time // end of the item's retention, that of its link: it lives from the mail that was accepted, or from the newest try
}

// begun returns when the newest mail was begun, or the confirmation itself where none was.
func (c Confirmation) begun() time.Time {
	switch {
	case !c.MailedAt.IsZero():
		return c.MailedAt
	case !c.TriedAt.IsZero():
		return c.TriedAt
	default:
		return c.CreatedAt
	}
}

// Unmint takes back the links of a mail that did not leave: nobody has them.
func (c *Confirmation) Unmint() { c.Hash, c.PreferencesHash = nil, nil }

// Mint binds the confirmation to its data subject and to the two links that are about to be mailed.
func (c *Confirmation) Mint(k subject.Key, id privacy.SubjectID, confirm, preferences subject.Token) {
	c.Act.Subject = Address(id)
	c.Hash, c.PreferencesHash = confirm.Hash(k, useConfirm, c.ID), preferences.Hash(k, usePreferences, c.ID)
}

// ErrChanged is what Confirmations answers when an item moved since it was read.
var ErrChanged = errors.New("consent: the confirmation has changed since it was read")

// Confirmations keeps what waits for a button. Reads are consistent.
type Confirmations interface {
	Load(ctx context.Context, id string) (c Confirmation, found bool, err error)
	Save(ctx context.Context, c Confirmation) error // ErrChanged
}

// ByMail records what data subjects known by address decide.
type ByMail struct {
	Recorder      *Recorder
	Confirmations Confirmations
	Tokens        subject.Key
	Retired       []subject.Key // of tokens: the one click of an old mail must go on working, and no other link
}

// errLink is the one answer to an unknown id and to a wrong, spent or expired secret (threats T11, T23).
var errLink = fault.New(fault.NotFound, "The link is wrong, used up or expired.")

// Ask stores the act of somebody who is named by address and returns the id of its confirmation, which is also the id of the act once it
// is recorded. It follows from the operation, so that an act which is repeated under its Idempotency-Key is one confirmation and one mail;
// from the address; and from the client's HMAC, so that callers with the same key never meet and nobody can compute an id to test an
// address with. The mail is sent off this path, so that known and unknown addresses are answered alike (threat T14).
func (m *ByMail) Ask(ctx context.Context, client string, act Act) (string, error) {
	if err := m.Recorder.check(&act); err != nil {
		return "", err
	}
	act.signal()
	now := m.Recorder.now()
	act.Operation = derivedID(act.Operation, client, act.Who.Email)
	c := Confirmation{ID: act.Operation, Email: act.Who.Email, Client: client, Act: act, CreatedAt: now, NextAt: now, ExpiresAt: m.Recorder.Periods.Confirmation.After(now)}
	err := m.Confirmations.Save(ctx, c)
	if errors.Is(err, ErrChanged) { // the act itself, stored by a try whose answer was lost, or repeated by its caller (fault F01)
		err = nil
	}
	return c.ID, err
}

// Confirm consumes the token and records the act. A repeated call finds the token spent; of several at once one succeeds. signal says that
// the press came with the privacy signal, which counts like one that came with the act.
func (m *ByMail) Confirm(ctx context.Context, id string, token subject.Token, signal bool) (Record, error) {
	for try := 0; ; try++ {
		c, err := m.load(ctx, id)
		if err != nil {
			return Record{}, err
		}
		now := m.Recorder.now()
		if !c.ConfirmedAt.IsZero() || !subject.Same(c.Hash, token.Hash(m.Tokens, useConfirm, id)) || !c.ExpiresAt.After(now) {
			return Record{}, errLink
		}
		// The act is recorded before its token is spent: a run that is killed in between can be repeated, and the same act is one record.
		act := c.Act
		act.Keyed, act.GPC = true, act.GPC || signal
		record, err := m.Recorder.append(ctx, act)
		if err != nil {
			return Record{}, err
		}
		c.ConfirmedAt, c.NextAt = now, time.Time{}
		if err := m.Confirmations.Save(ctx, c); !errors.Is(err, ErrChanged) {
			return record, err
		}
		if try+1 >= attempts && !act.has(Denied) && !act.GPC {
			return Record{}, fault.New(fault.Conflict, "Something else is using this link right now. Try again.")
		}
		if err := pause(ctx, try); err != nil {
			return Record{}, err
		}
	}
}

// Preferences returns the newest record of whoever holds a preferences link.
func (m *ByMail) Preferences(ctx context.Context, id string, token subject.Token) (Record, error) {
	c, err := m.holder(ctx, id, token)
	if err != nil {
		return Record{}, err
	}
	return m.Recorder.Current(ctx, c.Act.Subject)
}

// Withdraw denies the purposes in the name of whoever holds a preferences link.
func (m *ByMail) Withdraw(ctx context.Context, id string, token subject.Token, act Act) (Record, error) {
	c, err := m.holder(ctx, id, token)
	if err != nil {
		return Record{}, err
	}
	act.Subject = c.Act.Subject
	return m.Recorder.Record(ctx, act)
}

// Unsubscribe withdraws consent to marketing mail by the token of a List-Unsubscribe header (RFC 8058). The token can do nothing else.
func (m *ByMail) Unsubscribe(ctx context.Context, token string, act Act) error {
	id, mac, found := strings.Cut(token, ".")
	given, err := base64.RawURLEncoding.DecodeString(mac)
	known := subject.Same(given, m.Tokens.MAC(useUnsubscribe, id))
	for _, key := range m.Retired {
		known = subject.Same(given, key.MAC(useUnsubscribe, id)) || known
	}
	if !found || err != nil || !known {
		return errLink
	}
	act.Subject = Address(privacy.SubjectID(id))
	act.Decisions = map[privacy.Purpose]State{privacy.MarketingEmail: Denied}
	_, err = m.Recorder.Record(ctx, act)
	return err
}

// UnsubscribeToken returns the token with which a data subject can stop marketing mail, and nothing else, for as long as the secret holds
// the key, in use or retired.
func UnsubscribeToken(k subject.Key, id privacy.SubjectID) string {
	return string(id) + "." + base64.RawURLEncoding.EncodeToString(k.MAC(useUnsubscribe, string(id)))
}

func (m *ByMail) holder(ctx context.Context, id string, token subject.Token) (Confirmation, error) {
	c, err := m.load(ctx, id)
	if err != nil {
		return Confirmation{}, err
	}
	now := m.Recorder.now()
	life := m.Recorder.Periods.PreferencesLife()
	live := c.begun().Add(life).After(now) || c.ConfirmedAt.Add(life).After(now)
	if !subject.Same(c.PreferencesHash, token.Hash(m.Tokens, usePreferences, id)) || !live {
		return Confirmation{}, errLink
	}
	return c, nil
}

func (m *ByMail) load(ctx context.Context, id string) (Confirmation, error) {
	if !isUUID(id) || id != strings.ToLower(id) {
		return Confirmation{}, errLink
	}
	c, found, err := m.Confirmations.Load(ctx, id)
	if err == nil && !found {
		err = errLink
	}
	return c, err
}
