package records

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// Consented carries what the newest consent record of a data subject says about marketing mail into the subject's state and into the
// marketing records that are stored. A withdrawal ends their retention at once: they are invisible from then on and gone with
// the next purge (promise F04); any decision takes them off the count of those without a recorded consent.
//
// The state moves first, and every write of a marketing record is held to it, so that none slips in behind. What is done to the records
// follows from the state that holds, so it may be run again, for an older record, and beside ingest (faults F02, F11).
func (w *Writer) Consented(ctx context.Context, sid privacy.SubjectID, newest consent.Record) error {
	choice, proof := choice(newest), retention.Proof{Until: newest.ExpiresAt, Version: newest.Version}
	state, found, err := w.subjects.Transition(ctx, sid, func(from subjects.State) (retention.State, time.Time) {
		to := from.Chosen(choice, proof)
		if to == from.State {
			return to, from.ExpiresAt
		}
		expires, _ := to.Ends(w.account)
		return to, expires
	})
	if err != nil || !found || state.Marketing == retention.NoChoice {
		return err
	}
	for item, err := range w.ofCategory(ctx, sid, privacy.Marketing) {
		if err != nil {
			return err
		}
		if err := w.decided(ctx, sid, item, state.Marketing); err != nil {
			return err
		}
	}
	return nil
}

// choice is what a consent record says about marketing mail, whether or not it is time to ask again: neither a consent nor a withdrawal
// turns into its opposite by age.
func choice(r consent.Record) retention.Choice {
	switch r.Decisions[privacy.MarketingEmail].State {
	case consent.Granted:
		return retention.Consented
	case consent.Denied:
		return retention.Withdrawn
	default:
		return retention.NoChoice
	}
}

// decided carries a choice into one marketing record. What is gone stays gone: an update without the condition would bring back an
// empty item.
func (w *Writer) decided(ctx context.Context, sid privacy.SubjectID, item dynamo.Item, choice retention.Choice) error {
	update := &types.Update{
		TableName:           aws.String(w.Table),
		Key:                 dynamo.Item{dynamo.PK: item[dynamo.PK], dynamo.SK: item[dynamo.SK]},
		ConditionExpression: aws.String("attribute_exists(PK) AND (attribute_not_exists(expiresAt) OR expiresAt > :now)"),
	}
	if choice == retention.Withdrawn {
		update.UpdateExpression = aws.String("SET expiresAt = :now")
		update.ExpressionAttributeValues = dynamo.Item{":now": dynamo.Seconds(w.Now())}
	}
	if isCounted(item) {
		return w.uncount(ctx, sid, update)
	}
	if update.UpdateExpression == nil {
		return nil
	}
	_, err := w.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: update.TableName, Key: update.Key, UpdateExpression: update.UpdateExpression,
		ConditionExpression: update.ConditionExpression, ExpressionAttributeValues: update.ExpressionAttributeValues,
	})
	if _, refused := dynamo.ConditionFailed(err); refused {
		return nil
	}
	return err
}

// uncount takes a record off the count in the transaction that carries the choice into it, so that it is taken off once.
func (w *Writer) uncount(ctx context.Context, sid privacy.SubjectID, update *types.Update) error {
	update.UpdateExpression = aws.String(aws.ToString(update.UpdateExpression) + " REMOVE " + counted)
	update.ConditionExpression = aws.String("attribute_exists(" + counted + ")")
	_, err := w.retry(ctx, func() (Result, bool, error) {
		_, err := w.Client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
			TransactItems: []types.TransactWriteItem{{Update: update}, w.count(sid, -1)}})
		reasons := dynamo.Cancelled(err)
		switch {
		case reasons == nil:
			return Result{}, false, err
		case aws.ToString(reasons[0].Code) == "ConditionalCheckFailed":
			return Result{}, false, nil // taken off already
		}
		return Result{}, true, nil
	})
	return err
}
