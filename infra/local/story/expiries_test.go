package story

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
)

// expiries wants every expiry that the story has left in any table to be one that DynamoDB's TTL acts upon (fault F10).
func (s *service) expiries(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.data, "endpoints.json"))
	if err != nil {
		t.Fatal(err)
	}
	var endpoints struct{ DynamoDB string }
	if err := json.Unmarshal(text, &endpoints); err != nil {
		t.Fatal(err)
	}
	client := (&engine.Engine{Endpoint: endpoints.DynamoDB}).Client()
	tables, err := client.ListTables(t.Context(), &dynamodb.ListTablesInput{})
	if err != nil || len(tables.TableNames) < 5 {
		t.Fatalf("%d tables, %v", len(tables.TableNames), err)
	}
	for _, name := range tables.TableNames {
		wrong, err := enginetest.WrongExpiries(t.Context(), client, name)
		if err != nil || len(wrong) > 0 {
			t.Errorf("%s: %d expiries that TTL would ignore, %v", name, len(wrong), err)
		}
	}
}
