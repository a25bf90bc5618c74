package records

import (
	"context"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
)

// Store reads RecordsTable and deletes expired records from it.
type Store struct {
	Client *dynamodb.Client
	Table  string
	Now    func() time.Time
}

// New returns the store of the table.
func New(client *dynamodb.Client, table string, now func() time.Time) *Store {
	return &Store{Client: client, Table: table, Now: now}
}

// Stored yields every stored record of a data subject, by category and then by id. It skips expired records that DynamoDB has not deleted
// yet (fault F09). Reads are consistent, and an empty page does not end them (fault F12). The sequence ends at the first error.
func (s *Store) Stored(ctx context.Context, sid privacy.SubjectID) iter.Seq2[record.OnFile, error] {
	return func(yield func(record.OnFile, error) bool) {
		for item, err := range s.query(ctx, &dynamodb.QueryInput{
			KeyConditionExpression:    aws.String("PK = :pk"),
			ExpressionAttributeValues: dynamo.Item{":pk": dynamo.String(subjectPK(sid))},
			ConsistentRead:            aws.Bool(true),
		}) {
			if err != nil {
				yield(record.OnFile{}, err)
				return
			}
			if dynamo.Expired(item, s.Now()) {
				continue
			}
			stored, err := parse(item)
			if !yield(stored, err) || err != nil {
				return
			}
		}
	}
}

// query yields the items of all pages.
func (s *Store) query(ctx context.Context, in *dynamodb.QueryInput) iter.Seq2[dynamo.Item, error] {
	return func(yield func(dynamo.Item, error) bool) {
		in.TableName = aws.String(s.Table)
		pages := dynamodb.NewQueryPaginator(s.Client, in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// ofCategory yields the items of one category of a subject, expired ones included.
func (s *Store) ofCategory(ctx context.Context, sid privacy.SubjectID, category privacy.Category) iter.Seq2[dynamo.Item, error] {
	return s.query(ctx, &dynamodb.QueryInput{
		KeyConditionExpression: aws.String("PK = :pk AND begins_with(SK, :c)"),
		ExpressionAttributeValues: dynamo.Item{
			":pk": dynamo.String(subjectPK(sid)), ":c": dynamo.String(string(category) + "#")},
		ConsistentRead: aws.Bool(true),
	})
}
