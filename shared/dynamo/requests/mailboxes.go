package requests

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Mailboxes lists requests and waiting consents under an address. It implements [request.Mailboxes] and mailbox.Lists.
type Mailboxes struct {
	Store *Store
	Key   subject.Key // the key of aliases, which makes the HMAC of an address
}

// Mailbox returns the HMAC under which an address has its list.
func (m Mailboxes) Mailbox(a subject.Address) string { return m.Key.Mailbox(a) }

// Listed returns what is listed under the HMAC of an address.
func (m Mailboxes) Listed(ctx context.Context, mailbox string) (request.Listed, error) {
	return m.Store.Listed(ctx, mailbox)
}

// ListConsent lists a consent that waits for its confirmation under an address, until the given time.
func (m Mailboxes) ListConsent(ctx context.Context, a subject.Address, id string, until time.Time) error {
	return m.Store.ListConsent(ctx, m.Mailbox(a), id, until)
}
