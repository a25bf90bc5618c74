package records

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// Consented carries what a data subject decided about marketing mail into the subject's state and into the marketing records that are
// stored. A withdrawal ends their retention at once: they are invisible from then on and gone with the next purge (promise F04). The
// state moves first, and every write of a marketing record is held to it, so that none slips in behind. until is the end of the proof's
// retention, which the subject outlives. It may be run again, and beside ingest (faults F02, F11).
func (w *Writer) Consented(ctx context.Context, sid privacy.SubjectID, choice retention.Choice, until time.Time) error {
	found, err := w.subjects.Transition(ctx, sid, until, func(from retention.State) retention.State {
		return from.Chosen(choice, until)
	})
	if err != nil || !found || choice != retention.Withdrawn {
		return err
	}
	for item, err := range w.ofCategory(ctx, sid, privacy.Marketing) {
		if err != nil {
			return err
		}
		if err := w.end(ctx, item); err != nil {
			return err
		}
	}
	return nil
}

// end ends the retention of one record now. What is gone stays gone: an update without the condition would bring back an empty item.
func (w *Writer) end(ctx context.Context, item dynamo.Item) error {
	_, err := w.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 aws.String(w.Table),
		Key:                       dynamo.Item{dynamo.PK: item[dynamo.PK], dynamo.SK: item[dynamo.SK]},
		UpdateExpression:          aws.String("SET expiresAt = :now"),
		ConditionExpression:       aws.String("attribute_exists(PK) AND (attribute_not_exists(expiresAt) OR expiresAt > :now)"),
		ExpressionAttributeValues: dynamo.Item{":now": dynamo.Seconds(w.Now())},
	})
	if _, refused := dynamo.ConditionFailed(err); refused {
		return nil
	}
	return err
}
