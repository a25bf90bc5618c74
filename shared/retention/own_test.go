package retention

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// drawers are tables of own items in memory with one item on each page. Reading a page moves the clock.
type drawers struct {
	items map[string][]OwnItem
	clock *testclock.Clock
	takes time.Duration // what a page costs
	fails string        // a table of which only the first page is answered
}

func (*drawers) Tables() []string { return []string{"a", "b"} }

func (*drawers) Kinds() []policy.Kind { return []policy.Kind{policy.ClientCounter, policy.Request} }

func (d *drawers) Pages(_ context.Context, table string, from Position) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		i, _ := strconv.Atoi(from.SK)
		for first := true; ; first = false {
			if d.clock.Advance(d.takes); table == d.fails && !first {
				yield(Page{}, errors.New("throttled"))
				return
			}
			page := Page{Next: Position{table, fmt.Sprint(i + 1)}, Last: i+1 >= len(d.items[table])}
			if page.Items = d.items[table][min(i, len(d.items[table])):min(i+1, len(d.items[table]))]; page.Last {
				page.Next = Position{}
			}
			if !yield(page, nil) || page.Last {
				return
			}
			i++
		}
	}
}

// add puts that many counters into a table.
func (d *drawers) add(table string, count int, expires time.Time) {
	if d.items == nil {
		d.items = map[string][]OwnItem{}
	}
	for range count {
		d.items[table] = append(d.items[table], OwnItem{PK: "limit#x", SK: table, Kind: policy.ClientCounter, ExpiresAt: expires})
	}
}

func (d *drawers) survey(deadline time.Time) Survey {
	return Survey{Own: d, Policy: policy.InForce, Now: d.clock.Now, Deadline: deadline}
}

func TestFault_F05_ASurveyStopsInTimeAndTheNextGoesOn(t *testing.T) {
	d := &drawers{clock: testclock.New(at("2026-11-23T12:00:00Z")), takes: time.Second}
	d.add("a", 6, at("2026-11-23"))
	d.add("b", 6, at("2026-11-23"))
	next := map[string]Position{}
	for run, want := range []map[string]Position{{"a": {"a", "5"}}, {"b": {"b", "4"}}} {
		deadline := d.clock.Now().Add(spare + 4*time.Second)
		rows, goOn, err := d.survey(deadline).Run(t.Context(), next)
		if err != nil || rows[0].Looked != 5 || !maps.Equal(goOn, want) || d.clock.Now().After(deadline.Add(-spare+time.Second)) {
			t.Errorf("run %d looked at %d items until %v and goes on at %v, %v", run, rows[0].Looked, d.clock.Now(), goOn, err)
		}
		next = goOn
	}
	if rows, goOn, err := d.survey(time.Time{}).Run(t.Context(), next); err != nil || rows[0].Looked != 6+2 || len(goOn) != 0 {
		t.Errorf("with time: %+v %v %v", rows, goOn, err)
	}
	if rows, next, err := d.survey(d.clock.Now()).Run(t.Context(), map[string]Position{"a": {"a", "3"}}); err != nil || rows[0].Looked != 0 || next["a"].SK != "3" {
		t.Errorf("without time: %+v %v %v", rows, next, err)
	}
}

func TestASurveyReadsABoundedPartOfATable(t *testing.T) {
	d := &drawers{clock: testclock.New(at("2026-11-23T12:00:00Z"))}
	d.add("a", 2*pagesPerTable, at("2026-11-24"))
	d.add("b", 1, at("2026-11-24"))
	var next map[string]Position
	for run, want := range []int{pagesPerTable + 1, pagesPerTable + 1, pagesPerTable + 1} { // the third begins again
		rows, goOn, err := d.survey(time.Time{}).Run(t.Context(), next)
		if err != nil || rows[0].Looked != want || (len(goOn) == 0) != (run == 1) {
			t.Errorf("run %d: %+v, goes on at %v, %v", run, rows, goOn, err)
		}
		next = goOn
	}
}

func TestAFailedTableKeepsItsPositionAndStopsNoOther(t *testing.T) {
	d := &drawers{clock: testclock.New(at("2026-11-23T12:00:00Z")), fails: "a"}
	d.add("a", 5, at("2026-11-23"))
	d.add("b", 3, at("2026-11-22"))
	rows, next, err := d.survey(time.Time{}).Run(t.Context(), map[string]Position{"a": {"a", "2"}})
	if err == nil || rows[0].Looked != 4 || rows[0].Expired != 4 || !rows[0].ExpiredAt.Equal(at("2026-11-22")) || len(next) != 1 || next["a"].SK != "3" {
		t.Errorf("%+v %v %v", rows, next, err)
	}
}

// The log names the keys of items that raise the alarm, at most three of a kind. It names no item that expired yesterday or has not expired.
func TestPromise_F07_TheLogNamesAFewOwnKeysThatRing(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)
	d := &drawers{clock: testclock.New(at("2026-11-23T12:00:00Z"))}
	d.add("a", 1, at("2026-11-22"))
	d.add("a", 1, at("2026-11-25"))
	d.add("b", 4, at("2026-11-20"))
	d.items["b"] = append(d.items["b"], OwnItem{PK: "r#1", SK: "REQUEST", Kind: policy.Request, Unreadable: true}, OwnItem{PK: "r#2", SK: "REQUEST", Kind: policy.Request})
	rows, _, err := d.survey(time.Time{}).Run(t.Context(), nil)
	if err != nil || rows[0].Looked != 6 || rows[0].Expired != 5 || rows[0].Ignored != 0 || rows[1].Looked != 2 || rows[1].Ignored != 1 {
		t.Fatalf("%+v %v", rows, err)
	}
	var named []string
	for line := range strings.Lines(log.String()) {
		var said struct{ Kind, PK, SK string }
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			t.Fatal(err)
		}
		named = append(named, said.Kind+" "+said.PK+" "+said.SK)
	}
	if c := "client_counter limit#x b"; !slices.Equal(named, []string{c, c, c, "request r#1 REQUEST"}) {
		t.Errorf("%q", named)
	}
}

func TestFault_F10_WhatTTLNeverTakesCountsAsFiveYearsLate(t *testing.T) {
	now := at("2026-11-23")
	day := now.AddDate(0, 0, -1)
	for _, c := range []struct {
		rows []OwnReport
		want time.Time // since when
	}{
		{nil, now},
		{[]OwnReport{{Looked: 7}, {Looked: 1, Expired: 1, ExpiredAt: &day}}, day},
		{[]OwnReport{{Looked: 1, Expired: 1, ExpiredAt: &day}, {Looked: 1, Ignored: 1}}, at("2021-11-23")},
	} {
		if got := (Report{SweptAt: now, Own: c.rows}).PastExpiryOwn(); got != now.Sub(c.want) {
			t.Errorf("%+v: %v", c.rows, got)
		}
	}
}
