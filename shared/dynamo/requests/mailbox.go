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

// Sort keys of what is listed under an address.
const (
	skListed  = "REQUEST#"
	skPending = "PENDING#"
)

// entry lists something under an address, known by its HMAC. An entry holds nothing but keys and its end, so writing it again changes
// nothing, and it needs no condition.
func (s *Store) entry(mailbox, sk string, until time.Time) types.Put {
	item := dynamo.Key("m#"+mailbox, sk)
	seconds(item, dynamo.ExpiresAt, until)
	return types.Put{TableName: &s.Table, Item: item}
}

// ListConsent lists a consent that waits for its button under an address, known by its HMAC, until the time given.
func (s *Store) ListConsent(ctx context.Context, mailbox, id string, until time.Time) error {
	put := s.entry(mailbox, skPending+id, until)
	_, err := s.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: put.TableName, Item: put.Item})
	return err
}

// Listed returns what is listed under an address, known by its HMAC, with one consistent query (more pages only beyond 1 MB).
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

// Mailboxes knows the HMAC of an address, and lists consents under it. It implements request.Mailboxes and mailbox.Lists.
type Mailboxes struct {
	Store *Store
	Key   subject.Key // of aliases: it makes the HMAC of an address
}

// Mailbox returns the HMAC under which an address has its list.
func (m Mailboxes) Mailbox(a subject.Address) string { return m.Key.Mailbox(a) }

// ListConsent lists a consent that waits for its button under an address, until the time given.
func (m Mailboxes) ListConsent(ctx context.Context, a subject.Address, id string, until time.Time) error {
	return m.Store.ListConsent(ctx, m.Mailbox(a), id, until)
}
