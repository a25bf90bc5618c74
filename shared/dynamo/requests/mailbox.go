package requests

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Sort keys of the entries under an address.
const (
	skListed  = "REQUEST#"
	skPending = "PENDING#"
)

// entry returns the write that lists something under mailbox, the HMAC of an address. An entry has only keys and an expiry, so writing it
// twice changes nothing and needs no condition.
func (s *Store) entry(mailbox, sk string, until time.Time) types.Put {
	item := dynamo.Key("m#"+mailbox, sk)
	seconds(item, dynamo.ExpiresAt, until)
	return types.Put{TableName: &s.Table, Item: item}
}

// ListConsent lists a consent that waits for its confirmation under mailbox, the HMAC of an address, until the given time.
func (s *Store) ListConsent(ctx context.Context, mailbox, id string, until time.Time) error {
	put := s.entry(mailbox, skPending+id, until)
	_, err := s.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: put.TableName, Item: put.Item})
	return err
}

// Listed returns what is listed under mailbox, the HMAC of an address. It takes one consistent query, or more for a list beyond 1 MB.
func (s *Store) Listed(ctx context.Context, mailbox string) (request.Listed, error) {
	items, err := s.partition(ctx, "m#"+mailbox)
	var listed request.Listed
	for _, item := range items {
		sk := dynamo.Text(item, dynamo.SK)
		if id, ok := strings.CutPrefix(sk, skListed); ok {
			listed.Requests = append(listed.Requests, id)
		} else if id, ok := strings.CutPrefix(sk, skPending); ok {
			listed.Consents = append(listed.Consents, id)
		}
	}
	return listed, err
}

// Mailboxes returns the HMAC of an address, and knows the consents that are listed under it. It implements [request.Mailboxes], mailbox.Lists and mailbox.Pending.
type Mailboxes struct {
	Store *Store
	Key   subject.Key // the key of aliases, which makes the HMAC of an address
}

// Mailbox returns the HMAC under which an address has its list.
func (m Mailboxes) Mailbox(a subject.Address) string { return m.Key.Mailbox(a) }

// Pending returns the ids of the consents that are listed under an address. It implements mailbox.Pending.
func (m Mailboxes) Pending(ctx context.Context, a subject.Address) ([]string, error) {
	listed, err := m.Store.Listed(ctx, m.Mailbox(a))
	return listed.Consents, err
}

// ListConsent lists a consent that waits for its confirmation under an address, until the given time.
func (m Mailboxes) ListConsent(ctx context.Context, a subject.Address, id string, until time.Time) error {
	return m.Store.ListConsent(ctx, m.Mailbox(a), id, until)
}
