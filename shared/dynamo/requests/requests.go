// Package requests is the store of the Requests table: the files of rights requests and the work that is due.
package requests

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

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
)

// Store implements request.Register.
type Store struct {
	Client *dynamodb.Client
	Table  string
	Terms  func(version string) policy.Terms // of every version ever published: policy.TermsOf
	Now    func() time.Time
}

// PK returns the partition key of a request's file.
func PK(id string) string { return "r#" + id }

// ParsePK returns the request's id of a partition key; ok is false for other keys.
func ParsePK(pk string) (id string, ok bool) { return strings.CutPrefix(pk, "r#") }

// ParseExport returns the attempt of an export's sort key; ok is false for other keys.
func ParseExport(sk string) (attempt int, ok bool) {
	n, found := strings.CutPrefix(sk, skExport)
	attempt, err := strconv.Atoi(n)
	return attempt, found && err == nil
}

// Load reads a whole file with one consistent query (more pages only for a file beyond 1 MB).
func (s *Store) Load(ctx context.Context, id string) (request.File, error) {
	items, err := s.partition(ctx, PK(id))
	if err != nil {
		return request.File{}, err
	}
	var file request.File
	for _, item := range items {
		add(&file, id, item)
	}
	if file.Request.ID == "" {
		return request.File{}, request.ErrUnknown
	}
	file.Request.Terms = s.Terms(file.Request.PolicyVersion)
	slices.SortFunc(file.Events, func(a, b request.Event) int { return a.N - b.N })
	slices.SortFunc(file.Exports, func(a, b request.Export) int { return a.Attempt - b.Attempt })
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

// Save writes a change: one conditional PutItem, or one transaction where several items change together. A write that an earlier, lost
// answer already made is recognised by the idempotency token of a transaction, or by the item it left (fault F01).
func (s *Store) Save(ctx context.Context, id string, change request.Change) error {
	puts := s.puts(id, change)
	if len(puts) == 1 {
		return moved(change, s.put(ctx, puts[0]))
	}
	items := make([]types.TransactWriteItem, len(puts))
	for i := range puts {
		items[i] = types.TransactWriteItem{Put: &puts[i]}
	}
	_, err := s.Client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items})
	if dynamo.Conflict(err) {
		return request.ErrChanged
	}
	return moved(change, err)
}

// moved carries the new version into the request that the caller holds, so that it can go on from there.
func moved(change request.Change, err error) error {
	if err == nil && change.Request != nil {
		change.Request.Version++
	}
	return err
}

func (s *Store) put(ctx context.Context, put types.Put) error {
	_, err := s.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: put.TableName, Item: put.Item, ConditionExpression: put.ConditionExpression,
		ExpressionAttributeValues:           put.ExpressionAttributeValues,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if existing, failed := dynamo.ConditionFailed(err); failed {
		if dynamo.Text(existing, "op") == dynamo.Text(put.Item, "op") {
			return nil // our own write, whose answer was lost
		}
		return request.ErrChanged
	}
	if dynamo.Conflict(err) {
		return request.ErrChanged
	}
	return err
}

// puts lays a change out as whole items, each conditional on the version it replaces.
func (s *Store) puts(id string, change request.Change) []types.Put {
	var puts []types.Put
	if r := change.Request; r != nil {
		r.Terms = s.Terms(r.PolicyVersion) // the version decides, whoever made the request
		if change.Event != "" {
			r.Events++
			puts = append(puts, s.conditional(eventItem(*r, change), 0))
		}
		puts = append(puts, s.conditional(requestItem(*r), r.Version))
		if change.List {
			puts = append(puts, s.entry(r.Mailbox, skListed+r.ID, r.Terms.Entry.After(r.ReceivedAt)))
		}
	}
	if c := change.Challenge; c != nil {
		puts = append(puts, s.conditional(challengeItem(id, *c), c.Version))
	}
	for _, e := range change.Exports {
		puts = append(puts, s.conditional(exportItem(e), e.Version))
	}
	return puts
}

func (s *Store) conditional(item dynamo.Item, version int) types.Put {
	put := types.Put{TableName: &s.Table, Item: item, ConditionExpression: aws.String("attribute_not_exists(PK) OR expiresAt <= :now"), // which TTL may have left
		ExpressionAttributeValues: dynamo.Item{":now": dynamo.Seconds(s.Now())}}
	if version > 0 {
		put.ConditionExpression = aws.String("v = :v")
		put.ExpressionAttributeValues = dynamo.Item{":v": dynamo.Number(int64(version))}
	}
	item["v"] = dynamo.Number(int64(version) + 1)
	item["op"] = dynamo.String(operation())
	return put
}

// Due asks the index what is due. The index may lag; whoever does the work decides from the table (fault F14). Each minute another
// shard comes first, so that steps which are slow to fail cannot keep the others waiting for good (fault F19).
func (s *Store) Due(ctx context.Context, now time.Time) ([]request.Reference, error) {
	var due []request.Reference
	first := int(now.Unix() / 60 % dynamo.WorkShards)
	for i := range dynamo.WorkShards {
		shard := (first + i) % dynamo.WorkShards
		pages := dynamodb.NewQueryPaginator(s.Client, &dynamodb.QueryInput{
			TableName: &s.Table, IndexName: aws.String("work"),
			KeyConditionExpression: aws.String("#w = :w AND nextAt <= :now"),
			ExpressionAttributeNames: map[string]string{
				"#w": dynamo.Work,
			},
			ExpressionAttributeValues: dynamo.Item{":w": dynamo.String("w#" + strconv.Itoa(shard)), ":now": dynamo.Seconds(now)},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return due, err
			}
			for _, item := range page.Items {
				due = append(due, request.Reference{PK: dynamo.Text(item, dynamo.PK), SK: dynamo.Text(item, dynamo.SK)})
			}
		}
	}
	return due, nil
}
