package records

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/identities"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Conditions of a write. With nothing, a record is stored only if there is no record or an expired one. With newer, it also replaces an
// older record, or other content of the same time, so an old record that is sent again undoes nothing. Package intake has the same rule
// for the lines of a call.
const (
	nothing = "attribute_not_exists(PK) OR expiresAt <= :now"
	newer   = nothing + " OR occurredAt < :at OR (occurredAt = :at AND #hash <> :hash)"
)

// Limits of one transaction of DynamoDB. maxBytes leaves room for the attributes and keys besides the data.
const (
	maxItems = 100
	maxBytes = 3 << 20 // of 4 MB
	besides  = 1 << 10 // bytes of an item besides its data, at most
)

// Commit implements [intake.Records]. A record that needs nothing but its own condition is a single write, which costs half as much as a
// transaction.
func (w *Writer) Commit(ctx context.Context, t intake.Transaction) (intake.Committed, error) {
	var tx dynamo.Tx
	after, err := w.state(ctx, &tx, t)
	if err != nil {
		return intake.Committed{}, err
	}
	done := intake.Committed{After: after}
	first, size := tx.Len(), 0
	for _, p := range t.Puts {
		if size += len(p.Packed.Bytes) + besides; tx.Len() == w.most || size > maxBytes {
			break
		}
		tx.Put(w.put(t, p, done.After.Version))
		done.Puts++
	}
	refusal, err := tx.Commit(ctx, w.Client)
	if dynamo.Throttled(err) { // tried again after a pause, like a lost race
		done.Lost = true
		return done, nil
	}
	if err != nil || refusal == nil {
		return done, err
	}
	done.Refused, done.Lost = map[int]intake.Found{}, refusal.Busy
	for place, met := range refusal.Unmet {
		if place < first {
			done.Lost = true
			continue
		}
		done.Refused[place-first] = intake.Found{
			OccurredAt: time.Unix(0, dynamo.Int(met, occurredAt)), Hash: dynamo.Blob(met, hash), ExpiresAt: dynamo.Time(met, dynamo.ExpiresAt),
		}
	}
	return done, nil
}

// state adds the change of the subject's state to a transaction, and returns the state after the change.
func (w *Writer) state(ctx context.Context, tx *dynamo.Tx, t intake.Transaction) (after standing.Snapshot, err error) {
	after = t.Before
	switch t.Change {
	case intake.CreateSubject:
		var shares *identity.AliasChange
		var owner privacy.SubjectID
		if t.Shared != nil {
			shares, owner = &t.Shared.Address, t.Shared.Owner
		}
		after = w.subjects.Create(tx, t.Subject, t.Learns, shares, owner, t.After, t.ExpiresAt)
		if t.Shared != nil {
			identities.AddChange(tx, w.requests, t.Shared.Change)
			tx.Audit(w.ledger, t.Shared.Entry, t.Shared.Until)
		}
	case intake.ChangeState:
		var shares []subject.Alias
		if !t.ExpiresAt.Equal(t.Before.ExpiresAt) {
			if shares, err = w.subjects.Shares(ctx, t.Before); err != nil {
				return after, err
			}
		}
		after = w.subjects.Change(tx, t.Subject, t.Before, t.After, t.ExpiresAt, subjects.Also{Learns: t.Learns, Shares: shares})
	case intake.SameAccounts:
		after = w.subjects.Touch(tx, t.Subject, t.Before)
	case intake.SameState:
		w.subjects.Same(tx, t.Subject, t.Before.Version)
	case intake.NoChange:
	}
	if t.Walk != nil {
		tx.Put(w.walkTask(t, after.Version))
	}
	return after, nil
}

// put returns the write of a record.
func (w *Writer) put(t intake.Transaction, p intake.Put, version int64) types.Put {
	now := w.Now()
	item := newItem(t.Subject, p, now)
	if p.Versioned {
		item[asOf] = dynamo.Number(version)
	}
	put := types.Put{
		TableName:                           aws.String(w.Table),
		Item:                                item,
		ConditionExpression:                 aws.String(nothing),
		ExpressionAttributeValues:           dynamo.Item{":now": dynamo.Seconds(now)},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if !p.OnlyNew {
		put.ConditionExpression, put.ExpressionAttributeNames = aws.String(newer), map[string]string{"#hash": hash}
		put.ExpressionAttributeValues[":at"], put.ExpressionAttributeValues[":hash"] = item[occurredAt], item[hash]
	}
	return put
}
