// Package requests is the store of the Requests table: the files of rights requests, what is listed under an address, and counters.
package requests

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// Sort keys of a file.
const (
	skRequest   = "REQUEST"
	skChallenge = "CHALLENGE#"
	skExport    = "EXPORT#"
	skEvent     = "EVENT#"
	skTask      = "TASK#"
)

// Store implements request.Register and request.Limiter.
type Store struct {
	Client *dynamodb.Client
	Table  string
	Policy *policy.Policy                    // in force; how long counters are kept
	Terms  func(version string) policy.Terms // of every version ever published: policy.TermsOf
	Now    func() time.Time
}

// PK returns the partition key of a request's file.
func PK(id string) string { return "r#" + id }

// Load reads a whole file with one consistent query (more pages only for a file beyond 1 MB).
func (s *Store) Load(ctx context.Context, id string) (request.File, error) {
	stored, err := s.partition(ctx, PK(id))
	if err != nil {
		return request.File{}, err
	}
	var file request.File
	for _, one := range stored {
		if item := parse(id, one); item != nil {
			item.AddTo(&file)
		}
	}
	if file.Request.ID == "" {
		return request.File{}, request.ErrUnknown
	}
	file.Request.Terms = s.Terms(file.Request.PolicyVersion)
	return file, nil
}

// partition reads all items under a partition key consistently, but for those whose retention is over.
func (s *Store) partition(ctx context.Context, pk string) ([]dynamo.Item, error) {
	var items []dynamo.Item
	pages := dynamodb.NewQueryPaginator(s.Client, &dynamodb.QueryInput{
		TableName:                 &s.Table,
		KeyConditionExpression:    aws.String("PK = :p"),
		ExpressionAttributeValues: dynamo.Item{":p": dynamo.String(pk)},
		ConsistentRead:            aws.Bool(true),
	})
	now := s.Now()
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			if !dynamo.Expired(item, now) {
				items = append(items, item)
			}
		}
	}
	return items, nil
}

// Count counts something that a client does, known only by its HMAC, in the UTC minute of now, and returns the count.
func (s *Store) Count(ctx context.Context, client, what string, now time.Time) (int, error) {
	now = now.UTC()
	out, err := s.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 &s.Table,
		Key:                       dynamo.Key(limitPK(client, now), what+"#"+now.Format("15:04")),
		UpdateExpression:          aws.String("ADD n :one SET expiresAt = :end"),
		ExpressionAttributeValues: dynamo.Item{":one": dynamo.Number(1), ":end": dynamo.Seconds(s.endOfCounter(now))},
		ReturnValues:              types.ReturnValueUpdatedNew,
	})
	if err != nil {
		return 0, err
	}
	return int(dynamo.Int(out.Attributes, "n")), nil
}

// skChallenges is the sort key of the counter of challenges.
const skChallenges = "CHALLENGES"

// challengesPerDay bounds the challenge mails to one address on one UTC day (threat T09).
const challengesPerDay = 3

// CountChallenge counts a request's challenge for an address, known only by its HMAC, on the UTC day of now, as request.Limiter describes.
// One item keeps two sets of ids: whose mails left on the day or are about to (mailed), and whose first try was on the day, accepted or not
// (begun). Without the second, whoever floods an address while SES refuses mails would fill a queue that lasts for weeks.
func (s *Store) CountChallenge(ctx context.Context, address, requestID string, again bool, now time.Time) (may, later bool, err error) {
	now = now.UTC()
	const room = "(attribute_not_exists(%[1]s) OR size(%[1]s) < :max OR contains(%[1]s, :id))"
	add, condition := "ADD mailed :set", fmt.Sprintf(room, "mailed")
	if !again {
		add, condition = add+", begun :set", condition+" AND "+fmt.Sprintf(room, "begun")
	}
	_, err = s.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           &s.Table,
		Key:                 dynamo.Key(limitPK(address, now), skChallenges),
		UpdateExpression:    aws.String(add + " SET expiresAt = :end"),
		ConditionExpression: &condition,
		ExpressionAttributeValues: dynamo.Item{
			":set": &types.AttributeValueMemberSS{Value: []string{requestID}}, ":id": dynamo.String(requestID),
			":max": dynamo.Number(challengesPerDay), ":end": dynamo.Seconds(s.endOfCounter(now)),
		},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if counted, failed := dynamo.ConditionFailed(err); failed {
		begun, _ := counted["begun"].(*types.AttributeValueMemberSS)
		return false, again || begun == nil || len(begun.Value) < challengesPerDay || slices.Contains(begun.Value, requestID), nil
	}
	return err == nil, false, err
}

// UncountChallenge takes a request off the mails of the day for which it was counted: its mail was refused and did not leave.
func (s *Store) UncountChallenge(ctx context.Context, address, requestID string, day time.Time) error {
	_, err := s.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 &s.Table,
		Key:                       dynamo.Key(limitPK(address, day.UTC()), skChallenges),
		UpdateExpression:          aws.String("DELETE mailed :set"),
		ConditionExpression:       aws.String("attribute_exists(PK)"), // no item without an end is made
		ExpressionAttributeValues: dynamo.Item{":set": &types.AttributeValueMemberSS{Value: []string{requestID}}},
	})
	if _, failed := dynamo.ConditionFailed(err); failed {
		return nil
	}
	return err
}

func limitPK(who string, now time.Time) string {
	return fmt.Sprintf("limit#%s#%s", who, now.Format(time.DateOnly))
}

// day is a UTC day, the longest that a counter counts.
const day = 24 * time.Hour

// endOfCounter returns the end of a counter's retention, which starts when the day that it counts is over.
func (s *Store) endOfCounter(now time.Time) time.Time {
	return s.Policy.SpanOf(policy.ClientCounter).After(now.Truncate(day).Add(day))
}
