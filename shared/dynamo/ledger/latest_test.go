package ledger_test

import (
	"errors"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/shared/dynamo/ledger"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// Reports lie in a partition per year; the first hour of a year still finds the last report of the old one.
func TestPromise_F07_TheLatestReportIsFoundAcrossTheYear(t *testing.T) {
	tables := engine.DynamoDB(t)
	now := time.Date(2027, 1, 1, 0, 30, 0, 0, time.UTC)
	s := &ledger.Store{Client: tables.Client, Table: tables.Name("LedgerTable"), Policy: policy.Current(), Now: func() time.Time { return now }}
	if _, err := s.Latest(t.Context()); !errors.Is(err, ledger.ErrNoReport) {
		t.Errorf("of nothing: %v", err)
	}
	for _, at := range []time.Time{now.Add(-2 * time.Hour), now.Add(-time.Hour)} {
		if err := s.Keep(t.Context(), retention.Report{SweptAt: at}); err != nil {
			t.Fatal(err)
		}
		if report, err := s.Latest(t.Context()); err != nil || !report.SweptAt.Equal(at) {
			t.Errorf("%v, %v", report, err)
		}
	}
	now = now.AddDate(10, 0, 0) // past the report's own retention and its partition
	if _, err := s.Latest(t.Context()); !errors.Is(err, ledger.ErrNoReport) {
		t.Errorf("an expired report: %v", err)
	}
}
