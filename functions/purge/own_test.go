package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/paging"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// ownKinds are the rows of a report, in their order.
var ownKinds = []policy.Kind{
	policy.ConsentRecord, policy.SubjectAlias, policy.SubjectState, policy.Request, policy.RequestEvent, policy.Challenge, policy.ExportAttempt,
	policy.WorkStep, policy.ClientCounter, policy.RetentionReport, policy.SweepLease, policy.SweepCursor, policy.ExportObject,
}

// samples has a key of each kind that a table holds and that a sweep does not write itself.
var samples = map[policy.Kind]struct{ table, pk, sk string }{
	policy.ConsentRecord:   {"ConsentsTable", "v#1", "0000000001"},
	policy.SubjectAlias:    {"SubjectsTable", "i#1#a", "ALIAS"},
	policy.SubjectState:    {"SubjectsTable", "s#a", "!state"},
	policy.Request:         {"RequestsTable", "r#1", "REQUEST"},
	policy.RequestEvent:    {"RequestsTable", "r#1", "EVENT#1"},
	policy.Challenge:       {"RequestsTable", "r#1", "CHALLENGE#1"},
	policy.ExportAttempt:   {"RequestsTable", "r#1", "EXPORT#1"},
	policy.WorkStep:        {"RequestsTable", "s#a", "STEP#walk"},
	policy.ClientCounter:   {"RequestsTable", "limit#a#2026-11-20", "file#12:00"},
	policy.RetentionReport: {"LedgerTable", "report#2023", "2023-11-20T12:00:00.000Z#1"},
}

// plant stores an item with an expiry of any type, none where it is nil. A wrong one is removed before the engine looks for such.
func (r *rig) plant(t testing.TB, table, pk, sk string, expires types.AttributeValue) {
	t.Helper()
	item := dynamo.Key(pk, sk)
	if expires != nil {
		item[dynamo.ExpiresAt] = expires
	}
	name := aws.String(r.tables.Name(table))
	if _, err := r.tables.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: name, Item: item}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // a test's own context has ended by then
		_, _ = r.tables.Client.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{TableName: name, Key: dynamo.Key(pk, sk)})
	})
}

func rowOf(t testing.TB, report retention.Report, kind policy.Kind) retention.OwnReport {
	t.Helper()
	i := slices.IndexFunc(report.Own, func(o retention.OwnReport) bool { return o.Kind == kind })
	if i < 0 {
		t.Fatalf("the report has no row of %s", kind)
	}
	return report.Own[i]
}

func TestPromise_F08_ExpiredItemsOfEachOwnKindAreReported(t *testing.T) {
	r := newRig(t)
	for kind, s := range samples {
		r.plant(t, s.table, s.pk, s.sk, dynamo.Seconds(r.clock.Add(time.Second)))
		if o := rowOf(t, r.sweep(t), kind); o.Looked == 0 || o.Expired != 0 || o.ExpiredAt != nil || o.Ignored != 0 {
			t.Errorf("%s, not expired: %+v", kind, o)
		}
		expired := r.clock.Add(-50 * time.Hour)
		r.plant(t, s.table, s.pk, s.sk, dynamo.Seconds(expired))
		report := r.sweep(t)
		o := rowOf(t, report, kind)
		if o.Expired != 1 || o.ExpiredAt == nil || !o.ExpiredAt.Equal(expired) || o.Ignored != 0 || o.Rule != policy.Current().RetentionOf(kind).ID {
			t.Errorf("%s: %+v", kind, o)
		}
		if report.PastExpiryOwn() != 50*time.Hour || report.PastExpiry != 0 {
			t.Errorf("%s: past expiry %v", kind, report.PastExpiryOwn())
		}
		r.plant(t, s.table, s.pk, s.sk, dynamo.Seconds(r.clock.AddDate(0, 0, 1)))
	}
	var kinds []policy.Kind
	for _, o := range r.sweep(t).Own {
		kinds = append(kinds, o.Kind)
	}
	if !slices.Equal(kinds, ownKinds) {
		t.Errorf("rows of %q", kinds)
	}
}

