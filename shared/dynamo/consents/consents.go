// Package consents is the store of the Consents table: an append-only log of versions per data subject.
package consents

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Store implements consent.Log.
type Store struct {
	Client *dynamodb.Client
	Table  string
}

// Append stores a version that does not exist yet. When it exists as the same act, the answer to an earlier try was
// lost and all is well (fault F01): the refusal carries the item, so no further read is needed.
func (s *Store) Append(ctx context.Context, r consent.Record) error {
	_, err := s.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                           &s.Table,
		Item:                                item(r),
		ConditionExpression:                 aws.String("attribute_not_exists(PK)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if existing, failed := dynamo.ConditionFailed(err); failed {
		if dynamo.Text(existing, "op") == r.Operation {
			return nil
		}
		return consent.ErrTaken
	}
	return err
}

// Newest reads the newest version with one consistent query of one item.
func (s *Store) Newest(ctx context.Context, subject string) (consent.Record, error) {
	out, err := s.Client.Query(ctx, s.query(subject, 1, nil))
	if err != nil || len(out.Items) == 0 {
		return consent.Record{}, err
	}
	return parse(out.Items[0])
}

// History yields every version that is still kept, newest first.
func (s *Store) History(ctx context.Context, subject string, now time.Time) iter.Seq2[consent.Record, error] {
	return func(yield func(consent.Record, error) bool) {
		var start dynamo.Item
		for {
			out, err := s.Client.Query(ctx, s.query(subject, 100, start))
			if err != nil {
				yield(consent.Record{}, err)
				return
			}
			for _, it := range out.Items {
				if dynamo.Expired(it, now) {
					continue
				}
				if record, err := parse(it); !yield(record, err) {
					return
				}
			}
			if start = out.LastEvaluatedKey; start == nil {
				return
			}
		}
	}
}

func (s *Store) query(subject string, limit int32, start dynamo.Item) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		TableName:                 &s.Table,
		KeyConditionExpression:    aws.String("PK = :s"),
		ExpressionAttributeValues: dynamo.Item{":s": dynamo.String(subject)},
		ScanIndexForward:          aws.Bool(false),
		ConsistentRead:            aws.Bool(true),
		Limit:                     &limit,
		ExclusiveStartKey:         start,
	}
}

// item lays a record out. Attribute names are short because they are stored, and paid for, with every decision.
func item(r consent.Record) dynamo.Item {
	decisions := make(dynamo.Item, len(r.Decisions))
	for purpose, d := range r.Decisions {
		decisions[string(purpose)] = &types.AttributeValueMemberM{Value: dynamo.Item{
			"s": dynamo.String(string(d.State)), "at": dynamo.Seconds(d.DecidedAt), "exp": dynamo.Seconds(d.ExpiresAt),
		}}
	}
	return dynamo.Item{
		dynamo.PK: dynamo.String(r.Subject), dynamo.SK: dynamo.String(fmt.Sprintf("%010d", r.Version)),
		"op": dynamo.String(r.Operation), "pv": dynamo.String(r.PolicyVersion), "lang": dynamo.String(r.Language),
		"surface": dynamo.String(r.Surface), "gpc": &types.AttributeValueMemberBOOL{Value: r.GPC},
		"at": dynamo.Seconds(r.RecordedAt), "d": &types.AttributeValueMemberM{Value: decisions},
		dynamo.ExpiresAt: dynamo.Seconds(r.ExpiresAt),
	}
}

func parse(it dynamo.Item) (consent.Record, error) {
	version, err := strconv.Atoi(dynamo.Text(it, dynamo.SK))
	if err != nil {
		return consent.Record{}, fmt.Errorf("consents: version: %w", err)
	}
	r := consent.Record{
		Subject: dynamo.Text(it, dynamo.PK), Version: version, Operation: dynamo.Text(it, "op"),
		PolicyVersion: dynamo.Text(it, "pv"), Language: dynamo.Text(it, "lang"), Surface: dynamo.Text(it, "surface"),
		RecordedAt: dynamo.Time(it, "at"), ExpiresAt: dynamo.Time(it, dynamo.ExpiresAt),
		Decisions: map[privacy.Purpose]consent.Decision{},
	}
	if gpc, ok := it["gpc"].(*types.AttributeValueMemberBOOL); ok {
		r.GPC = gpc.Value
	}
	if m, ok := it["d"].(*types.AttributeValueMemberM); ok {
		for purpose, value := range m.Value {
			if d, ok := value.(*types.AttributeValueMemberM); ok {
				r.Decisions[privacy.Purpose(purpose)] = consent.Decision{
					State:     consent.State(dynamo.Text(d.Value, "s")),
					DecidedAt: dynamo.Time(d.Value, "at"), ExpiresAt: dynamo.Time(d.Value, "exp"),
				}
			}
		}
	}
	return r, nil
}
