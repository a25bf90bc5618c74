// Package consents is the store of the Consents table: an append-only log of versions per data subject.
package consents

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Store implements [consent.Log].
type Store struct {
	Client *dynamodb.Client
	Table  string
	// RestoredAt is the time of the backup from which the table was last restored; zero if it never was ([consent.Record.AfterRestore]).
	RestoredAt time.Time
}

// isNew is the condition under which a version is stored.
var isNew = "attribute_not_exists(PK)"

// Append stores a new version. It returns [consent.ErrTaken] if the version exists.
func (s *Store) Append(ctx context.Context, r consent.Record) error {
	_, err := s.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &s.Table, Item: item(r), ConditionExpression: &isNew,
	})
	if dynamo.Conflict(err) {
		return consent.ErrTaken
	}
	return err
}

// Newest reads the newest version with one consistent query of one item. It returns the zero Record if there is none.
func (s *Store) Newest(ctx context.Context, subject string) (consent.Record, error) {
	out, err := s.Client.Query(ctx, s.query(subject, 1, nil))
	if err != nil || len(out.Items) == 0 {
		return consent.Record{}, err
	}
	newest, err := parse(out.Items[0])
	return newest.AfterRestore(s.RestoredAt), err
}

// Has reports whether one of the versions from first to last records the operation. The query only counts: DynamoDB reads the versions,
// about 16 for a read unit, and sends none of them.
func (s *Store) Has(ctx context.Context, subject, operation string, first, last int) (bool, error) {
	q := s.query(subject, 1000, nil)
	q.Select = types.SelectCount
	q.KeyConditionExpression, q.FilterExpression = aws.String("PK = :s AND SK BETWEEN :first AND :last"), aws.String("op = :op")
	q.ExpressionAttributeValues[":first"], q.ExpressionAttributeValues[":last"] = dynamo.String(sortKey(first)), dynamo.String(sortKey(last))
	q.ExpressionAttributeValues[":op"] = dynamo.String(operation)
	for {
		out, err := s.Client.Query(ctx, q)
		if err != nil || out.Count > 0 {
			return err == nil, err
		}
		if q.ExclusiveStartKey = out.LastEvaluatedKey; q.ExclusiveStartKey == nil {
			return false, nil
		}
	}
}

// Version reads one version consistently. It returns the zero Record if there is none, or if its retention has ended.
func (s *Store) Version(ctx context.Context, subject string, version int, now time.Time) (consent.Record, error) {
	out, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &s.Table, Key: dynamo.Key(subject, sortKey(version)), ConsistentRead: aws.Bool(true),
	})
	if err != nil || out.Item == nil || dynamo.Expired(out.Item, now) {
		return consent.Record{}, err
	}
	return parse(out.Item)
}

// History yields every version whose retention has not ended, newest first.
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

// item returns the item of a record. A decision is one string, `<state> <decidedAt> <expiresAt>`, with times in epoch seconds. It and the
// attribute names are short, because we pay for them with every record. Opt-outs have an attribute of their own, the names of their purposes, so that
// a release that does not know them still reads the decisions.
func item(r consent.Record) dynamo.Item {
	decisions, optOuts := make(dynamo.Item, len(r.Decisions)), []string(nil)
	for purpose, d := range r.Decisions {
		if d.OptOut {
			optOuts = append(optOuts, string(purpose))
		}
		b := make([]byte, 0, 32)
		b = append(append(b, d.State...), ' ')
		b = append(strconv.AppendInt(b, d.DecidedAt.Unix(), 10), ' ')
		decisions[string(purpose)] = dynamo.String(string(strconv.AppendInt(b, d.ExpiresAt.Unix(), 10)))
	}
	it := dynamo.Item{
		dynamo.PK: dynamo.String(r.Subject), dynamo.SK: dynamo.String(sortKey(r.Version)), dynamo.ExpiresAt: dynamo.Seconds(r.ExpiresAt),
		"op": dynamo.String(r.Operation), "at": dynamo.Seconds(r.RecordedAt),
		"pv": dynamo.String(r.PolicyVersion), "lang": dynamo.String(r.Language), "surface": dynamo.String(r.Surface),
		"gpc": &types.AttributeValueMemberBOOL{Value: r.GPC}, "d": &types.AttributeValueMemberM{Value: decisions},
	}
	if len(r.Earlier) > 0 {
		it["ops"] = dynamo.String(strings.Join(r.Earlier, " "))
	}
	if len(optOuts) > 0 {
		slices.Sort(optOuts)
		it["out"] = dynamo.String(strings.Join(optOuts, " "))
	}
	return it
}

// sortKey pads the version with zeros, so that keys sort like numbers.
func sortKey(version int) string {
	n := strconv.Itoa(version)
	return "0000000000"[len(n):] + n
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
	if ops := dynamo.Text(it, "ops"); ops != "" {
		r.Earlier = strings.Fields(ops)
	}
	if gpc, ok := it["gpc"].(*types.AttributeValueMemberBOOL); ok {
		r.GPC = gpc.Value
	}
	optOuts := strings.Fields(dynamo.Text(it, "out"))
	if m, ok := it["d"].(*types.AttributeValueMemberM); ok {
		for purpose, value := range m.Value {
			if d, ok := value.(*types.AttributeValueMemberS); ok {
				decision, err := parseDecision(d.Value)
				if err != nil {
					return consent.Record{}, err
				}
				decision.OptOut = slices.Contains(optOuts, purpose)
				r.Decisions[privacy.Purpose(purpose)] = decision
			}
		}
	}
	return r, nil
}

func parseDecision(s string) (consent.Decision, error) {
	parts := strings.Fields(s)
	if len(parts) != 3 {
		return consent.Decision{}, errors.New("consents: a decision is not <state> <decidedAt> <expiresAt>")
	}
	decided, err := strconv.ParseInt(parts[1], 10, 64)
	expires, err2 := strconv.ParseInt(parts[2], 10, 64)
	return consent.Decision{
		State: consent.State(parts[0]), DecidedAt: time.Unix(decided, 0).UTC(), ExpiresAt: time.Unix(expires, 0).UTC(),
	}, errors.Join(err, err2)
}