// What is planted stays: the sweep only reports what is DynamoDB's to delete.
func TestPromise_F07_TheSweepDeletesNothingOfItsOwn(t *testing.T) {
	engine.BothTTLs(t, func(t *testing.T) {
		r := newRig(t)
		for _, s := range samples {
			r.plant(t, s.table, s.pk, s.sk, dynamo.Seconds(r.clock.Add(-time.Hour)))
		}
		r.tables.TTL(t, r.clock)
		left := map[string]int{"ConsentsTable": 1, "SubjectsTable": 2, "RequestsTable": 6, "LedgerTable": 2} // with this sweep's report
		if r.tables.TTLFirst() {
			left = map[string]int{"LedgerTable": 1}
		}
		report := r.sweep(t)
		for _, table := range []string{"ConsentsTable", "SubjectsTable", "RequestsTable", "LedgerTable"} {
			if got := r.tablesItems(t, table); got != left[table] {
				t.Errorf("%s: %d items, not %d", table, got, left[table])
			}
		}
		if want := map[bool]time.Duration{true: 0, false: time.Hour}[r.tables.TTLFirst()]; report.PastExpiryOwn() != want {
			t.Errorf("past expiry %v, not %v", report.PastExpiryOwn(), want)
		}
	})
}

// TestFault_F10_WhatTTLNeverTakesIsReported plants expiries that DynamoDB ignores. They would stay for ever, and nobody would hear of it.
func TestFault_F10_WhatTTLNeverTakesIsReported(t *testing.T) {
	for name, c := range map[string]struct {
		kind    policy.Kind
		expires func(now time.Time) types.AttributeValue
		expired int // counted besides as expired
	}{
		"as text": {policy.ConsentRecord, func(now time.Time) types.AttributeValue {
			return dynamo.String(strconv.FormatInt(now.Unix()+1e6, 10))
		}, 0},
		"in milliseconds": {policy.Challenge, func(now time.Time) types.AttributeValue { return dynamo.Number(now.UnixMilli()) }, 0},
		"a fraction":      {policy.Challenge, func(time.Time) types.AttributeValue { return &types.AttributeValueMemberN{Value: "1795435200.5"} }, 0},
		"missing":         {policy.RequestEvent, func(time.Time) types.AttributeValue { return nil }, 0},
		"five years ago": {policy.RetentionReport, func(now time.Time) types.AttributeValue {
			return dynamo.Seconds(now.AddDate(-5, 0, 0).Add(-time.Second))
		}, 1},
	} {
		r := newRig(t)
		s := samples[c.kind]
		r.plant(t, s.table, s.pk, s.sk, c.expires(r.clock))
		report := r.sweep(t)
		if o := rowOf(t, report, c.kind); o.Ignored != 1 || o.Expired != c.expired {
			t.Errorf("%s: %+v", name, o)
		}
		if past := report.PastExpiryOwn(); past < 5*365*24*time.Hour {
			t.Errorf("%s: past expiry %v rings nothing", name, past)
		}
	}
}

// An open request, and what finds a data subject with something that has no end, have no expiry and need none.
func TestPromise_F08_WhatHasNoEndYetIsNotOverdue(t *testing.T) {
	r := newRig(t)
	for _, kind := range []policy.Kind{policy.Request, policy.SubjectAlias, policy.SubjectState} {
		s := samples[kind]
		r.plant(t, s.table, s.pk, s.sk, nil)
		if o := rowOf(t, r.sweep(t), kind); o.Looked != 1 || o.Expired != 0 || o.Ignored != 0 {
			t.Errorf("%+v", o)
		}
	}
}

// A key that no kind has is what a newer version left behind before it was rolled back. It is shown in a row of its own.
func TestPromise_F08_UnknownKeysAreReported(t *testing.T) {
	r := newRig(t)
	r.plant(t, "RequestsTable", "x#1", "NEW", dynamo.Seconds(r.clock.Add(-time.Hour)))
	if o := rowOf(t, r.sweep(t), retention.UnknownKind); o.Looked != 1 || o.Expired != 1 || o.Rule != "" {
		t.Errorf("%+v", o)
	}
}

