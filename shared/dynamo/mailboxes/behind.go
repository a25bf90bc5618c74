package mailboxes

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// Behind reads what is behind a mailbox: all requests that were made with its address, the consents by address that wait or have waited until
// recently, and the changes of whom the address stands for that its holder has not seen yet.
type Behind struct{ Requests *requests.Store }

// Of returns all requests, in no order, and what waits for a confirmation, oldest first. It takes one consistent query, and one batch for each
// hundred items.
func (b Behind) Of(ctx context.Context, mailboxID string) (all []request.Request, waiting []mailbox.Waiting, err error) {
	all, consents, changes, err := b.all(ctx, mailboxID)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range changes {
		waiting = append(waiting, mailbox.Waiting{ID: c.ID, Change: c.Kind, ReceivedAt: c.At})
	}
	for _, r := range request.Waiting(all) {
		waiting = append(waiting, mailbox.Waiting{
			ID: r.ID, Right: r.Right, Scope: r.Scope, Ground: r.Ground, Purposes: r.Purposes, Categories: r.Categories, ReceivedAt: r.ReceivedAt, DueAt: request.DueAt(r), TimeZone: r.Terms.TimeZone, Repeats: r.Repeats,
			Reminded: !r.RemindedAt.IsZero(),
		})
	}
	for _, c := range mailbox.Shown(consents, mailboxID, b.Requests.Now()) {
		waiting = append(waiting, mailbox.Waiting{ID: c.ID, Decisions: c.Act.Decisions, ReceivedAt: c.CreatedAt, Repeats: c.Repeats})
	}
	slices.SortStableFunc(waiting, earlier)
	return all, waiting, nil
}

// all reads all of it, in no order.
func (b Behind) all(ctx context.Context, mailboxID string) (all []request.Request, consents []mailbox.Confirmation, changes []identity.Contestable, err error) {
	s := b.Requests
	listed, err := s.Listed(ctx, mailboxID)
	if err != nil {
		return nil, nil, nil, err
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
		return nil, nil, nil, err
	}
	for _, item := range items {
		if r, ok := s.Parse(item); ok {
			all = append(all, r)
		} else if c, ok := confirmations.Parse(item, s.Now()); ok {
			consents = append(consents, c)
		}
	}
	return all, consents, listed.Changes, nil
}

// Waiting returns what waits behind the links of a mailbox, oldest first: plans of erasures too, which wait among the confirmed requests.
func (b Behind) Waiting(ctx context.Context, mailboxID string) ([]mailbox.Waiting, error) {
	all, waiting, err := b.Of(ctx, mailboxID)
	for _, r := range request.Confirmed(all) {
		if r.WaitsFor(b.Requests.Now()) == request.ForYou {
			waiting = append(waiting, mailbox.Waiting{ID: r.ID, Plan: true, Right: r.Right, ReceivedAt: r.ReceivedAt, DueAt: request.DueAt(r), TimeZone: r.Terms.TimeZone})
		}
	}
	slices.SortStableFunc(waiting, earlier)
	return waiting, err
}

func earlier(a, b mailbox.Waiting) int { return a.ReceivedAt.Compare(b.ReceivedAt) }
