// Package ledger is the store of LedgerTable: retention reports, the lease that keeps two sweeps from running at once, and the
// positions where the next sweep continues.
package ledger

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// Store reads and writes LedgerTable.
type Store struct {
	Client *dynamodb.Client
	Table  string
	Policy func(now time.Time) *policy.Policy // policy.InForce
	Now    func() time.Time
}

// Keep stores a retention report for as long as the schedule keeps such reports (promise F08).
func (s *Store) Keep(ctx context.Context, report retention.Report) error {
	text, err := json.Marshal(report)
	if err != nil {
		return err
	}
	at := report.SweptAt.UTC()
	item := dynamo.Key("report#"+at.Format("2006"), at.Format("2006-01-02T15:04:05.000Z")+"#"+uuid.NewString())
	item["report"] = dynamo.String(string(text))
	item[dynamo.ExpiresAt] = dynamo.Seconds(s.Policy(at).SpanOf(policy.RetentionReport).After(at))
	_, err = s.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(s.Table), Item: item})
	return err
}

// Lease takes the sweep's lease until the given time. It returns a function that gives the lease back, or false if another sweep
// has leased it. The lease ends by itself, so a killed sweep does not block the others for long. Nothing else relies on the lease:
// each deletion is conditional (faults F11, F18).
func (s *Store) Lease(ctx context.Context, until time.Time) (release func(context.Context) error, free bool, err error) {
	holder := uuid.NewString()
	item := dynamo.Key("lease", "sweep")
	item["holder"], item[dynamo.ExpiresAt] = dynamo.String(holder), dynamo.Seconds(until)
	_, err = s.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(s.Table),
		Item:      item,
		// We accept our own id as the holder, because the answer to our first attempt may have been lost (fault F01).
		ConditionExpression:       aws.String("attribute_not_exists(PK) OR expiresAt <= :now OR holder = :me"),
		ExpressionAttributeValues: dynamo.Item{":now": dynamo.Seconds(s.Now()), ":me": dynamo.String(holder)},
	})
	if _, leased := dynamo.ConditionFailed(err); leased {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	return func(ctx context.Context) error { return s.release(ctx, holder) }, true, nil
}

// release gives the lease back, unless it has ended and another sweep has taken it.
func (s *Store) release(ctx context.Context, holder string) error {
	_, err := s.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName:                 aws.String(s.Table),
		Key:                       dynamo.Key("lease", "sweep"),
		ConditionExpression:       aws.String("holder = :me"),
		ExpressionAttributeValues: dynamo.Item{":me": dynamo.String(holder)},
	})
	if _, gone := dynamo.ConditionFailed(err); gone {
		return nil
	}
	return err
}
