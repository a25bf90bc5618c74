package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// samples has a key of each kind that a table holds and that a sweep does not write itself.
var samples = map[policy.Kind]struct{ table, pk, sk string }{
	policy.ConsentRecord:   {"ConsentsTable", "v#1", "0000000001"},
	policy.SubjectAlias:    {"SubjectsTable", "x#1#a", "ALIAS"},
	policy.DetachedAddress: {"SubjectsTable", "i#1#a", "ALIAS"}, // it names nobody
	policy.IdentityChange:  {"RequestsTable", "y#1", "CHANGE"},
	policy.SubjectState:    {"SubjectsTable", "s#a", "!state"},
	policy.Request:         {"RequestsTable", "r#1", "REQUEST"},
	policy.RequestEvent:    {"RequestsTable", "r#1", "EVENT#1"},
	policy.ExportAttempt:   {"RequestsTable", "r#1", "EXPORT#1"},
	policy.Confirmation:    {"RequestsTable", "c#1", "CONSENT"},
	policy.MailboxEntry:    {"RequestsTable", "m#a", "REQUEST#1"},
	policy.MailboxLink:     {"RequestsTable", "m#a", "MAILBOX"},
	policy.LinkWish:        {"RequestsTable", "l#1", "LINK"},
	policy.WorkStep:        {"RequestsTable", "s#a", "STEP#walk"},
	policy.ClientCounter:   {"RequestsTable", "limit#a#2026-11-20", "file#12:00"},
	policy.RetentionReport: {"LedgerTable", "report#2023", "2023-11-20T12:00:00.000Z#1"},
	policy.NoticeCampaign:  {"NoticesTable", "n#2026-12-01", "META"},
	policy.NoticeClaim:     {"NoticesTable", "n#2026-12-01", "CLAIM#0000000001"},
	policy.NoticeRecipient: {"NoticesTable", "n#2026-12-01#07", "i#1#a"},
}

// plant stores an item with an expiry of any type, or without one if it is nil. It removes the item before the engine checks
// expiries for a wrong type.
func (r *rig) plant(t testing.TB, table, pk, sk string, expires types.AttributeValue) {
	t.Helper()
	item := dynamo.Key(pk, sk)
	if expires != nil {
		item[dynamo.ExpiresAt] = expires
	}
	name := aws.String(r.Tables.Name(table))
	if _, err := r.Tables.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: name, Item: item}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // by then the test's own context has ended
		_, _ = r.Tables.Client.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{TableName: name, Key: dynamo.Key(pk, sk)})
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
		r.plant(t, s.table, s.pk, s.sk, dynamo.Seconds(r.Clock.Now().Add(time.Second)))
		if o := rowOf(t, r.sweep(t), kind); o.Looked == 0 || o.Expired != 0 || o.ExpiredAt != nil || o.Ignored != 0 {
			t.Errorf("%s, not expired: %+v", kind, o)
		}
		expired := r.Clock.Now().Add(-50 * time.Hour)
		r.plant(t, s.table, s.pk, s.sk, dynamo.Seconds(expired))
		report := r.sweep(t)
		o := rowOf(t, report, kind)
		if o.Expired != 1 || o.ExpiredAt == nil || !o.ExpiredAt.Equal(expired) || o.Ignored != 0 || o.Rule != policy.Newest().RetentionOf(kind).ID {
			t.Errorf("%s: %+v", kind, o)
		}
		if report.PastExpiryOwn() != 50*time.Hour || report.PastExpiry != 0 {
			t.Errorf("%s: past expiry %v", kind, report.PastExpiryOwn())
		}
		r.plant(t, s.table, s.pk, s.sk, dynamo.Seconds(r.Clock.Now().AddDate(0, 0, 1)))
	}
}

// F08: the report has a row of each kind of which the inventory says so, and of no other.
func TestPromise_F08_TheReportHasTheRowsOfTheInventory(t *testing.T) {
	report, reported := newRig(t).sweep(t), map[policy.Kind]int{}
	for _, row := range report.Categories {
		reported[policy.Kind(row.Category)]++
	}
	for _, row := range report.Own {
		reported[row.Kind]++
	}
	for _, row := range policy.Inventory {
		if want := map[bool]int{true: 1}[row.Unreported == ""]; reported[row.Kind] != want {
			t.Errorf("%s has %d rows; the inventory says it has none because %q", row.Kind, reported[row.Kind], row.Unreported)
		}
		delete(reported, row.Kind)
	}
	for kind := range reported {
		t.Errorf("%s is reported and not in the inventory", kind)
	}
}

