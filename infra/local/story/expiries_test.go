package story

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
)

// engine returns a client of the DynamoDB that the service runs on, and the names of its tables.
func (s *service) engine(t *testing.T) (*dynamodb.Client, []string) {
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
	return client, tables.TableNames
}

// expiries checks that DynamoDB's TTL would act on every expiry that the story has left in any table (fault F10).
func (s *service) expiries(t *testing.T) {
	t.Helper()
	client, tables := s.engine(t)
	for _, name := range tables {
		wrong, err := enginetest.WrongExpiries(t.Context(), client, name)
		if err != nil || len(wrong) > 0 {
			t.Errorf("%s: %d expiries that TTL would ignore, %v", name, len(wrong), err)
		}
	}
}

// expire moves the expiry of the one record with the sort key, which must be in the future, to a second ago. A test cannot move the
// clock of the real binaries. If it waited for the expiry instead, its earlier steps would have to finish before that.
func (s *service) expire(t *testing.T, sk string) {
	t.Helper()
	client, tables := s.engine(t)
	i := slices.IndexFunc(tables, func(name string) bool { return strings.Contains(name, "Records") })
	if i < 0 {
		t.Fatalf("no table of records among %q", tables)
	}
	now := time.Now()
	var found []dynamo.Item
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &tables[i], ConsistentRead: aws.Bool(true),
		FilterExpression:          aws.String("SK = :sk AND expiresAt > :now"),
		ExpressionAttributeValues: dynamo.Item{":sk": dynamo.String(sk), ":now": dynamo.Seconds(now.Add(time.Hour))}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, page.Items...)
	}
	if len(found) != 1 {
		t.Fatalf("%d records %s whose end lies ahead", len(found), sk)
	}
	_, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: &tables[i], Key: dynamo.Key(dynamo.Text(found[0], dynamo.PK), sk), UpdateExpression: aws.String("SET expiresAt = :past"),
		ExpressionAttributeValues: dynamo.Item{":past": dynamo.Seconds(now.Add(-time.Second))},
	})
	if err != nil {
		t.Fatal(err)
	}
}
