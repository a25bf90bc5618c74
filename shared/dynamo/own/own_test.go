package own

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

func TestMain(m *testing.M) { os.Exit(enginetest.EachEngine(m)) }

// TestPagesGoOnWhereTheLookBeforeStopped reads a table of several 1 MB pages in two scans. The item at which the first scan stopped
// is deleted before the second scan, as TTL may do at any time.
func TestPagesGoOnWhereTheLookBeforeStopped(t *testing.T) {
	tables := enginetest.DynamoDB(t)
	s := &Store{Client: tables.Client, Requests: tables.Name("RequestsTable")}
	expires := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	const count = 12
	for i := range count {
		item := dynamo.Key("limit#a#2026-11-23", fmt.Sprintf("file#%02d:00", i))
		item[dynamo.ExpiresAt], item["filler"] = dynamo.Seconds(expires), dynamo.Bytes(make([]byte, 300<<10))
		if _, err := s.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &s.Requests, Item: item}); err != nil {
			t.Fatal(err)
		}
	}
	tables.Settle()
	looked, pages := map[string]bool{}, 0
	look := func(from retention.Position, most int) (retention.Position, bool) {
		for page, err := range s.Pages(t.Context(), requests, from) {
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				if item.Kind != policy.ClientCounter || !item.ExpiresAt.Equal(expires) || item.Unreadable || looked[item.SK] {
					t.Errorf("%+v, looked at before: %v", item, looked[item.SK])
				}
				looked[item.SK] = true
			}
			if pages++; page.Last || pages == most {
				return page.Next, page.Last
			}
		}
		t.Fatal("there is no last page")
		return retention.Position{}, false
	}
	stopped, last := look(retention.Position{}, 2)
	if last || len(looked) == 0 || len(looked) >= count {
		t.Fatalf("two pages hold %d items", len(looked))
	}
	if _, err := s.Client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String(s.Requests), Key: dynamo.Key(stopped.PK, stopped.SK)}); err != nil {
		t.Fatal(err)
	}
	tables.Settle()
	if next, last := look(stopped, -1); !last || next != (retention.Position{}) || len(looked) != count {
		t.Errorf("%d items in %d pages, then %v", len(looked), pages, next)
	}
}
