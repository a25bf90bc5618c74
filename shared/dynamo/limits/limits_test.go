package limits

import (
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

func TestMain(m *testing.M) { os.Exit(enginetest.EachEngine(m)) }

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// T09: the calls of a client are counted apart for each minute, each client and each kind of call. A counter expires with its period, which begins
// at the end of its day.
func TestThreat_T09_CountersCountAndEnd(t *testing.T) {
	tables := enginetest.DynamoDB(t)
	s := &Store{Client: tables.Client, Table: tables.Name("RequestsTable"), Policy: policy.InForce}
	london := time.FixedZone("an hour ahead", 3600)
	for i, c := range []struct {
		client, what string
		at           time.Time
		want         int
	}{
		{"a", limit.Filings, noon, 1}, {"a", limit.Filings, noon.Add(59 * time.Second), 2}, {"b", limit.Filings, noon, 1}, {"a", limit.Filings, noon.Add(time.Minute), 1},
		{"a", limit.Filings, noon.In(london), 3}, {"a", limit.Mails, noon, 1}, {"a", limit.Filings, noon.AddDate(0, 0, 1), 1},
	} {
		if got, err := s.Count(t.Context(), c.client, c.what, c.at); got != c.want || err != nil {
			t.Errorf("%d: %d %v", i, got, err)
		}
	}
	out, err := s.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &s.Table, ConsistentRead: aws.Bool(true)})
	if err != nil || len(out.Items) != 5 {
		t.Fatalf("%d counters, %v", len(out.Items), err)
	}
	for _, item := range out.Items {
		pk := dynamo.Text(item, dynamo.PK)
		want := policy.InForce(noon).SpanOf(policy.ClientCounter).After(limit.NextDay(noon))
		if pk == "limit#a#2026-11-24" {
			want = want.AddDate(0, 0, 1)
		}
		if end := dynamo.Time(item, dynamo.ExpiresAt); !end.Equal(want) {
			t.Errorf("%s %s ends %v, not %v", pk, dynamo.Text(item, dynamo.SK), end, want)
		}
	}
	if _, err := (&Store{Client: s.Client, Table: "none", Policy: policy.InForce}).Count(t.Context(), "a", limit.Mails, noon); err == nil {
		t.Error("a table that fails counts")
	}
}
