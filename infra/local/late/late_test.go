package late_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
)

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// TestReadsAreLate uses every kind of write and every kind of read.
func TestReadsAreLate(t *testing.T) {
	tables := enginetest.Late(t)
	name := aws.String(tables.Name("RecordsTable"))
	item := func(pk string) map[string]types.AttributeValue {
		return map[string]types.AttributeValue{"PK": text(pk), "SK": text("x"), "due": text("d"), "expiresAt": &types.AttributeValueMemberN{Value: "4102444800"}}
	}
	seen := func(consistent bool) (got, query, index int) {
		t.Helper()
		batch := types.KeysAndAttributes{ConsistentRead: &consistent}
		for _, pk := range []string{"a", "b", "c"} {
			one, err := tables.Client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: name, ConsistentRead: &consistent,
				Key: map[string]types.AttributeValue{"PK": text(pk), "SK": text("x")}})
			if err != nil {
				t.Fatal(err)
			}
			page, err := tables.Client.Query(t.Context(), &dynamodb.QueryInput{TableName: name, ConsistentRead: &consistent,
				KeyConditionExpression: aws.String("PK = :p"), ExpressionAttributeValues: map[string]types.AttributeValue{":p": text(pk)}})
			if err != nil {
				t.Fatal(err)
			}
			got, query = got+min(len(one.Item), 1), query+len(page.Items)
			batch.Keys = append(batch.Keys, map[string]types.AttributeValue{"PK": text(pk), "SK": text("x")})
		}
		many, err := tables.Client.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{*name: batch}})
		if err != nil || len(many.Responses[*name]) != got {
			t.Errorf("consistent %v: %d read one by one, %d together, %v", consistent, got, len(many.Responses[*name]), err)
		}
		page, err := tables.Client.Query(t.Context(), &dynamodb.QueryInput{TableName: name, IndexName: aws.String("due"),
			KeyConditionExpression: aws.String("due = :d"), ExpressionAttributeValues: map[string]types.AttributeValue{":d": text("d")}})
		if err != nil {
			t.Fatal(err)
		}
		return got, query, len(page.Items)
	}
	expect := func(when string, consistent bool, wantRead, wantIndex int) {
		t.Helper()
		if got, query, index := seen(consistent); got != wantRead || query != wantRead || index != wantIndex {
			t.Errorf("%s, consistent %v: %d read, %d queried, %d in the index", when, consistent, got, query, index)
		}
	}
	do := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(tables.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: name, Item: item("a")}))
	do(tables.Client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{
		TransactItems: []types.TransactWriteItem{{Put: &types.Put{TableName: name, Item: item("b")}}}}))
	do(tables.Client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{
		*name: {{PutRequest: &types.PutRequest{Item: item("c")}}}}}))
	expect("at once", true, 3, 0)
	expect("at once", false, 0, 0)
	tables.Settle()
	expect("later", false, 3, 3)

	do(tables.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{TableName: name, UpdateExpression: aws.String("REMOVE due"),
		Key: map[string]types.AttributeValue{"PK": text("a"), "SK": text("x")}}))
	do(tables.Client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: name,
		Key: map[string]types.AttributeValue{"PK": text("b"), "SK": text("x")}}))
	expect("at once", true, 2, 3)
	expect("at once", false, 3, 3)
	tables.Settle()
	expect("later", false, 2, 1)
}
