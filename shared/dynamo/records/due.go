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

// duePage is how many keys one query of the sweep reads: what is due is few at a time, and what is not due costs as well.
const duePage = 250

// Shards returns the number of partitions that Due has for each category.
func (s *Store) Shards() int { return Shards }

// Due yields the items of one shard of a category that have an expiry, the earliest first, due or not. Index due may lag
// behind the table, so Delete decides from the table (fault F14).
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

// Delete deletes an item that expired at or before the time given. It reports false for one that has been moved out of
// its reach or is gone: what decides is the expiry in the table at that moment (fault F11).
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
