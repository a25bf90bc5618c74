package records

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// Eraser erases records. It implements erasure.Records.
type Eraser struct {
	*Store
	policy func(now time.Time) *policy.Policy
}

// NewEraser returns what erases records in the table.
func NewEraser(client *dynamodb.Client, table string, inForce func(now time.Time) *policy.Policy, now func() time.Time) *Eraser {
	return &Eraser{New(client, table, now), inForce}
}

// part is a run of categories that follow each other in a partition. named says that the data of their records is read for the names of its members.
type part struct {
	from  string // the first category; empty for the beginning of the partition
	named bool
}

// parts returns the parts of a partition. Only those categories have their data read of which an erasure drops members, since data is most of what is
// stored. Together the parts have every item, whatever its key.
func (e *Eraser) parts() (all []part) {
	rules := e.policy(e.Now())
	for _, category := range slices.Sorted(slices.Values(privacy.Categories[:])) {
		if !category.HasSubject() {
			continue
		}
		p := part{string(category), len(rules.RetentionFor(category).Erasure.Drops) > 0}
		switch n := len(all); {
		case n == 0:
			all = append(all, part{"", p.named})
		case all[n-1].named != p.named:
			all = append(all, p)
		}
	}
	return all
}

// Held implements erasure.Records, with one query for each part of the partition, or more for a part beyond 1 MB.
func (e *Eraser) Held(ctx context.Context, id privacy.SubjectID) iter.Seq2[retention.Record, error] {
	return func(yield func(retention.Record, error) bool) {
		parts := e.parts()
		for i, p := range parts {
			to := ""
			if i+1 < len(parts) {
				to = parts[i+1].from
			}
			for item, err := range e.query(ctx, p.input(id, to)) {
				var one retention.Record
				if err == nil {
					one, err = erasable(id, item, p.named)
				}
				if !yield(one, err) || err != nil {
					return
				}
			}
		}
	}
}

// input returns the query that reads the part, which ends before the category to. A category alone is no sort key, so none is read twice.
func (p part) input(id privacy.SubjectID, to string) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{
		KeyConditionExpression: aws.String("PK = :pk"), ExpressionAttributeValues: dynamo.Item{":pk": dynamo.String(subjectPK(id))},
		ProjectionExpression: aws.String("SK, expiresAt, otherwise, " + after), ConsistentRead: aws.Bool(true),
	}
	for bound, category := range map[string]string{":from": p.from, ":to": to} {
		if category != "" {
			in.ExpressionAttributeValues[bound] = dynamo.String(category)
		}
	}
	switch {
	case p.from != "" && to != "":
		in.KeyConditionExpression = aws.String("PK = :pk AND SK BETWEEN :from AND :to")
	case p.from != "":
		in.KeyConditionExpression = aws.String("PK = :pk AND SK >= :from")
	case to != "":
		in.KeyConditionExpression = aws.String("PK = :pk AND SK < :to")
	}
	if p.named {
		*in.ProjectionExpression += ", packed, #data"
		in.ExpressionAttributeNames = map[string]string{"#data": data}
	}
	return in
}

// erasable reads what an erasure has to know of a record.
func erasable(id privacy.SubjectID, item dynamo.Item, named bool) (retention.Record, error) {
	category, rest, _ := strings.Cut(dynamo.Text(item, dynamo.SK), "#")
	one := retention.Record{
		Subject: id, Category: privacy.Category(category), ID: rest, After: dynamo.Text(item, after),
		Expiry: retention.Expiry{At: dynamo.Time(item, dynamo.ExpiresAt), Otherwise: dynamo.Time(item, otherwise)},
	}
	if !named {
		return one, nil
	}
	plain, err := plainOf(item)
	if err != nil {
		return one, err
	}
	var members map[string]json.RawMessage
	err = json.Unmarshal(plain, &members)
	one.Members = slices.Sorted(maps.Keys(members))
	return one, err
}

// plainOf returns the data of a record.
func plainOf(item dynamo.Item) ([]byte, error) {
	return unpack(intake.Packed{Bytes: dynamo.Blob(item, data), Compressed: dynamo.Flag(item, packed)})
}

// Delete implements erasure.Records. It has no condition but that: what is covered by the erasure is erased, whatever it says by now.
func (e *Eraser) Delete(ctx context.Context, r retention.Record, id string) error {
	return retried(ctx, func() error {
		_, err := e.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: aws.String(e.Table), Key: recordKey(r.Subject, r.Category, r.ID),
			ConditionExpression:       aws.String("attribute_not_exists(" + after + ") OR " + after + " <> :e"),
			ExpressionAttributeValues: dynamo.Item{":e": dynamo.String(id)},
		})
		return err
	})
}

// Strip implements erasure.Records. The record keeps the hash of what was sent, so that the same data that is sent again changes nothing.
func (e *Eraser) Strip(ctx context.Context, r retention.Record, members []string) error {
	key := recordKey(r.Subject, r.Category, r.ID)
	out, err := e.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(e.Table), Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil || out.Item == nil {
		return err
	}
	plain, err := plainOf(out.Item)
	if err != nil {
		return err
	}
	left, err := record.Without(plain, members...)
	if err != nil {
		return err
	}
	smaller, err := (*Writer)(nil).Pack(left)
	if err != nil {
		return err
	}
	update := &dynamodb.UpdateItemInput{
		TableName: aws.String(e.Table), Key: key, UpdateExpression: aws.String("SET #data = :data REMOVE packed"),
		ConditionExpression:      aws.String("#hash = :hash AND storedAt = :stored AND #data = :was"),
		ExpressionAttributeNames: map[string]string{"#data": data, "#hash": hash},
		ExpressionAttributeValues: dynamo.Item{
			":data": dynamo.Bytes(smaller.Bytes), ":was": out.Item[data], ":hash": out.Item[hash], ":stored": out.Item[storedAt]},
	}
	if smaller.Compressed {
		update.UpdateExpression = aws.String("SET #data = :data, packed = :yes")
		update.ExpressionAttributeValues[":yes"] = &types.AttributeValueMemberBOOL{Value: true}
	}
	return retried(ctx, func() error {
		_, err := e.Client.UpdateItem(ctx, update)
		return err
	})
}

// retried writes one item. If a transaction is under way on it, the write is tried again. A condition that is not met is no error: the record has
// changed, and the next pass sees to it.
func retried(ctx context.Context, write func() error) error {
	return fault.Retry(ctx, func() (lost bool, err error) {
		err = write()
		if _, refused := dynamo.ConditionFailed(err); refused {
			return false, nil
		}
		if _, underWay := errors.AsType[*types.TransactionConflictException](err); underWay {
			return true, nil
		}
		return false, err
	})
}
