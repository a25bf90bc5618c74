// Package reminders stores in LedgerTable until when everybody was reminded of requests.
package reminders

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// Store implements [request.Progresses].
type Store struct {
	Client *dynamodb.Client
	Table  string
	Policy func(now time.Time) *policy.Policy // policy.InForce
	Now    func() time.Time
}

// LoadProgress implements [request.Progresses].
func (s *Store) LoadProgress(ctx context.Context) (request.Progress, error) {
	out, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(s.Table), Key: dynamo.Key("remind", "last"), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return request.Progress{}, err
	}
	return request.Progress{
		Version: int(dynamo.Int(out.Item, "v")), Team: dynamo.Time(out.Item, "team"), People: dynamo.Time(out.Item, "people"), Leased: dynamo.Time(out.Item, "leased"),
	}, nil
}

// SaveProgress implements [request.Progresses]. It is kept for as long as the schedule keeps notes of unfinished work, counted from each run. An
// expired one still counts while it is stored; after that, the team is told of every mark once more.
func (s *Store) SaveProgress(ctx context.Context, p request.Progress) (request.Progress, error) {
	item, now, op := dynamo.Key("remind", "last"), s.Now(), uuid.NewString()
	for name, at := range map[string]time.Time{"team": p.Team, "people": p.People, "leased": p.Leased} {
		if !at.IsZero() {
			item[name] = dynamo.Seconds(at)
		}
	}
	item["v"], item["op"] = dynamo.Number(int64(p.Version)+1), dynamo.String(op)
	item[dynamo.ExpiresAt] = dynamo.Seconds(s.Policy(now).SpanOf(policy.SweepCursor).After(now))
	put := &dynamodb.PutItemInput{
		TableName: aws.String(s.Table), Item: item,
		// We accept our own write, because the answer to our first attempt may have been lost (fault F01).
		ConditionExpression: aws.String("v = :v OR op = :op"), ExpressionAttributeValues: dynamo.Item{":v": dynamo.Number(int64(p.Version)), ":op": dynamo.String(op)},
	}
	if p.Version == 0 {
		put.ConditionExpression, put.ExpressionAttributeValues = aws.String("attribute_not_exists(PK) OR op = :op"), dynamo.Item{":op": dynamo.String(op)}
	}
	_, err := s.Client.PutItem(ctx, put)
	if _, changed := dynamo.ConditionFailed(err); changed {
		return p, request.ErrChanged
	}
	p.Version++
	return p, err
}
