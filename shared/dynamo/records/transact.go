package records

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Conditions of a write. newer lets a record replace what is stored: nothing, something expired, something older, or other content of
// the same time. An old record sent again undoes nothing.
const (
	nothing = "attribute_not_exists(PK) OR expiresAt <= :now"
	newer   = nothing + " OR occurredAt < :at OR (occurredAt = :at AND #hash <> :hash)"
)

// Limits of one transaction of DynamoDB, the second with room for the attributes and keys besides the data.
const (
	maxItems = 100
	maxBytes = 3 << 20 // of 4 MB
	besides  = 1 << 10 // bytes of an item besides its data, at most
)

// transaction is the next records of a plan, the subject's state with them, as far as one transaction holds them.
type transaction struct {
	change
	puts  []*write // the first of the items, in the same order
	items []types.TransactWriteItem
}

// transaction returns the next transaction of a plan, without items if there is nothing to write.
func (s *Session) transaction(p *plan) *transaction {
	t := &transaction{change: s.change(p)}
	state, size := s.stateWrites(t.change, p), 0
	for _, w := range p.writes {
		if size += len(w.blob) + besides; len(t.puts)+len(state) == s.w.most || size > maxBytes {
			break
		}
		t.puts = append(t.puts, w)
		t.items = append(t.items, types.TransactWriteItem{Put: s.put(t.change, w)})
	}
	t.items = append(t.items, state...)
	return t
}

// put returns the write of a record.
func (s *Session) put(c change, w *write) *types.Put {
	now := s.w.Now()
	item := w.item(c.sid, now, w.expires)
	if bound(w.Category) {
		item[asOf] = dynamo.Number(c.version)
	}
	if !w.ended.IsZero() {
		item[ended] = dynamo.String(w.ended.Format(time.RFC3339Nano))
	}
	put := &types.Put{
		TableName:                           aws.String(s.w.Table),
		Item:                                item,
		ConditionExpression:                 aws.String(nothing),
		ExpressionAttributeValues:           dynamo.Item{":now": dynamo.Seconds(now)},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if !w.alone {
		put.ConditionExpression, put.ExpressionAttributeNames = aws.String(newer), map[string]string{"#hash": hash}
		put.ExpressionAttributeValues[":at"], put.ExpressionAttributeValues[":hash"] = item[occurredAt], item[hash]
	}
	return put
}

// send carries out a transaction. It returns what is stored in the place of the records that were refused, by their place in the
// transaction; lost reports any other refusal. Nothing is written then.
func (s *Session) send(ctx context.Context, t *transaction) (refused map[int]dynamo.Item, lost bool, err error) {
	if len(t.items) == 1 && len(t.puts) == 1 {
		return s.w.putAlone(ctx, t.items[0].Put)
	}
	// The SDK's token makes a repetition of the transaction harmless (fault F01).
	_, err = s.w.Client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: t.items})
	reasons := dynamo.Cancelled(err)
	if len(reasons) == 0 {
		return nil, false, err
	}
	refused = map[int]dynamo.Item{}
	for i, reason := range reasons {
		switch code := aws.ToString(reason.Code); {
		case code == "ValidationError":
			return nil, false, err
		case code == "ConditionalCheckFailed" && i < len(t.puts):
			refused[i] = reason.Item
		case code != "None":
			lost = true
		}
	}
	return refused, lost || len(refused) == 0, nil
}

// putAlone writes a record that leaves its subject's state as it is, with one conditional write. If the answer to that
// write was lost and the SDK sent it again, the refusal meets our own item: the operation id tells (fault F01).
func (w *Writer) putAlone(ctx context.Context, put *types.Put) (refused map[int]dynamo.Item, lost bool, err error) {
	id := uuid.New()
	put.Item[operation] = dynamo.Bytes(id[:])
	_, err = w.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: put.TableName, Item: put.Item, ConditionExpression: put.ConditionExpression,
		ExpressionAttributeNames: put.ExpressionAttributeNames, ExpressionAttributeValues: put.ExpressionAttributeValues,
		ReturnValuesOnConditionCheckFailure: put.ReturnValuesOnConditionCheckFailure,
	})
	if old, failed := dynamo.ConditionFailed(err); failed {
		if bytes.Equal(dynamo.Blob(old, operation), id[:]) {
			return nil, false, nil
		}
		return map[int]dynamo.Item{0: old}, false, nil
	}
	if underWay(err) {
		return nil, true, nil
	}
	return nil, false, err
}

// underWay reports whether a single write was refused because a transaction was under way on its item.
func underWay(err error) bool {
	_, conflict := errors.AsType[*types.TransactionConflictException](err)
	return conflict
}

// learn notes what is stored in the place of records that were refused. It reports true if that was known, so that another writer
// must have been faster.
func (s *Session) learn(t *transaction, refused map[int]dynamo.Item) (lost bool) {
	for i, item := range refused {
		w := t.puts[i]
		_, known := s.known[w.key]
		lost = lost || known || w.Category == privacy.Account // the account records were read
		s.known[w.key] = current{at: time.Unix(0, dynamo.Int(item, occurredAt)), hash: dynamo.Blob(item, hash), expires: dynamo.Time(item, dynamo.ExpiresAt)}
	}
	return lost
}

// settle notes in the session what a transaction has done.
func (s *Session) settle(t *transaction) {
	if s.alias == "" {
		return
	}
	s.sid, s.state.State, s.state.ExpiresAt, s.state.Version = t.sid, t.next, t.expires, t.version
	if t.created {
		s.state.Aliases = []string{s.alias}
	}
	if t.created || t.changed || t.puts[0].Category == privacy.Account {
		s.state.Accounts++
	}
	for _, w := range t.puts {
		if w.Category == privacy.Account {
			a := w.account
			a.EndedAt = w.ended
			s.known[w.key] = current{at: w.OccurredAt, hash: w.hash, account: a}
		}
	}
}
