// Package requests is the store of the Requests table: the files of rights requests, and what is listed under an address.
package requests

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// Sort keys of a file.
const (
	skRequest   = "REQUEST"
	skChallenge = "CHALLENGE#"
	skExport    = "EXPORT#"
	skEvent     = "EVENT#"
	skTask      = "TASK#"
)

// Store implements request.Register, export.Listings and gather.Requests.
type Store struct {
	Client *dynamodb.Client
	Table  string
	Ledger string                            // name of LedgerTable, where acts of staff are recorded; the functions do not act for staff
	Terms  func(version string) policy.Terms // of every version ever published: policy.TermsOf
	Now    func() time.Time
}

// PK returns the partition key of a request's file.
func PK(id string) string { return "r#" + id }

// Load reads a whole file with one consistent query (more pages only for a file beyond 1 MB).
func (s *Store) Load(ctx context.Context, id string) (request.File, error) {
	stored, err := s.partition(ctx, PK(id))
	if err != nil {
		return request.File{}, err
	}
	var file request.File
	for _, one := range stored {
		if item := parse(id, one); item != nil {
			item.AddTo(&file)
		}
	}
	if file.Request.ID == "" {
		return request.File{}, request.ErrUnknown
	}
	file.Request.Terms = s.Terms(file.Request.PolicyVersion)
	return file, nil
}

// partition reads all items under a partition key consistently, but for those whose retention is over.
func (s *Store) partition(ctx context.Context, pk string) ([]dynamo.Item, error) {
	var items []dynamo.Item
	pages := dynamodb.NewQueryPaginator(s.Client, &dynamodb.QueryInput{
		TableName:                 &s.Table,
		KeyConditionExpression:    aws.String("PK = :p"),
		ExpressionAttributeValues: dynamo.Item{":p": dynamo.String(pk)},
		ConsistentRead:            aws.Bool(true),
	})
	now := s.Now()
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			if !dynamo.Expired(item, now) {
				items = append(items, item)
			}
		}
	}
	return items, nil
}
