package dynamo

import (
	"bytes"
	"context"
	"crypto/rand"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/audit"
)

// Operation is the attribute by which a repeated single write recognises itself, after the answer to the first try was lost (fault F01).
const Operation = "op"

// Tx is one transaction: writes that take effect together or not at all. The zero Tx has no writes. DynamoDB accepts at most 100 writes and
// 4 MB.
type Tx struct {
	writes []types.TransactWriteItem
}

// Put adds the write of a whole item, under its condition.
func (t *Tx) Put(put types.Put) { t.writes = append(t.writes, types.TransactWriteItem{Put: &put}) }

// Update adds a change of some attributes of an item.
func (t *Tx) Update(update types.Update) {
	t.writes = append(t.writes, types.TransactWriteItem{Update: &update})
}

// Delete adds the deletion of an item, under its condition.
func (t *Tx) Delete(d types.Delete) { t.writes = append(t.writes, types.TransactWriteItem{Delete: &d}) }

// Check adds a condition on an item that the transaction does not change.
func (t *Tx) Check(check types.ConditionCheck) {
	t.writes = append(t.writes, types.TransactWriteItem{ConditionCheck: &check})
}

// Audit adds an entry about the act that the transaction carries out. ledger is the name of LedgerTable. The retention of the entry ends at
// until.
func (t *Tx) Audit(ledger string, e audit.Entry, until time.Time) {
	item := Key("audit#"+e.At.Format(time.DateOnly), e.At.Format("2006-01-02T15:04:05.000Z")+"#"+e.ID)
	item["actorKind"], item["actor"] = String(string(e.Actor.Kind)), String(e.Actor.ID)
	item["act"], item["about"] = String(string(e.Act)), String(e.About)
	if e.Second != "" {
		item["second"] = String(e.Second)
	}
	item[ExpiresAt] = Seconds(until)
	t.Put(types.Put{TableName: &ledger, Item: item})
}

// Len returns the number of writes.
func (t *Tx) Len() int { return len(t.writes) }

// Refusal says why DynamoDB refused a transaction. Nothing of it was carried out.
type Refusal struct {
	// Unmet has the stored item of each write whose condition was not met, by the position of the write. The item is nil if there was none, or
	// if the write did not ask for it (ReturnValuesOnConditionCheckFailure).
	Unmet map[int]Item
	// Busy says that another transaction was under way on one of the items.
	Busy bool
}

// Commit carries out the transaction. It returns nil if that succeeded. A [Refusal] means that another writer was faster, which is not an
// error. Throttling (see [Throttled]) and our own mistakes are errors.
//
// Commit recognises its own write if the answer to the first try was lost (fault F01). A transaction has a token that the SDK sends with
// each try. A single put is sent without a transaction, which costs half as much, and has the attribute [Operation].
func (t *Tx) Commit(ctx context.Context, client *dynamodb.Client) (*Refusal, error) {
	if len(t.writes) == 1 && t.writes[0].Put != nil {
		return put(ctx, client, *t.writes[0].Put)
	}
	_, err := client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: t.writes})
	if !Conflict(err) {
		return nil, err
	}
	refusal := Refusal{Unmet: map[int]Item{}}
	for i, reason := range Cancelled(err) {
		switch aws.ToString(reason.Code) {
		case "ConditionalCheckFailed":
			refusal.Unmet[i] = reason.Item
		case "TransactionConflict":
			refusal.Busy = true
		}
	}
	refusal.Busy = refusal.Busy || len(refusal.Unmet) == 0 // cancelled for no reason given: nothing was written
	return &refusal, nil
}

// put stores one item without a transaction.
func put(ctx context.Context, client *dynamodb.Client, p types.Put) (*Refusal, error) {
	operation := make([]byte, 16)
	_, _ = rand.Read(operation) // never fails since Go 1.24
	p.Item[Operation] = Bytes(operation)
	_, err := client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: p.TableName, Item: p.Item, ConditionExpression: p.ConditionExpression,
		ExpressionAttributeNames: p.ExpressionAttributeNames, ExpressionAttributeValues: p.ExpressionAttributeValues,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if met, unmet := ConditionFailed(err); unmet {
		if bytes.Equal(Blob(met, Operation), operation) {
			return nil, nil
		}
		return &Refusal{Unmet: map[int]Item{0: met}}, nil
	}
	if Conflict(err) {
		return &Refusal{Busy: true}, nil
	}
	return nil, err
}
