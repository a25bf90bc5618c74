package consents

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/replay"
)

// skStep is the sort key of the step that [WithStep.Append] stores with a record.
const skStep = "STEP#consent"

// WithStep is the store for data subjects known by address. It appends each record together with a step of work, because the retention of
// their other data depends on what they decide. A visitor has no other data, so a visitor's record has no step.
type WithStep struct {
	Store
	Requests string                             // the table of work that is due
	Policy   func(now time.Time) *policy.Policy // policy.InForce, which says how long an unfinished step is kept
	Replays  *dynamo.Replays                    // notes refusals for a restore
}

// Append stores a version in one transaction with the step that applies it to the subject's other data. The effect of a grant or a withdrawal
// must not depend on a stream (promise F04).
func (s *WithStep) Append(ctx context.Context, r consent.Record) error {
	step := stepKey(privacy.SubjectID(strings.TrimPrefix(r.Subject, consent.Address(""))))
	step["op"], step[dynamo.ExpiresAt] = dynamo.String(r.Operation), dynamo.Seconds(s.Policy(r.RecordedAt).SpanOf(policy.WorkStep).After(r.RecordedAt))
	dynamo.SetWork(step, r.RecordedAt)
	var tx dynamo.Tx
	tx.Put(types.Put{TableName: &s.Table, Item: item(r), ConditionExpression: aws.String("attribute_not_exists(PK)")})
	tx.Put(types.Put{TableName: &s.Requests, Item: step})
	if e, refuses := replay.OfConsent(r); refuses {
		s.Replays.Add(&tx, e)
	}
	refusal, err := tx.Commit(ctx, s.Client)
	if refusal != nil {
		return consent.ErrTaken
	}
	return err
}

// FinishStep calls do with the newest record of a data subject, if there is a step, and then deletes the step. It leaves the step if a later
// record has renewed it meanwhile. A killed run is repeated, so a second call of do must change nothing (fault F02).
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
