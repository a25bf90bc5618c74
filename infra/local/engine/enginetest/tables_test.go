package enginetest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
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
