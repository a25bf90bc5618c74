package consents

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// ByMail is the store for data subjects known by address. It is a type of its own so that the consent function, which serves visitors,
// links no transactions.
type ByMail struct {
	Store
	Requests string      // the table of work that is due
	Steps    policy.Span // how long a step nobody could finish is kept
}

// Append stores a version together with the work that follows from it: whatever else is held about the data subject has to
// learn of a grant or a withdrawal, and must not depend on a stream to do so (promise F04).
func (s *ByMail) Append(ctx context.Context, r consent.Record) error {
	step := dynamo.Key("s#"+strings.TrimPrefix(r.Subject, "e#"), "STEP#consent")
	step["op"], step[dynamo.ExpiresAt] = dynamo.String(r.Operation), dynamo.Seconds(s.Steps.After(r.RecordedAt))
	dynamo.SetWork(step, r.RecordedAt)
	_, err := s.Client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: &s.Table, Item: item(r), ConditionExpression: aws.String("attribute_not_exists(PK)")}},
		{Put: &types.Put{TableName: &s.Requests, Item: step}},
	}})
	if dynamo.Conflict(err) {
		return consent.ErrTaken
	}
	return err
}

// Apply hands the newest record of a data subject to do, if a step says that something has still to learn of it, and removes the step
// unless a later record has renewed it meanwhile. Doing it twice must change nothing (fault F02).
func (s *ByMail) Apply(ctx context.Context, id privacy.SubjectID, do func(context.Context, consent.Record) error) error {
	key := dynamo.Key("s#"+string(id), "STEP#consent")
	step, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.Requests, Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil || step.Item == nil {
		return err
	}
	newest, err := s.Newest(ctx, consent.Address(id))
	if err != nil {
		return err
	}
	if err := do(ctx, newest); err != nil {
		return err
	}
	_, err = s.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &s.Requests, Key: key, ConditionExpression: aws.String("attribute_not_exists(PK) OR op = :op"),
		ExpressionAttributeValues: dynamo.Item{":op": step.Item["op"]},
	})
	if _, renewed := dynamo.ConditionFailed(err); renewed {
		return nil
	}
	return err
}
