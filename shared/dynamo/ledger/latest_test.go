package ledger_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/ledger"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// Reports are stored in one partition per year. In the first hour of a year, Latest still finds the last report of the old year.
func TestPromise_F07_TheLatestReportIsFoundAcrossTheYear(t *testing.T) {
	tables := enginetest.DynamoDB(t)
	clock := tables.Clock(time.Date(2027, 1, 1, 0, 30, 0, 0, time.UTC))
	s := &ledger.Store{Client: tables.Client, Table: tables.Name("LedgerTable"), Policy: policy.InForce, Now: clock.Now}
	if _, err := s.Latest(t.Context()); !errors.Is(err, ledger.ErrNoReport) {
		t.Errorf("of nothing: %v", err)
	}
	for _, at := range []time.Time{clock.Now().Add(-2 * time.Hour), clock.Now().Add(-time.Hour)} {
		if err := s.Keep(t.Context(), retention.Report{SweptAt: at}); err != nil {
			t.Fatal(err)
		}
		if report, err := s.Latest(t.Context()); err != nil || !report.SweptAt.Equal(at) {
			t.Errorf("%v, %v", report, err)
		}
	}
	clock.AdvanceDate(10, 0, 0) // past the report's own retention and its partition
	if _, err := s.Latest(t.Context()); !errors.Is(err, ledger.ErrNoReport) {
		t.Errorf("an expired report: %v", err)
	}
}

// Reports are kept for three years, so reports that older versions of the service wrote must stay readable.
func TestPromise_F08_AnOldReportIsRead(t *testing.T) {
	tables := enginetest.DynamoDB(t)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s := &ledger.Store{Client: tables.Client, Table: tables.Name("LedgerTable"), Policy: policy.InForce, Now: func() time.Time { return now }}
	item := dynamo.Key("report#2026", "2026-11-23T11:00:00.000Z#1")
	item[dynamo.ExpiresAt] = dynamo.Seconds(now.AddDate(3, 0, 0))
	item["report"] = dynamo.String(`{"sweptAt":"2026-11-23T11:00:00Z","categories":[{"category":"identity","rule":"account_data","deleted":1,"oldest":null,"overdue":2}]}`)
	if _, err := s.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &s.Table, Item: item}); err != nil {
		t.Fatal(err)
	}
	if report, err := s.Latest(t.Context()); err != nil || report.Deleted() != 1 || report.Overdue() != 2 || report.Own != nil || report.PastExpiryOwn() != 0 {
		t.Errorf("%+v, %v", report, err)
	}
}
