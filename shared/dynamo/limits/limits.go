// Package limits is the store of the counters in the Requests table, by which package limit bounds clients and mails.
package limits

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// Store implements limit.Counter.
type Store struct {
	Client *dynamodb.Client
	Table  string
	Policy *policy.Policy // in force: how long a counter is kept once its day is over
}

// Count implements limit.Counter with one update.
func (s *Store) Count(ctx context.Context, client, what string, now time.Time) (int, error) {
	now = now.UTC()
	out, err := s.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 &s.Table,
		Key:                       dynamo.Key(partition(client, now), what+"#"+now.Format("15:04")),
		UpdateExpression:          aws.String("ADD n :one SET expiresAt = :end"),
		ExpressionAttributeValues: dynamo.Item{":one": dynamo.Number(1), ":end": dynamo.Seconds(s.end(now))},
		ReturnValues:              types.ReturnValueUpdatedNew,
	})
	if err != nil {
		return 0, err
	}
	return int(dynamo.Int(out.Attributes, "n")), nil
}

// partition returns the partition key of all counters of a client or an address, known by its HMAC, on the UTC day of now.
func partition(who string, now time.Time) string {
	return fmt.Sprintf("limit#%s#%s", who, now.UTC().Format(time.DateOnly))
}

// end returns the end of a counter's retention, which starts when the day that it counts is over.
func (s *Store) end(now time.Time) time.Time {
	return s.Policy.SpanOf(policy.ClientCounter).After(limit.NextDay(now))
}
