package engine

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

func TestDynamoDBCreatesTheTemplatesTables(t *testing.T) {
	tables := DynamoDB(t)
	for _, id := range []string{"ConsentsTable", "SubjectsTable", "RecordsTable", "RequestsTable", "LedgerTable"} {
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

func TestARestartFindsItsData(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	table := sam.Table{LogicalID: "Things", PK: "PK", SK: "SK", TTL: "expiresAt", StreamView: "NEW_IMAGE",
		Attributes: map[string]string{"PK": "S", "SK": "S"}}
	key := map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: "a"}, "SK": &types.AttributeValueMemberS{Value: "b"}}
	first, err := Start(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := Create(ctx, first.Client(), table, "Things"); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Client().PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("Things"), Item: key}); err != nil {
		t.Fatal(err)
	}
	first.Stop()
	second, err := Start(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Stop()
	if err := Create(ctx, second.Client(), table, "Things"); err != nil {
		t.Errorf("a table that is there: %v", err)
	}
	out, err := second.Client().GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("Things"), Key: key})
	if err != nil || len(out.Item) != 2 {
		t.Errorf("after a restart: %v, %v", out, err)
	}
}
