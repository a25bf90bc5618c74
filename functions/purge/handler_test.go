package main

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// exports is a bucket in memory, with the time at which each object was made.
type exports map[string]time.Time

func (e exports) All(context.Context) iter.Seq2[retention.Object, error] {
	return func(yield func(retention.Object, error) bool) {
		for key, at := range e {
			if !yield(retention.Object{Key: key, At: at}, nil) {
				return
			}
		}
	}
}

func (e exports) Delete(_ context.Context, key string) error {
	delete(e, key)
	return nil
}

// rig is the function on real tables, and a bucket in memory.
type rig struct {
	*servicetest.Stores
	handler
}

func newRig(t testing.TB) *rig { return newRigOn(t, enginetest.DynamoDB(t)) }

func newRigOn(t testing.TB, tables *enginetest.Tables) *rig {
	s := servicetest.OpenStores(t, tables, policy.InForce)
	s.Clock.Set(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	return &rig{s, handler{stack: "privacy-1", purge: retention.Purge{
		Records: s.Records.Store, Own: s.Own, Exports: exports{}, Leases: s.Ledger, Ledger: s.Ledger, Policy: s.InForce, Now: s.Clock.Now,
	}}}
}

// store puts count bare items of a category that expire at the given time.
func (r *rig) store(t testing.TB, category privacy.Category, count int, expires time.Time) {
	t.Helper()
	var batch []types.WriteRequest
	flush := func() {
		for len(batch) > 0 {
			out, err := r.Tables.Client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{
				RequestItems: map[string][]types.WriteRequest{r.Tables.Name("RecordsTable"): batch}})
			if err != nil {
				t.Fatal(err)
			}
			batch = out.UnprocessedItems[r.Tables.Name("RecordsTable")]
		}
	}
	for i := range count {
		item := dynamo.Key(fmt.Sprintf("s#%d-%d", expires.Unix(), i), string(category)+"#x")
		item["due"] = dynamo.String(fmt.Sprintf("%s#%02d", category, i%records.Shards))
		item[dynamo.ExpiresAt] = dynamo.Seconds(expires)
		if batch = append(batch, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}}); len(batch) == 25 {
			flush()
		}
	}
	flush()
}

func (r *rig) sweep(t testing.TB) retention.Report {
	t.Helper()
	report, err := r.handle(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestPromise_F07_TheReportOfAnEmptyService(t *testing.T) {
	r := newRig(t)
	text, err := json.Marshal(r.sweep(t))
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, category := range privacy.Categories {
		rows = append(rows, fmt.Sprintf(`{"category":%q,"rule":%q,"deleted":0,"oldest":null,"overdue":0}`, category, policy.Newest().RetentionFor(category).ID))
	}
	var kinds []string
	for _, kind := range append(r.Own.Kinds(), policy.ExportObject) {
		looked := 0
		if kind == policy.SweepLease { // written by the sweep itself
			looked = 1
		}
		kinds = append(kinds, fmt.Sprintf(`{"kind":%q,"rule":%q,"looked":%d,"expired":0,"expiredAt":null,"ignored":0}`, kind, policy.Newest().RetentionOf(kind).ID, looked))
	}
	if want := `{"sweptAt":"2026-11-23T12:00:00Z","categories":[` + strings.Join(rows, ",") + `],"own":[` + strings.Join(kinds, ",") + `]}`; string(text) != want {
		t.Errorf("\n got  %s\n want %s", text, want)
	}
}

func TestFault_F18_NotForThreeDaysThenTwice(t *testing.T) {
	enginetest.BothTTLs(t, notForThreeDaysThenTwice)
}

func notForThreeDaysThenTwice(t *testing.T) {
	r := newRig(t)
	for day := range 4 {
		r.store(t, privacy.Communication, 30, r.Clock.Now().AddDate(0, 0, day))
	}
	due := func(n int) int { // what TTL leaves for the sweep
		if r.Tables.TTL(t, r.Clock.Now()); r.Tables.TTLFirst() {
			return 0
		}
		return n
	}
	if want, got := due(30), r.sweep(t).Deleted(); got != want {
		t.Errorf("the first sweep removed %d, not %d", got, want)
	}
	r.Clock.AdvanceDate(0, 0, 3)
	want, report := due(90), r.sweep(t)
	if report.Deleted() != want || report.Overdue() != 0 || r.Count("RecordsTable") != 0 {
		t.Errorf("after three days it removed %d, %d are left", report.Deleted(), r.Count("RecordsTable"))
	}
	if again := r.sweep(t); again.Leased || again.Deleted() != 0 {
		t.Errorf("fired again: %+v", again)
	}
	if kept := r.Count("LedgerTable"); kept != 3 {
		t.Errorf("%d reports are kept", kept)
	}
}

func TestFault_F18_ASecondSweepAtOnceSaysSo(t *testing.T) {
	r := newRig(t)
	r.store(t, privacy.Communication, 1, r.Clock.Now())
	release, free, err := r.Ledger.Lease(t.Context(), r.Clock.Now().Add(time.Minute))
	if err != nil || !free {
		t.Fatal(free, err)
	}
	if report := r.sweep(t); !report.Leased || report.Categories == nil || r.Count("RecordsTable") != 1 {
		t.Errorf("%+v", report)
	}
	if err := release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if report := r.sweep(t); report.Leased || report.Deleted() != 1 {
		t.Errorf("%+v", report)
	}
}

// TestFault_F10_TheSweepTakesWhatTTLIgnores deletes items that expired more than five years ago, which DynamoDB's TTL ignores.
func TestFault_F10_TheSweepTakesWhatTTLIgnores(t *testing.T) {
	enginetest.BothTTLs(t, theSweepTakesWhatTTLIgnores)
}

func theSweepTakesWhatTTLIgnores(t *testing.T) {
	r := newRig(t)
	r.purge.Grace = 12 * time.Hour
	r.store(t, privacy.Transaction, 3, r.Clock.Now().AddDate(-6, 0, 0))
	r.store(t, privacy.Transaction, 1, r.Clock.Now().Add(-time.Hour))
	r.Tables.TTL(t, r.Clock.Now())
	left := 1 // the sweep leaves them to TTL for 12 hours
	if r.Tables.TTLFirst() {
		left = 0
	}
	report := r.sweep(t)
	if report.Deleted() != 3 || report.Overdue() != 0 || r.Count("RecordsTable") != left {
		t.Errorf("%+v", report)
	}
}
