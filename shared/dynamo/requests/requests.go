// Package requests stores the files of rights requests, and the entries under an address, in the Requests table.
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
	skRequest = "REQUEST"
	skExport  = "EXPORT#"
	skEvent   = "EVENT#"
	skTask    = "TASK#"
	skErasure = "ERASURE"
)

// Store implements [request.Register], export.Listings and gather.Requests.
type Store struct {
	Client *dynamodb.Client
	Table  string
	Ledger string                            // name of LedgerTable, where acts of staff are recorded; empty in functions, which do no such acts
	Terms  func(version string) policy.Terms // the terms of any published policy version: policy.TermsOf
	Now    func() time.Time
}

// PK returns the partition key of a request's file.
func PK(id string) string { return "r#" + id }

// mostReads is how often a file is read while changes of it are being stored.
const mostReads = 10

// Load reads a whole file with one consistent query, or more for a file beyond 1 MB. It returns [request.ErrUnknown] if there is none. DynamoDB
// does not isolate a query from a transaction: the query can return the request after the change and the events before it. Load reads again
// then, and returns [request.ErrChanged] if that does not end.
func (s *Store) Load(ctx context.Context, id string) (request.File, error) {
	for range mostReads {
		stored, err := s.partition(ctx, PK(id))
		if err != nil {
			return request.File{}, err
		}
		var file request.File
		for _, one := range stored {
			item, err := parse(id, one)
			if err != nil {
				return request.File{}, err
			}
			if item != nil {
				item.AddTo(&file)
			}
		}
		if file.Request.ID == "" {
			return request.File{}, request.ErrUnknown
		}
		if !file.MissesEvents() {
			file.Request.Terms = s.Terms(file.Request.PolicyVersion)
			return file, nil
		}
	}
	return request.File{}, request.ErrChanged
}

// partition reads all items under a partition key consistently, except those whose retention has ended.
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
