package records

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// The count of marketing records without a recorded consent is part of the retention report and says nothing of anybody. Each record
// that is counted carries a mark, which is set and removed in the transaction that moves the count, so the count cannot drift. A record
// with an expiry never carries it: marketing data gets one only by a withdrawal, which takes the mark away.
const (
	countPK = "count#marketing"
	counted = "counted" // mark of a record that is in the count
	number  = "n"
)

// count returns the write that moves the count by delta. It is spread over items, so that ingest does not queue up at one.
func (w *Writer) count(sid privacy.SubjectID, delta int64) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: aws.String(w.Table), Key: dynamo.Key(countPK, fmt.Sprintf("%02d", shard(string(sid)))),
		UpdateExpression:          aws.String("ADD " + number + " :d"),
		ExpressionAttributeValues: dynamo.Item{":d": dynamo.Number(delta)},
	}}
}

// Unconsented returns how many marketing records are held without a recorded consent, in one request.
func (s *Store) Unconsented(ctx context.Context) (int, error) {
	sum := int64(0)
	for item, err := range s.query(ctx, &dynamodb.QueryInput{
		KeyConditionExpression:    aws.String("PK = :pk"),
		ExpressionAttributeValues: dynamo.Item{":pk": dynamo.String(countPK)},
		ConsistentRead:            aws.Bool(true),
	}) {
		if err != nil {
			return 0, err
		}
		sum += dynamo.Int(item, number)
	}
	return int(sum), nil
}

func isCounted(item dynamo.Item) bool {
	b, ok := item[counted].(*types.AttributeValueMemberBOOL)
	return ok && b.Value
}

// counting adds to the write of a marketing record what keeps the count true. was says whether the record that is replaced is believed
// to be in the count; the table refuses the write if that is wrong. It returns the write that moves the count, if it moves.
func (w *Writer) counting(put *types.Put, sid privacy.SubjectID, choice retention.Choice, was bool) []types.TransactWriteItem {
	will := choice == retention.NoChoice
	if will {
		put.Item[counted] = &types.AttributeValueMemberBOOL{Value: true}
	}
	mark := "attribute_not_exists(" + counted + ")"
	if was {
		mark = "attribute_exists(" + counted + ")"
	}
	put.ConditionExpression = aws.String("(" + newer + ") AND " + mark)
	switch {
	case will == was:
		return nil
	case will:
		return []types.TransactWriteItem{w.count(sid, 1)}
	default:
		return []types.TransactWriteItem{w.count(sid, -1)}
	}
}

// replaces is the condition newer for an item that was refused: it tells whether the mark was the reason.
func replaces(old, item dynamo.Item, now time.Time) bool {
	before, at := dynamo.Int(old, occurredAt), dynamo.Int(item, occurredAt)
	return dynamo.Expired(old, now) || before < at || before == at && !bytes.Equal(dynamo.Blob(old, hash), dynamo.Blob(item, hash))
}

// isMarketing reports whether a record is held to its subject's choice (promise F04).
func isMarketing(r record.Record) bool { return r.Category == privacy.Marketing }
