package mailboxes

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// Behind reads what is behind a mailbox: all requests that were made with its address, and the consents by address that wait or have waited until
// recently.
type Behind struct{ Requests *requests.Store }

// Of reads it, in no order. It takes one consistent query, and one batch for each hundred of them.
func (b Behind) Of(ctx context.Context, mailboxID string) (all []request.Request, consents []mailbox.Confirmation, err error) {
	s := b.Requests
	listed, err := s.Listed(ctx, mailboxID)
	if err != nil {
		return nil, nil, err
	}
	var keys []dynamo.Item
	for _, id := range listed.Requests {
		keys = append(keys, requests.Key(id))
	}
	for _, id := range listed.Consents {
		keys = append(keys, confirmations.Key(id))
	}
	items, err := dynamo.Batch(ctx, s.Client, s.Table, keys, types.KeysAndAttributes{ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, nil, err
	}
	for _, item := range items {
		if r, ok := s.Parse(item); ok {
			all = append(all, r)
		} else if c, ok := confirmations.Parse(item, s.Now()); ok {
			consents = append(consents, c)
		}
	}
	return all, consents, nil
}

// Waiting returns what waits behind the links of a mailbox, oldest first.
func (b Behind) Waiting(ctx context.Context, mailboxID string) ([]mailbox.Waiting, error) {
	all, consents, err := b.Of(ctx, mailboxID)
	if err != nil {
		return nil, err
	}
	var waiting []mailbox.Waiting
	for _, r := range request.Shown(all) {
		if r.State == request.Verifying {
			waiting = append(waiting, mailbox.Waiting{ID: r.ID, Right: r.Right, ReceivedAt: r.ReceivedAt, DueAt: request.DueAt(r), TimeZone: r.Terms.TimeZone})
		}
	}
	for _, c := range mailbox.Shown(consents, mailboxID, b.Requests.Now()) {
		waiting = append(waiting, mailbox.Waiting{ID: c.ID, Decisions: c.Act.Decisions, ReceivedAt: c.CreatedAt})
	}
	slices.SortStableFunc(waiting, func(a, b mailbox.Waiting) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	return waiting, nil
}
