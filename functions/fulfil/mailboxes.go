package main

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// mailboxes knows what is stored under an address by the HMAC that the alias key makes of it. Only functions that hold the key can make one.
type mailboxes struct {
	store *requests.Store
	key   subject.Key
}

func (m mailboxes) Mailbox(a subject.Address) string { return m.key.Mailbox(a) }

func (m mailboxes) Listed(ctx context.Context, mailbox string) (request.Listed, error) {
	return m.store.Listed(ctx, mailbox)
}

func (m mailboxes) ListConsent(ctx context.Context, a subject.Address, id string, until time.Time) error {
	return m.store.ListConsent(ctx, m.Mailbox(a), id, until)
}
