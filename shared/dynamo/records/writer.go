package records

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Tables are the names of the tables that a write touches.
type Tables struct {
	Records, Subjects, Requests, Ledger string
}

// Writer carries out what package intake decides. It writes records together with their subject's state. It implements [intake.Store].
type Writer struct {
	*Store
	subjects *subjects.Store
	requests string // the table with the tasks of walks and of acts on identities
	ledger   string // the table with the audit entries
	most     int    // the most items of one transaction, which tests make smaller
}

// NewWriter returns a writer on the tables.
func NewWriter(client *dynamodb.Client, t Tables, now func() time.Time) *Writer {
	w := &Writer{
		Store:    New(client, t.Records, now),
		subjects: subjects.New(client, t.Subjects, now),
		requests: t.Requests,
		ledger:   t.Ledger,
		most:     maxItems,
	}
	w.subjects.Replays = dynamo.ReplaysIn(t.Ledger)
	return w
}

// Accounts implements [intake.Records].
func (w *Writer) Accounts(ctx context.Context, id privacy.SubjectID) (all []intake.StoredAccount, err error) {
	for item, err := range w.ofCategory(ctx, id, privacy.Account) {
		if err != nil {
			return nil, err
		}
		if dynamo.Expired(item, w.Now()) {
			continue
		}
		one, err := parse(item)
		if err != nil {
			return nil, err
		}
		end, _ := time.Parse(time.RFC3339Nano, dynamo.Text(item, ended))
		all = append(all, intake.StoredAccount{OnFile: one, EndedAt: end, After: dynamo.Text(item, after)})
	}
	return all, nil
}

// Newest implements [intake.Records].
func (w *Writer) Newest(ctx context.Context, id privacy.SubjectID) (newest time.Time, err error) {
	for item, err := range w.query(ctx, &dynamodb.QueryInput{
		KeyConditionExpression:    aws.String("PK = :pk"),
		ExpressionAttributeValues: dynamo.Item{":pk": dynamo.String(subjectPK(id))},
		ProjectionExpression:      aws.String("occurredAt, expiresAt"),
		ConsistentRead:            aws.Bool(true),
	}) {
		if err != nil {
			return time.Time{}, err
		}
		if at := time.Unix(0, dynamo.Int(item, occurredAt)).UTC(); !dynamo.Expired(item, w.Now()) && at.After(newest) {
			newest = at
		}
	}
	return newest, nil
}
