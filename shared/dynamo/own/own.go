// Package own reads the tables in which the service keeps its own data, for the retention report. It reads only the keys and
// expiries of the items, and whether an alias stands for anybody.
package own

import (
	"context"
	"iter"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// Store implements retention.Own. It only reads.
type Store struct {
	Client                                        *dynamodb.Client
	Consents, Subjects, Requests, Ledger, Notices string // names of the tables
}

// Pages scans a table in pages of at most 1 MB, which is DynamoDB's own limit. A page costs up to 128 read units. An eventually
// consistent read costs half a unit per 4 KB of stored items, even if only a part of each item is returned.
func (s *Store) Pages(ctx context.Context, table string, from retention.Position) iter.Seq2[retention.Page, error] {
	in := &dynamodb.ScanInput{
		TableName: aws.String(map[string]string{
			consents: s.Consents, subjects: s.Subjects, requests: s.Requests, ledger: s.Ledger, notices: s.Notices}[table]),
		ProjectionExpression: aws.String("PK, SK, expiresAt, sids"),
	}
	if from != (retention.Position{}) {
		in.ExclusiveStartKey = dynamo.Key(from.PK, from.SK)
	}
	return func(yield func(retention.Page, error) bool) {
		for {
			out, err := s.Client.Scan(ctx, in)
			if err != nil {
				yield(retention.Page{}, err)
				return
			}
			page := retention.Page{Last: len(out.LastEvaluatedKey) == 0}
			page.Next = retention.Position{PK: dynamo.Text(out.LastEvaluatedKey, dynamo.PK), SK: dynamo.Text(out.LastEvaluatedKey, dynamo.SK)}
			for _, item := range out.Items {
				page.Items = append(page.Items, parse(table, item))
			}
			if !yield(page, nil) || page.Last {
				return
			}
			in.ExclusiveStartKey = out.LastEvaluatedKey
		}
	}
}

func parse(table string, it dynamo.Item) retention.OwnItem {
	item := retention.OwnItem{PK: dynamo.Text(it, dynamo.PK), SK: dynamo.Text(it, dynamo.SK)}
	item.Kind = kindOf(table, item.PK, item.SK, it["sids"] == nil)
	if value, there := it[dynamo.ExpiresAt]; there {
		item.ExpiresAt, item.Unreadable = expiry(value)
	}
	return item
}

// expiry reads an expiry attribute. It reports as unreadable what TTL would ignore or take for a time in the far future: a type
// other than a number, or a number outside the epoch seconds of the years 2001 to 2286, such as milliseconds (fault F10).
func expiry(value types.AttributeValue) (at time.Time, unreadable bool) {
	n, ok := value.(*types.AttributeValueMemberN)
	if !ok {
		return time.Time{}, true
	}
	seconds, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil || seconds < 1e9 || seconds > 9_999_999_999 {
		return time.Time{}, true
	}
	return time.Unix(seconds, 0).UTC(), false
}
