package enginetest

import (
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestDynamoDBCreatesTheTemplatesTables(t *testing.T) {
	tables := DynamoDB(t)
	for _, id := range []string{"ConsentsTable", "SubjectsTable", "RecordsTable", "RequestsTable", "LedgerTable", "NoticesTable"} {
		out, err := tables.Client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(tables.Name(id))})
		if err != nil {
			t.Fatal(err)
		}
		if out.Table.TableStatus != types.TableStatusActive {
			t.Errorf("%s is %s", id, out.Table.TableStatus)
		}
	}
}

func TestEveryTestHasTablesOfItsOwn(t *testing.T) {
	one, two := DynamoDB(t), DynamoDB(t)
	if one.Name("ConsentsTable") == two.Name("ConsentsTable") {
		t.Error("two tests share a table")
	}
}

// When a test moves its clock, TTL deletes what has expired by then, in the runs in which TTL deletes first.
func TestTTLFollowsTheClock(t *testing.T) {
	BothTTLs(t, func(t *testing.T) {
		tables := DynamoDB(t)
		name, clock := aws.String(tables.Name("LedgerTable")), tables.Clock(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
		key := map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: "a"}, "SK": &types.AttributeValueMemberS{Value: "b"}}
		item := maps.Clone(key)
		item["expiresAt"] = &types.AttributeValueMemberN{Value: strconv.FormatInt(clock.Now().Unix()+2, 10)}
		if _, err := tables.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: name, Item: item}); err != nil {
			t.Fatal(err)
		}
		for second, want := range []bool{true, !tables.TTLFirst()} {
			clock.Advance(time.Second)
			out, err := tables.Client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: name, Key: key, ConsistentRead: aws.Bool(true)})
			if err != nil || (len(out.Item) > 0) != want {
				t.Errorf("after second %d: %v, %v", second+1, out, err)
			}
		}
	})
}
