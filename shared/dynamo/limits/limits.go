// Package limits stores the counters of package limit, which bounds the calls of a client and the mails to an address. The counters are in
// the Requests table.
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

// Store implements [limit.Counter].
type Store struct {
	Client *dynamodb.Client
	Table  string
	Policy func(now time.Time) *policy.Policy // policy.InForce, which says how long a counter is kept
}

// Count implements [limit.Counter] with one update.
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

// partition returns the partition key of all counters of one UTC day. who is the HMAC of a client or an address.
func partition(who string, now time.Time) string {
	return fmt.Sprintf("limit#%s#%s", who, now.UTC().Format(time.DateOnly))
}

// end returns when a counter expires. Its retention starts at the end of the day that it counts.
func (s *Store) end(now time.Time) time.Time {
	return s.Policy(now).SpanOf(policy.ClientCounter).After(limit.NextDay(now))
}
