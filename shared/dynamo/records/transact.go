package records

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/retention"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// newer lets a record replace what is stored: nothing, something expired, something older, or other content of the same
// time. An old record sent again undoes nothing.
const newer = "attribute_not_exists(PK) OR expiresAt <= :now OR occurredAt < :at OR (occurredAt = :at AND #hash <> :hash)"

func newerValues(item dynamo.Item, now time.Time) dynamo.Item {
	return dynamo.Item{":now": dynamo.Seconds(now), ":at": item[occurredAt], ":hash": item[hash]}
}

// putAlone writes a record that leaves its subject's state as it is, with one conditional write. If the answer to that
// write was lost and the SDK sent it again, the refusal meets our own item: the operation id tells (fault F01).
func (w *Writer) putAlone(ctx context.Context, sid privacy.SubjectID, r record.Record, expires time.Time) (Result, bool, error) {
	now := w.Now()
	item, err := newItem(sid, r, now, expires)
	if err != nil {
		return Result{}, false, err
	}
	id := uuid.New()
	item[operation] = dynamo.Bytes(id[:])
	_, err = w.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                           aws.String(w.Table),
		Item:                                item,
		ConditionExpression:                 aws.String(newer),
		ExpressionAttributeNames:            map[string]string{"#hash": hash},
		ExpressionAttributeValues:           newerValues(item, now),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if err == nil {
		return Result{Outcome: record.Kept, ExpiresAt: expires}, false, nil
	}
	if old, refused := dynamo.ConditionFailed(err); refused {
		if bytes.Equal(dynamo.Blob(old, operation), id[:]) {
			return Result{Outcome: record.Kept, ExpiresAt: expires}, false, nil
		}
		return Result{Outcome: record.Unchanged, ExpiresAt: dynamo.Time(old, dynamo.ExpiresAt)}, false, nil
	}
	if underWay(err) {
		return Result{}, true, nil
	}
	return Result{}, false, err
}

// underWay reports whether a single write was refused because a transaction was under way on its item.
func underWay(err error) bool {
	_, conflict := errors.AsType[*types.TransactionConflictException](err)
	return conflict
}

// change is a transition of a subject's state.
type change struct {
	sid     privacy.SubjectID
	next    retention.State
	expires time.Time // of the state and the aliases; zero while something has no end
	created bool      // the subject was not known
	changed bool      // the version grows
	walk    bool      // the expiry of stored account data moves
}

// change decides what becomes of the state. force makes the version grow in any case, so that of two writers who both
// read the account records only one succeeds.
func (s *Session) change(next retention.State, force bool) change {
	c := change{sid: s.sid, next: next, changed: force || next != s.state.State, expires: s.state.ExpiresAt}
	if s.sid == "" {
		c.sid, c.created = subject.NewID(), true
	}
	before, hadEnd := retention.AccountData(s.w.account, s.state.State)
	after, hasEnd := retention.AccountData(s.w.account, next)
	c.walk = !c.created && s.state.AccountData && (hadEnd != hasEnd || !before.Equal(after))
	if !c.changed {
		return c
	}
	if end, ends := next.Ends(s.w.account); ends {
		c.expires = end
		if soonest := s.w.stepEnds(s.w.Now()); c.walk && end.Before(soonest) {
			c.expires = soonest.Truncate(time.Second) // the walk needs the state, so it outlives the step
		}
	} else {
		c.expires = time.Time{}
	}
	return c
}

// writes returns the parts of the transaction that carry out the change.
func (s *Session) writes(c change) []types.TransactWriteItem {
	var writes []types.TransactWriteItem
	switch {
	case c.created:
		writes = s.w.subjects.Create(s.alias, subjects.Alias{Subject: c.sid, Spelling: s.spelling}, c.next, c.expires)
	case c.changed:
		writes = s.w.subjects.Change(c.sid, s.state, c.next, c.expires)
	default:
		writes = append(writes, s.w.subjects.Same(c.sid, s.state.Version))
	}
	if c.walk {
		writes = append(writes, s.w.step(c.sid, s.state.Version+1))
	}
	return writes
}

// putWithState writes a record and its subject's state in one transaction. marked says whether the marketing record that is replaced is
// believed to be in the count of those without a recorded consent.
func (s *Session) putWithState(ctx context.Context, r record.Record, next retention.State, expires, endedAt time.Time, marked bool) (Result, bool, error) {
	now := s.w.Now()
	c := s.change(next, r.Category == privacy.Account)
	item, err := newItem(c.sid, r, now, expires)
	if err != nil {
		return Result{}, false, err
	}
	if r.Category.IsAccountData() {
		item[asOf] = dynamo.Number(s.state.Version)
		if c.changed || c.created {
			item[asOf] = dynamo.Number(s.state.Version + 1)
		}
	}
	if !endedAt.IsZero() {
		item[ended] = dynamo.String(endedAt.Format(time.RFC3339Nano))
	}
	put := &types.Put{
		TableName:                           aws.String(s.w.Table),
		Item:                                item,
		ConditionExpression:                 aws.String(newer),
		ExpressionAttributeNames:            map[string]string{"#hash": hash},
		ExpressionAttributeValues:           newerValues(item, now),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	writes := append([]types.TransactWriteItem{{Put: put}}, s.writes(c)...)
	if isMarketing(r) {
		writes = append(writes, s.w.counting(put, c.sid, next.Marketing, marked)...)
	}
	old, lost, err := s.transact(ctx, writes)
	switch {
	case err != nil || lost:
		return Result{}, lost, err
	case old != nil && isMarketing(r) && isCounted(old) != marked && replaces(old, item, now):
		return s.putWithState(ctx, r, next, expires, endedAt, !marked)
	case old != nil:
		return Result{Outcome: record.Unchanged, ExpiresAt: dynamo.Time(old, dynamo.ExpiresAt)}, false, nil
	}
	s.settle(ctx, c)
	return Result{Outcome: record.Kept, ExpiresAt: expires}, false, nil
}

// commit moves the state alone: an account record whose own retention is over still says that the contract has ended.
// Of a subject who is not known nothing is stored; the session remembers it for the lines that follow.
func (s *Session) commit(ctx context.Context, next retention.State) (lost bool, err error) {
	if s.sid == "" {
		s.state.State = next
		return false, nil
	}
	c := s.change(next, true)
	if _, lost, err = s.transact(ctx, s.writes(c)); err == nil && !lost {
		s.settle(ctx, c)
	}
	return lost, err
}

// transact carries out a transaction; the SDK's token makes a repetition of it harmless (fault F01). If its first write
// is a record that was refused, the stored item is returned; any other refusal is a lost race.
func (s *Session) transact(ctx context.Context, writes []types.TransactWriteItem) (old dynamo.Item, lost bool, err error) {
	_, err = s.w.Client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
	if err == nil {
		return nil, false, nil
	}
	reasons := dynamo.Cancelled(err)
	if len(reasons) == 0 {
		return nil, false, err
	}
	code := func(r types.CancellationReason) string { return aws.ToString(r.Code) }
	if writes[0].Put != nil && code(reasons[0]) == "ConditionalCheckFailed" {
		if old = reasons[0].Item; old == nil {
			old = dynamo.Item{}
		}
		return old, false, nil
	}
	if slices.ContainsFunc(reasons, func(r types.CancellationReason) bool { return code(r) == "ValidationError" }) {
		return nil, false, err
	}
	return nil, true, nil
}
