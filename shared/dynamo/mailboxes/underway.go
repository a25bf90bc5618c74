package mailboxes

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Underway implements sources.Behind. Nothing finds what is on its way by its address, so it reads the index of due work: one query for each of its
// partitions, or more for one beyond 1 MB, and one batch for each hundred items.
func (b Behind) Underway(ctx context.Context, by time.Time) (wishes []mailbox.Wish, consents []mailbox.Confirmation, changes []string, err error) {
	s := b.Requests
	due, err := (&queue.Queue{Client: s.Client, Table: s.Table}).Due(ctx, by)
	if err != nil {
		return nil, nil, nil, err
	}
	var keys []dynamo.Item
	for _, task := range due {
		switch task.Kind {
		case work.Link, work.Confirmation:
			keys = append(keys, key(task.Kind, task.Ref))
		case work.Identity:
			changes = append(changes, task.Ref)
		default: // nothing else waits for a mailbox
		}
	}
	items, err := dynamo.Batch(ctx, s.Client, s.Table, keys, types.KeysAndAttributes{ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, nil, nil, err
	}
	for _, item := range items {
		task := queue.Parse(dynamo.Text(item, dynamo.PK), dynamo.Text(item, dynamo.SK))
		if c, is := confirmations.Parse(item, s.Now()); is && c.Mailbox == "" {
			consents = append(consents, c)
		} else if task.Kind == work.Link && !dynamo.Expired(item, s.Now()) {
			wishes = append(wishes, parseWish(task.Ref, item))
		}
	}
	return wishes, consents, changes, nil
}

// Remove implements sources.Behind.
func (b Behind) Remove(ctx context.Context, c mailbox.Confirmation) error {
	var tx dynamo.Tx
	tx.Delete(types.Delete{TableName: &b.Requests.Table, Key: confirmations.Key(c.ID)})
	if c.Mailbox != "" {
		tx.Delete(types.Delete{TableName: &b.Requests.Table, Key: requests.ConsentEntry(c.Mailbox, c.ID)})
	}
	return fault.Retry(ctx, func() (lost bool, err error) {
		refusal, err := tx.Commit(ctx, b.Requests.Client)
		if dynamo.Throttled(err) {
			return true, nil
		}
		return refusal != nil, err
	})
}

// Waits implements sources.Behind.
func (b Behind) Waits(ctx context.Context, mailboxID string) ([]mailbox.Confirmation, []identity.Contestable, error) {
	listed, err := b.Requests.Listed(ctx, mailboxID)
	if err != nil {
		return nil, nil, err
	}
	keys := make([]dynamo.Item, len(listed.Consents))
	for i, id := range listed.Consents {
		keys[i] = confirmations.Key(id)
	}
	items, err := dynamo.Batch(ctx, b.Requests.Client, b.Requests.Table, keys, types.KeysAndAttributes{ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, nil, err
	}
	var all []mailbox.Confirmation
	for _, item := range items {
		if c, is := confirmations.Parse(item, b.Requests.Now()); is {
			all = append(all, c)
		}
	}
	return all, listed.Changes, nil
}