// TestFault_F09_OwnKindsThreeDaysLateRing sweeps while TTL deletes nothing: the metric grows, crosses the alarm's 72 hours, and only
// then does the log name keys, a few of them.
func TestFault_F09_OwnKindsThreeDaysLateRing(t *testing.T) {
	r := newRig(t)
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)
	for i := range 5 {
		r.plant(t, "RequestsTable", "limit#a#2026-11-22", fmt.Sprintf("file#12:0%d", i), dynamo.Seconds(r.clock))
	}
	expired := r.clock
	for _, hour := range []int{0, 1, 24, 71, 72, 73} {
		log.Reset()
		r.clock = expired.Add(time.Duration(hour) * time.Hour)
		line := measured(t, func() { r.sweep(t) })
		if line["SecondsPastExpiryOwn"] != float64(hour*3600) || line["SecondsPastExpiry"] != 0.0 || line["SuccessfulPurges"] != 1.0 {
			t.Fatalf("after %d hours: %v", hour, line)
		}
		named := strings.Count(log.String(), `"kind":"client_counter","pk":"limit#a#2026-11-22"`)
		if want := map[bool]int{false: 0, true: 3}[hour >= 72]; named != want {
			t.Fatalf("after %d hours the log names %d keys, not %d: %s", hour, named, want, log.String())
		}
	}
}

// F18: the schedule did not fire for three days. The next sweep sees what the ones before would have seen, as old as it is by now.
func TestFault_F18_OwnKindsAfterThreeDays(t *testing.T) {
	engine.BothTTLs(t, func(t *testing.T) {
		r := newRig(t)
		s := samples[policy.Challenge]
		r.plant(t, s.table, s.pk, s.sk, dynamo.Seconds(r.clock.Add(time.Hour)))
		r.sweep(t)
		r.clock = r.clock.AddDate(0, 0, 3).Add(2 * time.Hour)
		r.tables.TTL(t, r.clock)
		want := 73 * time.Hour
		if r.tables.TTLFirst() {
			want = 0
		}
		if report := r.sweep(t); report.PastExpiryOwn() != want {
			t.Errorf("past expiry %v, not %v", report.PastExpiryOwn(), want)
		}
	})
}

// many plants so many counters, the first of them expired for four days, and returns how often a sweep of eight pages, every second one with an
// item and the others empty, has to be run to look at them all.
func (r *rig) many(t testing.TB, count int) (runs int) {
	for i := range count {
		r.plant(t, "RequestsTable", fmt.Sprintf("limit#%d#2026-11-18", i), "file#12:00", dynamo.Seconds(r.clock.Add(-96*time.Hour)))
	}
	r.wire = &paging.DynamoDB{Next: http.DefaultTransport}
	return (count + 3) / 4
}

