package main

import (
	"maps"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// due is the number of items that the measured sweep must delete.
const due = 320

// swept counts the calls of a sweep when that many items are stored besides the due ones. The sweep makes 144 queries. It deletes
// each due item and the lease, and puts the lease and the report. For the service's own kinds it scans one page of each of five
// small tables, and reads where the previous sweep stopped. None of these numbers depends on what else is stored.
func (r *rig) swept(t testing.TB, besides int) {
	t.Helper()
	r.store(t, privacy.SecurityLog, due, r.Clock.Now().AddDate(0, 0, -2))
	r.Wire.Take()
	if report := r.sweep(t); report.Deleted() != due || report.Overdue() != 0 {
		t.Errorf("%d stored: %d deleted, %d overdue", besides, report.Deleted(), report.Overdue())
	}
	calls := r.Wire.Take()
	t.Logf("budget: purge: queries with %d items besides the due | %d queries | %d", besides, calls["Query"], 144)
	t.Logf("budget: purge: deletions of %d due items with %d besides | %d deletions | %d", due, besides, calls["DeleteItem"]-1, due)
	t.Logf("budget: purge: scans of the service's own kinds with %d items besides the due | %d scans | %d", besides, calls["Scan"], 5)
	want := map[string]int{"Query": 144, "DeleteItem": due + 1, "PutItem": 2, "Scan": 5, "GetItem": 1}
	if !maps.Equal(calls, want) {
		t.Errorf("%d stored: the calls are %v, not %v", besides, calls, want)
	}
}

// Budget: a sweep makes 144 queries, one page more per 250 due items in a partition, and one deletion per due item, however much is stored.
func TestBudgetOfASweep(t *testing.T) {
	r := newRig(t)
	for _, stored := range soak.Pick([]int{0, 500}, []int{0, 3000, 12_000}) {
		r.store(t, privacy.SecurityLog, stored, r.Clock.Now().AddDate(0, 1, stored/1000))
		r.swept(t, stored)
	}
	r.store(t, privacy.SecurityLog, 300*records.Shards, r.Clock.Now())
	r.Wire.Take()
	r.sweep(t)
	if queries := r.Wire.Take()["Query"]; queries != 144+records.Shards {
		t.Errorf("%d queries for two pages of each partition", queries)
	}
}

// BenchmarkSweepOfAMillion counts the same with 10,000 and with 1,000,000 items stored besides the due ones.
func BenchmarkSweepOfAMillion(b *testing.B) {
	r := newRig(b)
	stored := 0
	for _, besides := range []int{10_000, 1_000_000} {
		r.store(b, privacy.SecurityLog, besides-stored, r.Clock.Now().AddDate(0, 1, stored/1000+1))
		stored = besides
		if kept := r.Count("RecordsTable"); kept != stored {
			b.Fatalf("%d items are stored, not %d", kept, stored)
		}
		r.swept(b, besides)
	}
}
