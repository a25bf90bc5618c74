package mailbox

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// useUnsubscribe is what the token of one-click unsubscription is for. Its MAC is bound to this use (threat T06).
const useUnsubscribe = "unsubscribe"

// Unsubscribe withdraws consent to marketing mail by the token of a List-Unsubscribe header (RFC 8058). The token can do nothing else.
// If the data subject was joined to another one since the mail, it withdraws the consent of both. Unsubscribe returns fault.NotFound if this
// service did not make the token.
func (c *Consents) Unsubscribe(ctx context.Context, token string, act consent.Act) error {
	id, mac, _ := strings.Cut(token, ".")
	given, err := base64.RawURLEncoding.DecodeString(mac)
	known := subject.Same(given, c.Tokens.MAC(useUnsubscribe, id))
	for _, key := range c.Retired {
		known = subject.Same(given, key.MAC(useUnsubscribe, id)) || known
	}
	if err != nil || !known {
		return errLink
	}
	root, since, err := c.Persons.Root(ctx, privacy.SubjectID(id))
	if err != nil {
		return err
	}
	act.Subject, act.Since = consent.Address(root), since
	act.Decisions = map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Denied}
	_, err = c.Recorder.Record(ctx, act)
	return err
}

// UnsubscribeToken returns the token with which a data subject stops marketing mail. It works as long as the key is in use or among the
// retired ones.
func UnsubscribeToken(k subject.Key, id privacy.SubjectID) string {
	return string(id) + "." + base64.RawURLEncoding.EncodeToString(k.MAC(useUnsubscribe, string(id)))
}
