package retention

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// F22: the month after one begins at its first midnight in UTC, wherever the time was read; an expiry leads back to where its period began.
func TestFault_F22_MonthsOfTheSchedule(t *testing.T) {
	for from, want := range map[string]string{
		"2026-12-31T23:59:59Z": "2027-01-01", "2026-12-01": "2027-01-01", "2028-02-29": "2028-03-01", "2026-12-31T23:00:00-02:00": "2027-02-01", "2027-01-01T01:00:00+02:00": "2027-01-01",
	} {
		if got := privacy.NextMonth(at(from)); !got.Equal(at(want)) || got.Location() != time.UTC {
			t.Errorf("the month after %s: %v", from, got)
		}
	}
	for _, rule := range []policy.Retention{{Days: 90}, {Months: 26}, {Years: 7}, {Years: 1, Months: 2, Days: 3}} {
		from := at("2026-11-23T12:00:00Z")
		if ends := rule.Span().After(from); !start(rule, ends).Equal(from) {
			t.Errorf("%v: from %v to %v, and back to %v", rule.Span(), from, ends, start(rule, ends))
		}
	}
	if got := start(policy.Retention{Months: 1, UnconsentedDays: 30}, at("2026-12-31")); !got.Equal(at("2026-11-01")) {
		t.Errorf("marketing data began at %v", got)
	}
}

// F07: a record is overdue if it is still stored more than a day after its expiry, but not exactly a day after. An item of the service's own
// raises the alarm three days after its expiry, and not a moment before.
func TestPromise_F07_WhenTheDayIsOver(t *testing.T) {
	now := at("2026-11-23T12:00:00Z")
	for past, overdue := range map[time.Duration]int{24 * time.Hour: 0, 24*time.Hour + 1: 1, 0: 0} {
		s := &shelf{clock: testclock.New(now), fails: "security_log#x"}
		s.add(privacy.SecurityLog, "x", now.Add(-past))
		report, _ := s.sweep(0, time.Time{}).Run(t.Context())
		if got := row(t, report, privacy.SecurityLog); got.Overdue != overdue || report.PastExpiry != past {
			t.Errorf("%v past its expiry: %+v, %v", past, got, report.PastExpiry)
		}
	}
	for past, lines := range map[time.Duration]int{72 * time.Hour: 1, 72*time.Hour - 1: 0} {
		d := &drawers{clock: testclock.New(now)}
		d.add("a", 1, now.Add(-past))
		if got := linesLogged(t, func() { _, _, _ = d.survey(time.Time{}).Run(t.Context(), nil) }); got != lines {
			t.Errorf("%v past its expiry: %d lines of the log", past, got)
		}
	}
}

// F10: what expired more than five years ago is ignored by TTL; what expired five years ago is not.
func TestFault_F10_WhenFiveYearsAreOver(t *testing.T) {
	now := at("2026-11-23T12:00:00Z")
	for expired, ignored := range map[time.Time]int{at("2021-11-23T12:00:00Z"): 0, at("2021-11-23T11:59:59Z"): 1} {
		d := &drawers{clock: testclock.New(now)}
		d.add("a", 1, expired)
		if rows, _, err := d.survey(time.Time{}).Run(t.Context(), nil); err != nil || rows[0].Expired != 1 || rows[0].Ignored != ignored {
			t.Errorf("expired at %v: %+v, %v", expired, rows[0], err)
		}
	}
}

// An item without an expiry is counted as ignored by TTL if its kind always has an expiry, but not if its kind may lack one. An item whose
// key belongs to no kind is counted in a row of its own.
func TestFault_F10_WhichItemsMayRunOn(t *testing.T) {
	for kind, ignored := range map[policy.Kind]int{policy.ClientCounter: 1, policy.Request: 0, policy.SubjectAlias: 0, policy.SubjectState: 0, UnknownKind: 1} {
		l := look{now: at("2026-11-23"), rows: map[policy.Kind]*OwnReport{}}
		l.item(t.Context(), OwnItem{Kind: kind})
		if got := l.row(kind); got.Looked != 1 || got.Ignored != ignored || got.Expired != 0 {
			t.Errorf("%s without an expiry: %+v", kind, got)
		}
	}
	d := &drawers{clock: testclock.New(at("2026-11-23")), items: map[string][]OwnItem{"a": {{Kind: UnknownKind, Unreadable: true}}}}
	if rows, _, err := d.survey(time.Time{}).Run(t.Context(), nil); err != nil || len(rows) != 3 || rows[2].Kind != UnknownKind || rows[2].Ignored != 1 {
		t.Errorf("%+v, %v", rows, err)
	}
}

// F05: a sweep whose time is out deletes nothing and counts a page of each partition. It has time as long as ten seconds are left.
func TestFault_F05_WithoutTimeASweepOnlyCounts(t *testing.T) {
	now := at("2026-11-23T12:00:00Z")
	for left, want := range map[time.Duration][2]int{spare: {300, 0}, spare - 1: {0, counted}} { // deleted, overdue
		s := &shelf{clock: testclock.New(now)}
		for i := range 300 {
			s.add(privacy.SecurityLog, fmt.Sprint(i), at("2026-11-01"))
		}
		report, err := s.sweep(0, now.Add(left)).Run(t.Context())
		if got := row(t, report, privacy.SecurityLog); err != nil || got.Deleted != want[0] || got.Overdue != want[1] {
			t.Errorf("%v left: %+v, %v", left, got, err)
		}
	}
	if spare != 10*time.Second || counted != 250 {
		t.Errorf("%v are spare, %d items are counted", spare, counted)
	}
}

// broken refuses every deletion.
type broken struct{ *shelf }

func (broken) Delete(context.Context, Item, time.Time) (bool, error) {
	return false, errors.New("throttled")
}

// The log names three keys of a partition that could not be deleted, not thousands.
func TestTheLogNamesAFewRecordsThatWereNotDeleted(t *testing.T) {
	for failures, lines := range map[int]int{2: 2, 3: 3, 4: 3, 20: 3} {
		s := broken{&shelf{clock: testclock.New(at("2026-11-23"))}}
		for i := range failures {
			s.add(privacy.Communication, fmt.Sprint(i), at("2026-11-01"))
		}
		sweep := s.sweep(0, time.Time{})
		sweep.Records = s
		if got := linesLogged(t, func() { _, _ = sweep.Run(t.Context()) }); got != lines {
			t.Errorf("%d failures: %d lines of the log, want %d", failures, got, lines)
		}
	}
}

// linesLogged returns how many lines a call logs.
func linesLogged(t *testing.T, call func()) int {
	t.Helper()
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)
	call()
	return strings.Count(log.String(), "\n")
}
