package records

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

const walkSK = "STEP#walk"

// walkTask returns the write that stores the task of a walk.
func (w *Writer) walkTask(t intake.Transaction, version int64) types.Put {
	item := dynamo.Key(subjectPK(t.Subject), walkSK)
	dynamo.SetWork(item, t.Walk.DueAt)
	item[dynamo.ExpiresAt] = dynamo.Seconds(t.Walk.ExpiresAt)
	item[asOf] = dynamo.Number(version)
	return types.Put{TableName: aws.String(w.requests), Item: item}
}

// FinishWalk implements [intake.Expiries].
func (w *Writer) FinishWalk(ctx context.Context, id privacy.SubjectID, version int64) (bool, error) {
	_, err := w.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName:                 aws.String(w.requests),
		Key:                       dynamo.Key(subjectPK(id), walkSK),
		ConditionExpression:       aws.String("attribute_not_exists(PK) OR asOf <= :v"),
		ExpressionAttributeValues: dynamo.Item{":v": dynamo.Number(version)},
	})
	if _, refused := dynamo.ConditionFailed(err); refused {
		return false, nil
	}
	return err == nil, err
}

// Move implements [intake.Expiries].
func (w *Writer) Move(ctx context.Context, id privacy.SubjectID, category privacy.Category, expires time.Time, version int64) error {
	for item, err := range w.ofCategory(ctx, id, category) {
		if err != nil {
			return err
		}
		if dynamo.Int(item, asOf) >= version || dynamo.Expired(item, w.Now()) {
			continue
		}
		if err := fault.Retry(ctx, func() (bool, error) { return w.move(ctx, item, expires, version) }); err != nil {
			return err
		}
	}
	return nil
}

// move sets the expiry of one item, or removes it if expires is zero. Without the condition, an update of an item that DynamoDB has just
// deleted would create an empty item. The condition also leaves expired items alone. move returns true if a transaction was under way on
// the item, so that the caller tries again.
func (w *Writer) move(ctx context.Context, item dynamo.Item, expires time.Time, version int64) (lost bool, err error) {
	in := &dynamodb.UpdateItemInput{
		TableName:        aws.String(w.Table),
		Key:              dynamo.Item{dynamo.PK: item[dynamo.PK], dynamo.SK: item[dynamo.SK]},
		UpdateExpression: aws.String("SET asOf = :v REMOVE expiresAt"),
		ConditionExpression: aws.String("attribute_exists(PK) AND (attribute_not_exists(asOf) OR asOf < :v)" +
			" AND (attribute_not_exists(expiresAt) OR expiresAt > :now)"),
		ExpressionAttributeValues: dynamo.Item{":v": dynamo.Number(version), ":now": dynamo.Seconds(w.Now())},
	}
	if !expires.IsZero() {
		in.UpdateExpression = aws.String("SET asOf = :v, expiresAt = :x")
		in.ExpressionAttributeValues[":x"] = dynamo.Seconds(expires)
	}
	_, err = w.Client.UpdateItem(ctx, in)
	if _, refused := dynamo.ConditionFailed(err); refused {
		return false, nil
	}
	if _, underWay := errors.AsType[*types.TransactionConflictException](err); underWay {
		return true, nil
	}
	return false, err
}
