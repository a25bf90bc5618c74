package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/paging"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// many plants count counters, the first of which expired four days ago. It returns how many sweeps of eight pages are needed to
// look at all of them, when every second page has one item and the others are empty.
func (r *rig) many(t testing.TB, count int) (runs int) {
	for i := range count {
		r.plant(t, "RequestsTable", fmt.Sprintf("limit#%d#2026-11-18", i), "file#12:00", dynamo.Seconds(r.Clock.Now().Add(-96*time.Hour)))
	}
	r.Wire.Next = &paging.DynamoDB{Next: http.DefaultTransport}
	return (count + 3) / 4
}

// TestFault_F12_ALargeTableIsLookedOverInTurn covers a table that is too large for one sweep. Several sweeps look at each item
// once, and then start again. Each sweep looks at the whole of the small tables.
func TestFault_F12_ALargeTableIsLookedOverInTurn(t *testing.T) {
	r := newRig(t)
	r.plant(t, "ConsentsTable", "v#1", "0000000001", dynamo.Seconds(r.Clock.Now().Add(time.Hour)))
	runs := r.many(t, 10)
	for round := range 2 {
		looked := 0
		for run := range runs {
			r.Wire.Take()
			report := r.sweep(t)
			if scans := r.Wire.Take()["Scan"]; scans > 4*8 {
				t.Errorf("round %d, run %d: %d scans", round, run, scans)
			}
			if consents := rowOf(t, report, policy.ConsentRecord); consents.Looked != 1 {
				t.Errorf("round %d, run %d: looked at %d consents", round, run, consents.Looked)
			}
			counters := rowOf(t, report, policy.ClientCounter)
			if looked += counters.Looked; counters.Looked == 0 || counters.Looked > 4 || counters.Expired != counters.Looked || report.PastExpiryOwn() != 96*time.Hour {
				t.Errorf("round %d, run %d: %+v", round, run, counters)
			}
		}
		if looked != 10 {
			t.Errorf("round %d looked at %d items, not 10", round, looked)
		}
		if next, err := r.Ledger.Positions(t.Context()); err != nil || next["RequestsTable"] != (retention.Position{}) {
			t.Errorf("after round %d: %v %v", round, next, err)
		}
	}
}

// TestFault_F03_AKilledSurveyIsMadeGood kills a sweep in the middle of a large table, before its report is stored. Once the lease
// is over, the next sweep looks at the same items. So the stored reports cover each item.
func TestFault_F03_AKilledSurveyIsMadeGood(t *testing.T) {
	r := newRig(t)
	runs := r.many(t, 10)
	looked := rowOf(t, r.sweep(t), policy.ClientCounter).Looked
	position, err := r.Ledger.Positions(t.Context())
	if err != nil || len(position) != 1 {
		t.Fatal(position, err)
	}
	ctx, kill := context.WithCancel(t.Context())
	scans := 0
	r.Wire.Through = func(c *enginetest.Call) (*http.Response, error) { // the process is killed at a scan: neither that call nor any later one arrives
		if c.Operation == "Scan" {
			if scans++; scans == 8 {
				kill()
			}
		}
		if err := c.Context().Err(); err != nil {
			return nil, err
		}
		return c.Send()
	}
	if _, err := r.handle(ctx, nil); !errors.Is(err, errIncomplete) || ctx.Err() == nil {
		t.Error(err, ctx.Err())
	}
	r.Wire.Through = nil
	if after, err := r.Ledger.Positions(t.Context()); err != nil || after["RequestsTable"] != position["RequestsTable"] {
		t.Errorf("the killed run moved the position: %v, %v", after, err)
	}
	if report := r.sweep(t); !report.Leased {
		t.Error("the killed run left no lease")
	}
	r.Clock.Advance(15 * time.Minute)
	for range runs - 1 {
		looked += rowOf(t, r.sweep(t), policy.ClientCounter).Looked
	}
	if looked != 10 {
		t.Errorf("looked at %d items, not 10", looked)
	}
}

// If one table fails, the other tables and the records are still swept, and the sweep says that it is incomplete.
func TestPromise_F07_AFailedLookStopsNobodyElse(t *testing.T) {
	r := newRig(t)
	r.store(t, privacy.Communication, 2, r.Clock.Now().AddDate(0, 0, -2))
	s := samples[policy.RetentionReport]
	r.plant(t, s.table, s.pk, s.sk, dynamo.Seconds(r.Clock.Now().Add(-80*time.Hour)))
	r.refuse("ConsentsTable")
	var report retention.Report
	line := measured(t, func() {
		var err error
		if report, err = r.handle(t.Context(), nil); !errors.Is(err, errIncomplete) {
			t.Error(err)
		}
	})
	if report.Deleted() != 2 || rowOf(t, report, policy.RetentionReport).Expired != 1 || line["SecondsPastExpiryOwn"] != 80*3600.0 || line["SuccessfulPurges"] != nil {
		t.Errorf("%+v %v", report, line)
	}
}

// A failed survey writes no metric, because the metric would say that nothing is late.
func TestPromise_F07_AFailedLookMeasuresNothing(t *testing.T) {
	r := newRig(t)
	r.refuse("ConsentsTable")
	line := measured(t, func() {
		if _, err := r.handle(t.Context(), nil); !errors.Is(err, errIncomplete) {
			t.Error(err)
		}
	})
	if _, there := line["SecondsPastExpiryOwn"]; there {
		t.Errorf("%v", line)
	}
}

// refuse denies scans of a table.
func (r *rig) refuse(table string) {
	r.Wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		if c.Operation == "Scan" && c.Names(r.Tables.Name(table)) {
			return c.Refuse("AccessDeniedException")
		}
		return c.Send()
	}
}
