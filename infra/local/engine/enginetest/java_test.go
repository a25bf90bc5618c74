package enginetest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
)

func TestDynamoDBLocalServesWhereDynoxideIsMissing(t *testing.T) {
	if !javaHere() {
		t.Skip("DynamoDB Local is not fetched here; a machine without dynoxide fetches it at its first start")
	}
	e, err := engine.StartDynamoDBLocal(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	if _, err := e.Client().ListTables(t.Context(), &dynamodb.ListTablesInput{}); err != nil {
		t.Error(err)
	}
}
