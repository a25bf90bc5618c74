package records

import (
	"context"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// duePage is how many keys one query of the sweep reads. Few items are due at a time, and reading items that are not due costs as much.
const duePage = 250

// Shards returns the number of shards of each category that [Store.Due] can read.
func (s *Store) Shards() int { return Shards }

// Due yields every item with an expiry in one shard of a category, the earliest first, including items that have not expired yet. Index due
// may lag behind the table, so [Store.Delete] checks the table (fault F14).
func (s *Store) Due(ctx context.Context, category privacy.Category, shard int) iter.Seq2[retention.Item, error] {
	return func(yield func(retention.Item, error) bool) {
		for item, err := range s.query(ctx, &dynamodb.QueryInput{
			IndexName:                 aws.String("due"),
			KeyConditionExpression:    aws.String("due = :due"),
			ExpressionAttributeValues: dynamo.Item{":due": dynamo.String(dueKey(category, shard))},
			Limit:                     aws.Int32(duePage),
		}) {
			if err != nil {
				yield(retention.Item{}, err)
				return
			}
			if !yield(retention.Item{
				PK: dynamo.Text(item, dynamo.PK), SK: dynamo.Text(item, dynamo.SK), ExpiresAt: dynamo.Time(item, dynamo.ExpiresAt),
			}, nil) {
				return
			}
		}
	}
}

// Delete deletes an item that expired at or before the cutoff. The expiry in the table at that moment decides (fault F11). Delete returns
// false if the item is gone, or if its expiry has moved beyond the cutoff.
func (s *Store) Delete(ctx context.Context, item retention.Item, cutoff time.Time) (bool, error) {
	_, err := s.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName:                 aws.String(s.Table),
		Key:                       dynamo.Key(item.PK, item.SK),
		ConditionExpression:       aws.String("expiresAt <= :cutoff"),
		ExpressionAttributeValues: dynamo.Item{":cutoff": dynamo.Seconds(cutoff)},
	})
	if _, refused := dynamo.ConditionFailed(err); refused {
		return false, nil
	}
	return err == nil, err
}
