package records

import (
	"context"
	"math"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/retention"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

const (
	stepSK    = "STEP#walk"
	stepAfter = time.Minute // the writer walks at once; the step is due only if that failed
)

// step returns the write that notes a walk to be done, in the transaction that makes it necessary (fault F03).
func (w *Writer) step(sid privacy.SubjectID, version int64) types.TransactWriteItem {
	now := w.Now()
	item := dynamo.Key(subjectPK(sid), stepSK)
	dynamo.SetWork(item, now.Add(stepAfter))
	item[dynamo.ExpiresAt] = dynamo.Seconds(w.stepEnds(now))
	item[asOf] = dynamo.Number(version)
	return types.TransactWriteItem{Put: &types.Put{TableName: aws.String(w.requests), Item: item}}
}

// stepEnds returns when a step that nobody could finish is given up.
func (w *Writer) stepEnds(from time.Time) time.Time {
	return retention.After(w.policy.RetentionOf(policy.WorkStep), from)
}

// Walk gives all stored account data of a subject the expiry that follows from the subject's state (promise F01), and
// removes the step that asked for it. It may run at any time, twice, and beside another walk: each item notes the
// version of the state it follows and never goes back to an older one; the step goes only after a pass during which the
// state has not changed (faults F03, F11).
func (w *Writer) Walk(ctx context.Context, sid privacy.SubjectID) error {
	for {
		state, found, err := w.subjects.State(ctx, sid)
		if err != nil {
			return err
		}
		if !found {
			state.Version = math.MaxInt64 // nobody is left to walk for
		} else if err := w.pass(ctx, sid, state); err != nil {
			return err
		}
		clean, err := w.finish(ctx, sid, state.Version)
		if err != nil || clean {
			return err
		}
	}
}

// pass visits the account data once.
func (w *Writer) pass(ctx context.Context, sid privacy.SubjectID, state standing.Snapshot) error {
	expires, _ := state.State.AccountDataEnds(w.account)
	for _, category := range privacy.AccountData {
		if err := w.follow(ctx, sid, category, expires, state.Version); err != nil {
			return err
		}
	}
	return nil
}

// follow gives all stored records of a category the expiry that follows from the version of the state, the zero time for none.
func (w *Writer) follow(ctx context.Context, sid privacy.SubjectID, category privacy.Category, expires time.Time, version int64) error {
	for item, err := range w.ofCategory(ctx, sid, category) {
		if err != nil {
			return err
		}
		if dynamo.Int(item, asOf) >= version || dynamo.Expired(item, w.Now()) {
			continue
		}
		if err := w.retry(ctx, func() (bool, error) { return w.move(ctx, item, expires, version) }); err != nil {
			return err
		}
	}
	return nil
}

// move gives one item its expiry. What is gone stays gone: without the condition, an update of an item that DynamoDB has
// just deleted would bring back an empty one. What has expired is not brought back to life either. It reports true when
// a transaction was under way on the item.
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
	if underWay(err) {
		return true, nil
	}
	return false, err
}

// finish deletes the step of a walk that followed the version. It reports false if a later change has put a new one.
func (w *Writer) finish(ctx context.Context, sid privacy.SubjectID, version int64) (clean bool, err error) {
	_, err = w.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName:                 aws.String(w.requests),
		Key:                       dynamo.Key(subjectPK(sid), stepSK),
		ConditionExpression:       aws.String("attribute_not_exists(PK) OR asOf <= :v"),
		ExpressionAttributeValues: dynamo.Item{":v": dynamo.Number(version)},
	})
	if _, refused := dynamo.ConditionFailed(err); refused {
		return false, nil
	}
	return err == nil, err
}
