package requests

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// Save writes the items in one transaction, and returns the file with them. Each write has the condition that the stored item is still at the
// version that it replaces; if not, Save returns [request.ErrChanged].
func (s *Store) Save(ctx context.Context, file request.File, items ...request.Item) (request.File, error) {
	var tx dynamo.Tx
	stored := make([]request.Item, len(items))
	for i, item := range items {
		var err error
		if stored[i], err = s.write(&tx, file.Request.ID, item); err != nil {
			return file, err
		}
	}
	refusal, err := tx.Commit(ctx, s.Client)
	if err != nil {
		return file, err
	}
	if refusal != nil {
		return file, request.ErrChanged
	}
	return file.With(stored...), nil
}

// write adds the write of an item to the transaction, and returns the item with its new version.
func (s *Store) write(tx *dynamo.Tx, id string, item request.Item) (request.Item, error) {
	switch i := item.(type) {
	case request.Request:
		tx.Put(s.versioned(requestItem(i), i.Version))
		i.Version++
		return i, nil
	case export.Attempt:
		tx.Put(s.versioned(attemptItem(i), i.Version))
		i.Version++
		return i, nil
	case erasure.Erasure:
		item, err := erasureItem(i)
		if err != nil {
			return nil, err
		}
		tx.Put(s.versioned(item, i.Version))
		i.Version++
		return i, nil
	case request.Task:
		if i.NextAt.IsZero() {
			key := dynamo.Key(PK(i.Ref), skTask+string(i.Kind))
			tx.Delete(types.Delete{TableName: &s.Table, Key: key, ConditionExpression: &atVersion, ExpressionAttributeValues: version(i.Version)})
			return i, nil
		}
		tx.Put(s.versioned(taskItem(i), i.Version))
		i.Version++
		return i, nil
	case request.Event:
		tx.Put(s.versioned(eventItem(id, i), 0))
		return i, nil
	case request.AuditEntry:
		tx.Audit(s.Ledger, i.Entry, i.ExpiresAt)
		return i, nil
	case request.Listing:
		tx.Put(s.entry(listedUnder(i), skListed+i.Request, i.ExpiresAt))
		return i, nil
	case request.Unlisting:
		tx.Delete(types.Delete{TableName: &s.Table, Key: dynamo.Key(mailboxPK(i.Mailbox), skListed+i.Request)})
		return i, nil
	default:
		return nil, fmt.Errorf("requests: cannot store a %T", item)
	}
}

var atVersion = "v = :v"

func version(v int) dynamo.Item { return dynamo.Item{":v": dynamo.Number(int64(v))} }

// versioned returns the write that replaces version v of an item. Version 0 stands for no item, or for an expired one that TTL has not
// deleted yet.
func (s *Store) versioned(item dynamo.Item, v int) types.Put {
	item["v"] = dynamo.Number(int64(v) + 1)
	if v > 0 {
		return types.Put{TableName: &s.Table, Item: item, ConditionExpression: &atVersion, ExpressionAttributeValues: version(v)}
	}
	return types.Put{TableName: &s.Table, Item: item, ConditionExpression: aws.String("attribute_not_exists(PK) OR expiresAt <= :now"),
		ExpressionAttributeValues: dynamo.Item{":now": dynamo.Seconds(s.Now())}}
}
