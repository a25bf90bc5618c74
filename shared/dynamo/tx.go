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

// Operation is the attribute by which a single write recognises itself: its answer can be lost after DynamoDB has carried it out (fault F01).
const Operation = "op"

// Tx is one transaction: writes that take effect together or not at all. The zero Tx has none. DynamoDB takes at most 100 writes, and 4 MB.
type Tx struct {
	writes []types.TransactWriteItem
}

// Put adds a whole item to be stored, under the put's condition.
func (t *Tx) Put(put types.Put) { t.writes = append(t.writes, types.TransactWriteItem{Put: &put}) }

// Update adds a change of some attributes of an item.
func (t *Tx) Update(update types.Update) {
	t.writes = append(t.writes, types.TransactWriteItem{Update: &update})
}

// Delete adds the deletion of an item, under its condition.
func (t *Tx) Delete(d types.Delete) { t.writes = append(t.writes, types.TransactWriteItem{Delete: &d}) }

// Check adds a condition that an item must meet, which is left as it is.
func (t *Tx) Check(check types.ConditionCheck) {
	t.writes = append(t.writes, types.TransactWriteItem{ConditionCheck: &check})
}

// Audit adds an entry about the act that the transaction carries out. ledger is the name of LedgerTable, and until the end of the entry's
// retention.
func (t *Tx) Audit(ledger string, e audit.Entry, until time.Time) {
	item := Key("audit#"+e.At.Format(time.DateOnly), e.At.Format("2006-01-02T15:04:05.000Z")+"#"+e.ID)
	item["actorKind"], item["actor"] = String(string(e.Actor.Kind)), String(e.Actor.ID)
	item["act"], item["about"] = String(string(e.Act)), String(e.About)
	item[ExpiresAt] = Seconds(until)
	t.Put(types.Put{TableName: &ledger, Item: item})
}

// Len returns the number of writes.
func (t *Tx) Len() int { return len(t.writes) }

// Refusal says why DynamoDB carried out nothing of a transaction.
type Refusal struct {
	// Unmet holds the writes whose condition was not met, by their position, with the item that they met. The item is nil if there was none, or
	// if the write did not ask for it (ReturnValuesOnConditionCheckFailure).
	Unmet map[int]Item
	// Busy says that another transaction was under way on one of the items.
	Busy bool
}

// Commit carries out the transaction: nil if it is done. A refusal is no error, since another writer was faster; throttling ([Throttled]) and
// mistakes of ours are errors.
//
// Commit recognises its own work where the answer to it was lost (fault F01): a transaction by the token that the SDK sends with each try,
// and a put that is alone, which costs half as much as a transaction, by its attribute [Operation].
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
