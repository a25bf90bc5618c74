// Package copies copies the items of tables, as point-in-time recovery does on AWS. A restore is tried on such copies.
package copies

import (
	"context"
	"encoding/gob"
	"io"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
)

// Restored is what the name of the copy of a table ends with.
const Restored = "-restored"

// Tables are the logical ids of the tables that a backup has: all but LedgerTable, in which is noted what has to be done again after a restore.
var Tables = [...]string{"RecordsTable", "SubjectsTable", "RequestsTable", "ConsentsTable", "NoticesTable"}

// Read returns all items of a table.
func Read(ctx context.Context, client *dynamodb.Client, table string) (items []dynamo.Item, err error) {
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
	}
	return items, nil
}

// Replace lets a table have exactly these items. It leaves alone those that it has already.
func Replace(ctx context.Context, client *dynamodb.Client, table string, items []dynamo.Item) error {
	old, err := Read(ctx, client, table)
	if err != nil {
		return err
	}
	has := make(map[[2]string]dynamo.Item, len(old))
	for _, item := range old {
		has[keyOf(item)] = item
	}
	for _, item := range items {
		same := reflect.DeepEqual(has[keyOf(item)], item)
		delete(has, keyOf(item))
		if same {
			continue
		}
		if _, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: item}); err != nil {
			return err
		}
	}
	for key := range has {
		if _, err := client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &table, Key: dynamo.Key(key[0], key[1])}); err != nil {
			return err
		}
	}
	return nil
}

func keyOf(item dynamo.Item) [2]string {
	return [2]string{dynamo.Text(item, dynamo.PK), dynamo.Text(item, dynamo.SK)}
}

func init() {
	for _, value := range []types.AttributeValue{&types.AttributeValueMemberB{}, &types.AttributeValueMemberBOOL{}, &types.AttributeValueMemberBS{},
		&types.AttributeValueMemberL{}, &types.AttributeValueMemberM{}, &types.AttributeValueMemberN{}, &types.AttributeValueMemberNS{},
		&types.AttributeValueMemberNULL{}, &types.AttributeValueMemberS{}, &types.AttributeValueMemberSS{}} {
		gob.Register(value)
	}
}

// Encode writes items in a form that only [Decode] reads.
func Encode(to io.Writer, items []dynamo.Item) error { return gob.NewEncoder(to).Encode(items) }

// Decode reads items.
func Decode(from io.Reader) (items []dynamo.Item, err error) {
	err = gob.NewDecoder(from).Decode(&items)
	return items, err
}
