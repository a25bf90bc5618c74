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

// skStep is the sort key of the step that a record leaves.
const skStep = "STEP#consent"

// WithStep is the store for data subjects known by address: it appends each record together with a step of work. Other data is stored about
// them, whose retention depends on what they decide. Nothing else is known of a visitor, so a visitor's record leaves no step.
type WithStep struct {
	Store
	Requests string      // the table of work that is due
	Steps    policy.Span // how long a step nobody could finish is kept
}

// Append stores a version and the step that tells the other data about it, in one transaction: the effect of a grant or a withdrawal must not
// depend on a stream (promise F04).
func (s *WithStep) Append(ctx context.Context, r consent.Record) error {
	step := stepKey(privacy.SubjectID(strings.TrimPrefix(r.Subject, consent.Address(""))))
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

// FinishStep gives the newest record of a data subject to do, if there is a step, and removes the step. A step that a later record has renewed
// meanwhile stays. A run that is killed is repeated, so doing it twice must change nothing (fault F02).
func (s *WithStep) FinishStep(ctx context.Context, id privacy.SubjectID, do func(context.Context, privacy.SubjectID, consent.Record) error) error {
	step, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.Requests, Key: stepKey(id), ConsistentRead: aws.Bool(true)})
	if err != nil || step.Item == nil {
		return err
	}
	newest, err := s.Newest(ctx, consent.Address(id))
	if err != nil {
		return err
	}
	if err := do(ctx, id, newest); err != nil {
		return err
	}
	_, err = s.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &s.Requests, Key: stepKey(id), ConditionExpression: aws.String("attribute_not_exists(PK) OR op = :op"),
		ExpressionAttributeValues: dynamo.Item{":op": step.Item["op"]},
	})
	if _, renewed := dynamo.ConditionFailed(err); renewed {
		return nil
	}
	return err
}

func stepKey(id privacy.SubjectID) dynamo.Item { return dynamo.Key("s#"+string(id), skStep) }
