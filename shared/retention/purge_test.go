package retention

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// book is a ledger in memory, with the lease. It fails the calls that broken names.
type book struct {
	leased    bool
	until     time.Time // of the last lease
	reports   []Report
	positions map[string]Position
	broken    string
}

func (b *book) fails(call string) error {
	if b.broken == call {
		return errors.New("throttled")
	}
	return nil
}

func (b *book) Lease(_ context.Context, until time.Time) (func(context.Context) error, bool, error) {
	if err := b.fails("Lease"); err != nil || b.leased {
		return nil, false, err
	}
	b.leased, b.until = true, until
	return func(context.Context) error { b.leased = false; return b.fails("release") }, true, nil
}

func (b *book) Keep(_ context.Context, report Report) error {
	b.reports = append(b.reports, report)
	return b.fails("Keep")
}

func (b *book) Positions(context.Context) (map[string]Position, error) {
	return b.positions, b.fails("Positions")
}

func (b *book) SavePositions(_ context.Context, _, next map[string]Position) error {
	b.positions = next
	return b.fails("SavePositions")
}

// house is a purge on stores in memory.
type house struct {
	Purge
	shelf   *shelf
	drawers *drawers
	bucket  *bucket
	book    *book
}

func newHouse() house {
	clock := testclock.New(at("2026-11-23T12:00:00Z"))
	h := house{shelf: &shelf{clock: clock}, drawers: &drawers{clock: clock}, bucket: &bucket{objects: map[string]time.Time{}}, book: &book{}}
	h.Purge = Purge{Records: h.shelf, Own: h.drawers, Exports: h.bucket, Leases: h.book, Ledger: h.book, Policy: policy.InForce, Now: clock.Now}
	return h
}

// One run deletes records and exports, looks at the own kinds, stores the report of all this, and measures its success.
func TestPromise_F07_ARunDoesAllAndKeepsItsReport(t *testing.T) {
	h := newHouse()
	h.shelf.add(privacy.Communication, "over", at("2026-11-20"))
	h.shelf.add(privacy.Transaction, "later", at("2026-12-20"))
	h.drawers.add("a", 3, at("2026-11-23"))
	h.bucket.objects["old"] = at("2026-10-01")
	report, values, err := h.Run(t.Context())
	if err != nil || report.Deleted() != 1 || len(h.bucket.objects) != 0 || len(h.book.reports) != 1 || h.book.leased {
		t.Errorf("%+v, %d objects, %d reports kept, leased: %t, %v", report, len(h.bucket.objects), len(h.book.reports), h.book.leased, err)
	}
	if n := len(report.Own); n != 3 || report.Own[0].Expired != 3 || report.Own[n-1].Kind != policy.ExportObject || report.Own[n-1].Looked != 1 {
		t.Errorf("own kinds: %+v", report.Own)
	}
	want := metric.Values{metric.SuccessfulPurges: 1, metric.SecondsPastExpiry: 0, metric.SecondsPastExpiryOwn: 12 * 3600}
	if !maps.Equal(values, want) {
		t.Errorf("measured %v, not %v", values, want)
	}
}

// F18: a run that finds the lease taken says so, does nothing and measures nothing. The lease of a run lasts as long as its time.
func TestFault_F18_ARunWithoutTheLeaseDoesNothing(t *testing.T) {
	h := newHouse()
	h.shelf.add(privacy.Communication, "over", at("2026-11-20"))
	h.book.leased = true
	report, values, err := h.Run(t.Context())
	if err != nil || !report.Leased || report.Categories == nil || len(values) != 0 || len(h.book.reports) != 0 || len(h.shelf.items[privacy.Communication]) != 1 {
		t.Errorf("%+v, measured %v, %v", report, values, err)
	}
	h.book.leased = false
	if report, _, err := h.Run(t.Context()); err != nil || report.Leased || report.Deleted() != 1 || !h.book.until.Equal(h.Now().Add(longest)) {
		t.Errorf("%+v until %v, %v", report, h.book.until, err)
	}
	deadline := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	if _, _, err := h.Run(ctx); err != nil || !h.book.until.Equal(deadline) {
		t.Errorf("the lease ends at %v, the time at %v, %v", h.book.until, deadline, err)
	}
}

// A run that fails anywhere is not a successful purge, so three hours of such runs raise the alarm. The rest of the run is done and
// reported.
func TestPromise_F07_AFailedSweepIsNotCounted(t *testing.T) {
	for name, spoil := range map[string]func(h house){
		"a record":    func(h house) { h.shelf.fails = "communication#bad" },
		"a table":     func(h house) { h.drawers.fails = "a" },
		"the bucket":  func(h house) { h.bucket.breaks = true },
		"the report":  func(h house) { h.book.broken = "Keep" },
		"the start":   func(h house) { h.book.broken = "Positions" },
		"the rest":    func(h house) { h.book.broken = "SavePositions" },
		"the release": func(h house) { h.book.broken = "release" },
	} {
		h := newHouse()
		h.shelf.add(privacy.Communication, "bad", at("2026-11-23T11:00:00Z"))
		h.shelf.add(privacy.SecurityLog, "good", at("2026-11-23T11:00:00Z"))
		h.drawers.add("a", 2, at("2026-11-24"))
		spoil(h)
		report, values, err := h.Run(t.Context())
		_, counted := values[metric.SuccessfulPurges]
		_, records := values[metric.SecondsPastExpiry]
		if err == nil || counted || !records || report.Deleted() == 0 || len(h.book.reports) != 1 || h.book.leased {
			t.Errorf("without %s: %+v, measured %v, leased: %t, %v", name, report, values, h.book.leased, err)
		}
	}
	h := newHouse()
	h.book.broken = "Lease"
	if _, values, err := h.Run(t.Context()); err == nil || len(values) != 0 || len(h.book.reports) != 0 {
		t.Errorf("without a lease: measured %v, %v", values, err)
	}
}

// A survey that failed and found nothing late measures nothing, since something may be late. A survey that failed and found something late
// measures it.
func TestPromise_F07_AFailedLookMeasuresNothing(t *testing.T) {
	for late, want := range map[time.Duration]bool{-time.Hour: false, time.Hour: true} {
		h := newHouse()
		h.drawers.add("a", 2, h.Now().Add(-late))
		h.drawers.fails = "a"
		_, values, err := h.Run(t.Context())
		if _, there := values[metric.SecondsPastExpiryOwn]; err == nil || there != want {
			t.Errorf("what is late by %v: measured %v, %v", late, values, err)
		}
	}
}

// F03: if the report could not be stored, the next run looks at the same items again.
func TestFault_F03_PositionsMoveOnlyAfterTheReport(t *testing.T) {
	h := newHouse()
	h.drawers.add("a", 2*pagesPerTable, at("2026-11-24"))
	h.book.broken = "Keep"
	if _, _, err := h.Run(t.Context()); err == nil || len(h.book.positions) != 0 {
		t.Errorf("positions %v, %v", h.book.positions, err)
	}
	h.book.broken = ""
	if _, _, err := h.Run(t.Context()); err != nil || len(h.book.positions) != 1 {
		t.Errorf("positions %v, %v", h.book.positions, err)
	}
}
