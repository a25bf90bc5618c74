package engine

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

func TestDynamoDBLocalServesWhereDynoxideIsMissing(t *testing.T) {
	if !javaHere() {
		t.Skip("DynamoDB Local is not fetched here; a machine without dynoxide fetches it at its first start")
	}
	port, _, err := freePorts()
	if err != nil {
		t.Fatal(err)
	}
	cmd, err := javaCommand(t.Context(), "", port)
	if err != nil {
		t.Fatal(err)
	}
	e, err := launch(t.Context(), cmd, "DynamoDB Local", port)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	if _, err := e.Client().ListTables(t.Context(), &dynamodb.ListTablesInput{}); err != nil {
		t.Error(err)
	}
}