// TestFault_F12_ALargeTableIsLookedOverInTurn covers a table that is larger than one sweep may read: several sweeps look at each item once, and
// then they begin again. The small tables are looked at whole each time.
func TestFault_F12_ALargeTableIsLookedOverInTurn(t *testing.T) {
	r := newRig(t)
	r.plant(t, "ConsentsTable", "v#1", "0000000001", dynamo.Seconds(r.clock.Add(time.Hour)))
	runs := r.many(t, 10)
	for round := range 2 {
		looked := 0
		for run := range runs {
			report := r.sweep(t)
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
		if next, err := r.ledger.Positions(t.Context()); err != nil || next["RequestsTable"] != (retention.Position{}) {
			t.Errorf("after round %d: %v %v", round, next, err)
		}
	}
}

// dying is the wire of a process that is killed at one of its scans: neither that call nor a later one arrives.
type dying struct {
	http.RoundTripper
	scans int
	kill  context.CancelFunc
}

func (d *dying) RoundTrip(q *http.Request) (*http.Response, error) {
	if _, operation, _ := strings.Cut(q.Header.Get("X-Amz-Target"), "."); operation == "Scan" {
		if d.scans--; d.scans == 0 {
			d.kill()
		}
	}
	if err := q.Context().Err(); err != nil {
		return nil, err
	}
	return d.RoundTripper.RoundTrip(q)
}

// TestFault_F03_AKilledSurveyIsMadeGood kills a sweep amid a large table, before its report is kept. The next one, once the lease is over, looks
// at the same items: reports that were kept have seen each item.
func TestFault_F03_AKilledSurveyIsMadeGood(t *testing.T) {
	r := newRig(t)
	runs := r.many(t, 10)
	looked := rowOf(t, r.sweep(t), policy.ClientCounter).Looked
	position, err := r.ledger.Positions(t.Context())
	if err != nil || len(position) != 1 {
		t.Fatal(position, err)
	}
	alive := r.wire
	ctx, kill := context.WithCancel(t.Context())
	r.wire = &dying{alive, 8, kill}
	if _, err := r.handle(ctx, nil); !errors.Is(err, errIncomplete) || ctx.Err() == nil {
		t.Error(err, ctx.Err())
	}
	r.wire = alive
	if after, err := r.ledger.Positions(t.Context()); err != nil || after["RequestsTable"] != position["RequestsTable"] {
		t.Errorf("the killed run moved the position: %v, %v", after, err)
	}
	if report := r.sweep(t); !report.Held {
		t.Error("the killed run left no lease")
	}
	r.clock = r.clock.Add(longest)
	for range runs - 1 {
		looked += rowOf(t, r.sweep(t), policy.ClientCounter).Looked
	}
	if looked != 10 {
		t.Errorf("looked at %d items, not 10", looked)
	}
}

// A table that fails leaves the others and the records unharmed, and the sweep says that it is incomplete.
func TestPromise_F07_AFailedLookStopsNobodyElse(t *testing.T) {
	r := newRig(t)
	r.store(t, privacy.Communication, 2, r.clock.AddDate(0, 0, -2))
	s := samples[policy.RetentionReport]
	r.plant(t, s.table, s.pk, s.sk, dynamo.Seconds(r.clock.Add(-80*time.Hour)))
	r.wire = refusing{http.DefaultTransport, r.tables.Name("ConsentsTable")}
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

// refusing denies scans of a table.
type refusing struct {
	http.RoundTripper
	table string
}

func (f refusing) RoundTrip(q *http.Request) (*http.Response, error) {
	if _, operation, _ := strings.Cut(q.Header.Get("X-Amz-Target"), "."); operation == "Scan" {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			return nil, err
		}
		if strings.Contains(string(body), f.table) {
			return &http.Response{StatusCode: http.StatusBadRequest, Request: q, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
				Body: io.NopCloser(strings.NewReader(`{"__type":"com.amazon.coral.service#AccessDeniedException"}`))}, nil
		}
		q = q.Clone(q.Context())
		q.Body = io.NopCloser(bytes.NewReader(body))
	}
	return f.RoundTripper.RoundTrip(q)
}

// stuck is a bucket whose objects cannot be deleted.
type stuck struct{ exports }

func (stuck) Delete(context.Context, string) error { return errors.New("denied") }

// An export that outlives its life, since it cannot be deleted, is reported as any own kind is.
func TestPromise_F07_ExportsThatStayAreReported(t *testing.T) {
	r := newRig(t)
	over := r.clock.Add(-80 * time.Hour)
	made := over.Add(-exportSlack).AddDate(0, 0, -policy.Current().DownloadDays)
	r.exports = stuck{exports{"old": made, "older": made.Add(-time.Hour), "young": r.clock}}
	line := measured(t, func() {
		report, err := r.handle(t.Context(), nil)
		o := rowOf(t, report, policy.ExportObject)
		if !errors.Is(err, errIncomplete) || o.Looked != 3 || o.Expired != 2 || o.ExpiredAt == nil || !o.ExpiredAt.Equal(over.Add(-time.Hour)) || o.Rule != "exports" {
			t.Errorf("%+v %v", o, err)
		}
	})
	if line["SecondsPastExpiryOwn"] != 81*3600.0 {
		t.Errorf("%v", line)
	}
	r.exports = r.exports.(stuck).exports
	if o := rowOf(t, r.sweep(t), policy.ExportObject); o.Looked != 3 || o.Expired != 0 || o.ExpiredAt != nil {
		t.Errorf("after their deletion: %+v", o)
	}
}