// The planted items stay: the sweep only reports what DynamoDB should delete.
func TestPromise_F07_TheSweepDeletesNothingOfItsOwn(t *testing.T) {
	enginetest.BothTTLs(t, func(t *testing.T) {
		r := newRig(t)
		for _, s := range samples {
			r.plant(t, s.table, s.pk, s.sk, dynamo.Seconds(r.Clock.Now().Add(-time.Hour)))
		}
		r.Tables.TTL(t, r.Clock.Now())
		left := map[string]int{"ConsentsTable": 1, "SubjectsTable": 3, "RequestsTable": 10, "LedgerTable": 2, "NoticesTable": 3} // including this sweep's report
		if r.Tables.TTLFirst() {
			left = map[string]int{"LedgerTable": 1}
		}
		report := r.sweep(t)
		for _, table := range []string{"ConsentsTable", "SubjectsTable", "RequestsTable", "LedgerTable", "NoticesTable"} {
			if got := r.Count(table); got != left[table] {
				t.Errorf("%s: %d items, not %d", table, got, left[table])
			}
		}
		if want := map[bool]time.Duration{true: 0, false: time.Hour}[r.Tables.TTLFirst()]; report.PastExpiryOwn() != want {
			t.Errorf("past expiry %v, not %v", report.PastExpiryOwn(), want)
		}
	})
}

// TestFault_F10_WhatTTLNeverTakesIsReported plants expiries that DynamoDB ignores. Without the report, such items would stay for
// ever and nobody would notice.
func TestFault_F10_WhatTTLNeverTakesIsReported(t *testing.T) {
	for name, c := range map[string]struct {
		kind    policy.Kind
		expires func(now time.Time) types.AttributeValue
		expired int // how many of them also count as expired
	}{
		"as text": {policy.ConsentRecord, func(now time.Time) types.AttributeValue {
			return dynamo.String(strconv.FormatInt(now.Unix()+1e6, 10))
		}, 0},
		"in milliseconds": {policy.MailboxLink, func(now time.Time) types.AttributeValue { return dynamo.Number(now.UnixMilli()) }, 0},
		"a fraction":      {policy.MailboxLink, func(time.Time) types.AttributeValue { return &types.AttributeValueMemberN{Value: "1795435200.5"} }, 0},
		"missing":         {policy.RequestEvent, func(time.Time) types.AttributeValue { return nil }, 0},
		"five years ago": {policy.RetentionReport, func(now time.Time) types.AttributeValue {
			return dynamo.Seconds(now.AddDate(-5, 0, 0).Add(-time.Second))
		}, 1},
	} {
		r := newRig(t)
		s := samples[c.kind]
		r.plant(t, s.table, s.pk, s.sk, c.expires(r.Clock.Now()))
		report := r.sweep(t)
		if o := rowOf(t, report, c.kind); o.Ignored != 1 || o.Expired != c.expired {
			t.Errorf("%s: %+v", name, o)
		}
		if past := report.PastExpiryOwn(); past < 5*365*24*time.Hour {
			t.Errorf("%s: past expiry %v rings nothing", name, past)
		}
	}
}

// An open request has no expiry and needs none. Neither does an alias of a data subject while some of their data has no end date.
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

// A key without a kind may be left by a newer version that was rolled back. The report has a row for such keys.
func TestPromise_F08_UnknownKeysAreReported(t *testing.T) {
	r := newRig(t)
	r.plant(t, "RequestsTable", "x#1", "NEW", dynamo.Seconds(r.Clock.Now().Add(-time.Hour)))
	if o := rowOf(t, r.sweep(t), retention.UnknownKind); o.Looked != 1 || o.Expired != 1 || o.Rule != "" {
		t.Errorf("%+v", o)
	}
}

// TestFault_F09_OwnKindsThreeDaysLateRing sweeps while TTL deletes nothing. The metric grows until it exceeds the alarm's 72 hours.
// Only then does the log name a few keys.
func TestFault_F09_OwnKindsThreeDaysLateRing(t *testing.T) {
	r := newRig(t)
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)
	for i := range 5 {
		r.plant(t, "RequestsTable", "limit#a#2026-11-22", fmt.Sprintf("file#12:0%d", i), dynamo.Seconds(r.Clock.Now()))
	}
	expired := r.Clock.Now()
	for _, hour := range []int{0, 1, 24, 71, 72, 73} {
		log.Reset()
		r.Clock.Set(expired.Add(time.Duration(hour) * time.Hour))
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

// F18: the schedule did not run for three days. The next sweep sees what the missed ones would have seen, and how old it is by then.
func TestFault_F18_OwnKindsAfterThreeDays(t *testing.T) {
	enginetest.BothTTLs(t, func(t *testing.T) {
		r := newRig(t)
		s := samples[policy.MailboxLink]
		r.plant(t, s.table, s.pk, s.sk, dynamo.Seconds(r.Clock.Now().Add(time.Hour)))
		r.sweep(t)
		r.Clock.Advance(74 * time.Hour)
		want := 73 * time.Hour
		if r.Tables.TTLFirst() {
			want = 0
		}
		if report := r.sweep(t); report.PastExpiryOwn() != want {
			t.Errorf("past expiry %v, not %v", report.PastExpiryOwn(), want)
		}
	})
}
