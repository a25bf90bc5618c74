package records

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/identities"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/replay"
)

// Holders implements [intake.Retractions].
func (w *Writer) Holders(ctx context.Context, ids []privacy.SubjectID, category privacy.Category, id string) (holders []privacy.SubjectID, err error) {
	keys := make([]dynamo.Item, len(ids))
	for i, sid := range ids {
		keys[i] = recordKey(sid, category, id)
	}
	items, err := dynamo.Batch(ctx, w.Client, w.Table, keys, types.KeysAndAttributes{
		ConsistentRead: aws.Bool(true), ProjectionExpression: aws.String("PK, expiresAt")})
	if err != nil {
		return nil, err
	}
	for _, item := range items {
		if !dynamo.Expired(item, w.Now()) {
			holders = append(holders, privacy.SubjectID(strings.TrimPrefix(dynamo.Text(item, dynamo.PK), subjectPK(""))))
		}
	}
	return holders, nil
}

// Retract implements [intake.Retractions].
func (w *Writer) Retract(ctx context.Context, r intake.Retraction) (lost bool, err error) {
	var tx dynamo.Tx
	w.subjects.Touch(&tx, r.Subject, r.Before)
	for _, sid := range r.Holders {
		tx.Update(types.Update{
			TableName: aws.String(w.Table), Key: recordKey(sid, r.Category, r.ID),
			UpdateExpression:          aws.String("SET expiresAt = :now"),
			ConditionExpression:       aws.String("attribute_exists(PK) AND (attribute_not_exists(expiresAt) OR expiresAt > :now)"),
			ExpressionAttributeValues: dynamo.Item{":now": dynamo.Seconds(r.At)},
		})
	}
	identities.AddChange(&tx, w.requests, r.Change)
	tx.Audit(w.ledger, r.Entry, r.Until)
	w.subjects.Replays.Add(&tx, replay.OfRetraction(replay.Retraction{Holders: r.Holders, Category: r.Category, ID: r.ID}, r.At))
	refusal, err := tx.Commit(ctx, w.Client)
	if dynamo.Throttled(err) {
		return true, nil
	}
	return refusal != nil, err
}

func recordKey(sid privacy.SubjectID, category privacy.Category, id string) dynamo.Item {
	return dynamo.Key(subjectPK(sid), sk(record.Record{Category: category, ID: id}))
}

// TakeBack implements restore.Records. A record that is not in the copy, or that has expired there, needs nothing.
func (w *Writer) TakeBack(ctx context.Context, r replay.Retraction, at time.Time) error {
	for _, sid := range r.Holders {
		_, err := w.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: aws.String(w.Table), Key: recordKey(sid, r.Category, r.ID),
			UpdateExpression:          aws.String("SET expiresAt = :at"),
			ConditionExpression:       aws.String("attribute_exists(PK) AND storedAt <= :stored AND (attribute_not_exists(expiresAt) OR expiresAt > :at)"),
			ExpressionAttributeValues: dynamo.Item{":at": dynamo.Seconds(at), ":stored": dynamo.Number(at.UnixNano())},
		})
		if _, refused := dynamo.ConditionFailed(err); err != nil && !refused {
			return err
		}
	}
	return nil
}
