package engine

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

func TestDynamoDBLocalServesWhereDynoxideIsMissing(t *testing.T) {
	if _, err := os.Stat(filepath.Join(Root(), ".local/dynamodb-local/lib")); err != nil {
		t.Skip("DynamoDB Local is not fetched here; a machine without dynoxide fetches it at its first start")
	}
	port, err := freePort()
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
