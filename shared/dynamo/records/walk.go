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
	"github.com/helpdeskexpert/privacy/shared/retention"
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
func (w *Writer) Move(ctx context.Context, id privacy.SubjectID, category privacy.Category, period retention.Period, version int64) error {
	for item, err := range w.query(ctx, &dynamodb.QueryInput{
		KeyConditionExpression: aws.String("PK = :pk AND begins_with(SK, :c)"),
		ExpressionAttributeValues: dynamo.Item{
			":pk": dynamo.String(subjectPK(id)), ":c": dynamo.String(string(category) + "#")},
		ProjectionExpression: aws.String("PK, SK, expiresAt, otherwise, asOf, " + after),
		ConsistentRead:       aws.Bool(true),
	}) {
		if err != nil {
			return err
		}
		if err := fault.Retry(ctx, func() (lost bool, err error) {
			item, lost, err = w.move(ctx, item, period, version)
			return lost, err
		}); err != nil {
			return err
		}
	}
	return nil
}

// move gives an item the expiry that follows from a version of the state, and notes the version. It does nothing to an item that follows that version
// or a later one, that has expired, or that is gone. If the item has changed since it was read, move returns it as it is now, and true, so that the
// caller tries again. So it does if a transaction was under way on the item.
func (w *Writer) move(ctx context.Context, item dynamo.Item, period retention.Period, version int64) (now dynamo.Item, lost bool, err error) {
	if len(item) == 0 || dynamo.Int(item, asOf) >= version || dynamo.Expired(item, w.Now()) {
		return item, false, nil
	}
	_, err = w.Client.UpdateItem(ctx, w.moveInput(item, period, version))
	if found, refused := dynamo.ConditionFailed(err); refused {
		return found, true, nil
	}
	if _, underWay := errors.AsType[*types.TransactionConflictException](err); underWay {
		return item, true, nil
	}
	return item, false, err
}

// moveInput returns the update that [Writer.move] makes. It is refused if the item's expiry is not as it was read: without the condition, an update of
// an item that DynamoDB has just deleted would create an empty item.
func (w *Writer) moveInput(item dynamo.Item, period retention.Period, version int64) *dynamodb.UpdateItemInput {
	was := retention.Expiry{At: dynamo.Time(item, dynamo.ExpiresAt), Otherwise: dynamo.Time(item, otherwise)}
	is := period.Of(was, dynamo.Text(item, after))
	set, remove, condition := "SET asOf = :v", "", "attribute_exists(PK) AND (attribute_not_exists(asOf) OR asOf < :v)"
	values := dynamo.Item{":v": dynamo.Number(version)}
	for _, at := range []struct {
		name    string
		was, is time.Time
	}{{dynamo.ExpiresAt, was.At, is.At}, {otherwise, was.Otherwise, is.Otherwise}} {
		if at.was.IsZero() {
			condition += " AND attribute_not_exists(" + at.name + ")"
		} else {
			condition += " AND " + at.name + " = :was_" + at.name
			values[":was_"+at.name] = dynamo.Seconds(at.was)
		}
		switch {
		case !at.is.IsZero():
			set += ", " + at.name + " = :" + at.name
			values[":"+at.name] = dynamo.Seconds(at.is)
		case !at.was.IsZero():
			remove += ", " + at.name
		}
	}
	if remove != "" {
		set += " REMOVE " + remove[2:]
	}
	return &dynamodb.UpdateItemInput{
		TableName: aws.String(w.Table), Key: dynamo.Item{dynamo.PK: item[dynamo.PK], dynamo.SK: item[dynamo.SK]},
		UpdateExpression: aws.String(set), ConditionExpression: aws.String(condition), ExpressionAttributeValues: values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
}
