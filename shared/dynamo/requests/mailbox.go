package requests

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/identities"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// Sort keys of the entries under an address and under a data subject.
const (
	skListed  = "REQUEST#"
	skPending = "PENDING#"
)

// mailboxPK returns the partition key of the entries under mailbox, the HMAC of an address.
func mailboxPK(mailbox string) string { return "m#" + mailbox }

// subjectPK returns the partition key of the entries under a data subject.
func subjectPK(id privacy.SubjectID) string { return "s#" + string(id) }

// listedUnder returns the partition key of the entry of a request.
func listedUnder(l request.Listing) string {
	if l.Mailbox == "" {
		return subjectPK(l.Subject)
	}
	return mailboxPK(l.Mailbox)
}

// entry returns the write that lists something under a partition key. An entry has only keys and an expiry, so writing it twice changes nothing
// and needs no condition.
func (s *Store) entry(pk, sk string, until time.Time) types.Put {
	item := dynamo.Key(pk, sk)
	seconds(item, dynamo.ExpiresAt, until)
	return types.Put{TableName: &s.Table, Item: item}
}

// ListConsent lists a consent that waits for its confirmation under mailbox, the HMAC of an address, until the given time.
func (s *Store) ListConsent(ctx context.Context, mailbox, id string, until time.Time) error {
	put := s.entry(mailboxPK(mailbox), skPending+id, until)
	_, err := s.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: put.TableName, Item: put.Item})
	return err
}

// ConsentEntry returns the key of the entry of a consent under mailbox.
func ConsentEntry(mailbox, id string) dynamo.Item {
	return dynamo.Key(mailboxPK(mailbox), skPending+id)
}

// Listed returns what is listed under mailbox, the HMAC of an address. It takes one consistent query, or more for a list beyond 1 MB.
func (s *Store) Listed(ctx context.Context, mailbox string) (request.Listed, error) {
	items, err := s.partition(ctx, mailboxPK(mailbox))
	var listed request.Listed
	for _, item := range items {
		sk := dynamo.Text(item, dynamo.SK)
		if id, ok := strings.CutPrefix(sk, skListed); ok {
			listed.Requests = append(listed.Requests, id)
		} else if id, ok := strings.CutPrefix(sk, skPending); ok {
			listed.Consents = append(listed.Consents, id)
		} else if c, ok := identities.ParseEntry(item, s.Now()); ok {
			listed.Changes = append(listed.Changes, c)
		}
	}
	return listed, err
}

// ListedOf returns the ids of the requests that are listed under a data subject, in no order. It takes one consistent query.
func (s *Store) ListedOf(ctx context.Context, id privacy.SubjectID) (ids []string, err error) {
	items, err := s.partition(ctx, subjectPK(id))
	for _, item := range items {
		if id, ok := strings.CutPrefix(dynamo.Text(item, dynamo.SK), skListed); ok {
			ids = append(ids, id)
		}
	}
	return ids, err
}

// Under reads the requests that are listed under mailbox, the HMAC of an address. It takes one consistent query, and one batch for each hundred
// of them. A request that has expired or is gone is left out.
func (s *Store) Under(ctx context.Context, mailbox string) ([]request.Request, error) {
	listed, err := s.Listed(ctx, mailbox)
	if err != nil {
		return nil, err
	}
	return s.batch(ctx, listed.Requests)
}

// FiledBy reads the requests that are listed under mailboxes, and those that are listed under data subjects, in no order. It takes one consistent query for
// each of these, and one batch for each hundred requests. A request that has expired or is gone is left out.
func (s *Store) FiledBy(ctx context.Context, mailboxes []string, ids []privacy.SubjectID) ([]request.Request, error) {
	var all []string
	for _, mailbox := range mailboxes {
		listed, err := s.Listed(ctx, mailbox)
		if err != nil {
			return nil, err
		}
		all = append(all, listed.Requests...)
	}
	for _, id := range ids {
		listed, err := s.ListedOf(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, listed...)
	}
	return s.batch(ctx, all)
}

// batch reads requests.
func (s *Store) batch(ctx context.Context, ids []string) (all []request.Request, err error) {
	keys := make([]dynamo.Item, len(ids))
	for i, id := range ids {
		keys[i] = Key(id)
	}
	items, err := dynamo.Batch(ctx, s.Client, s.Table, keys, types.KeysAndAttributes{ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	for _, item := range items {
		if r, ok := s.Parse(item); ok {
			all = append(all, r)
		}
	}
	return all, nil
}

// Key returns the key of a request's own item.
func Key(id string) dynamo.Item { return dynamo.Key(PK(id), skRequest) }

// Parse reads the own item of a request. ok is false for another item, and for one whose retention has ended.
func (s *Store) Parse(item dynamo.Item) (r request.Request, ok bool) {
	id, ok := strings.CutPrefix(dynamo.Text(item, dynamo.PK), PK(""))
	if !ok || dynamo.Text(item, dynamo.SK) != skRequest || dynamo.Expired(item, s.Now()) {
		return request.Request{}, false
	}
	r = parseRequest(id, item)
	r.Terms = s.Terms(r.PolicyVersion)
	return r, true
}

// ListedConsents returns the ids of the consents that are listed under mailbox, the HMAC of an address.
func (s *Store) ListedConsents(ctx context.Context, mailbox string) ([]string, error) {
	listed, err := s.Listed(ctx, mailbox)
	return listed.Consents, err
}
