package retention

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// shelf is a table of records in memory, in one partition per category, and a clock that each deletion moves.
type shelf struct {
	mu    sync.Mutex
	items map[privacy.Category][]Item
	clock *testclock.Clock
	takes time.Duration // what a deletion costs
	fails string        // a sort key whose deletion fails
}

func (s *shelf) add(category privacy.Category, id string, expires time.Time) {
	if s.items == nil {
		s.items = map[privacy.Category][]Item{}
	}
	s.items[category] = append(s.items[category], Item{PK: "s#1", SK: string(category) + "#" + id, ExpiresAt: expires})
}

func (*shelf) Shards() int { return 1 }

func (s *shelf) Due(_ context.Context, category privacy.Category, _ int) iter.Seq2[Item, error] {
	s.mu.Lock()
	all := slices.Clone(s.items[category])
	s.mu.Unlock()
	slices.SortFunc(all, func(a, b Item) int { return a.ExpiresAt.Compare(b.ExpiresAt) })
	return func(yield func(Item, error) bool) {
		for _, item := range all {
			if !yield(item, nil) {
				return
			}
		}
	}
}

func (s *shelf) Delete(_ context.Context, item Item, cutoff time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock.Advance(s.takes)
	if item.SK == s.fails {
		return false, errors.New("throttled")
	}
	for category, items := range s.items {
		if i := slices.Index(items, item); i >= 0 && !items[i].ExpiresAt.After(cutoff) {
			s.items[category] = slices.Delete(items, i, i+1)
			return true, nil
		}
	}
	return false, nil
}

func (s *shelf) sweep(grace time.Duration, deadline time.Time) Sweep {
	return Sweep{Records: s, Policy: policy.InForce, Now: s.clock.Now, Grace: grace, Deadline: deadline}
}

func row(t *testing.T, r Report, category privacy.Category) CategoryReport {
	t.Helper()
	i := slices.IndexFunc(r.Categories, func(c CategoryReport) bool { return c.Category == category })
	if len(r.Categories) != len(privacy.Categories) || i < 0 {
		t.Fatalf("the report has %d rows", len(r.Categories))
	}
	return r.Categories[i]
}

func TestPromise_F07_WhatIsOverIsRemovedAndReported(t *testing.T) {
	s := &shelf{clock: testclock.New(at("2026-11-23T12:00:00Z"))}
	s.add(privacy.Communication, "over", at("2026-11-20T00:00:00Z"))
	s.add(privacy.Communication, "now", at("2026-11-23T12:00:00Z"))
	s.add(privacy.Communication, "later", at("2026-11-23T12:00:01Z"))
	s.add(privacy.SecurityLog, "later", at("2026-12-23T00:00:00Z"))
	report, err := s.sweep(0, time.Time{}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	chats, logs := row(t, report, privacy.Communication), row(t, report, privacy.SecurityLog)
	if chats.Deleted != 2 || chats.Overdue != 0 || chats.Rule != "transcripts" || !chats.Oldest.Equal(at("2025-11-23T12:00:01Z")) {
		t.Errorf("%+v", chats)
	}
	if logs.Deleted != 0 || !logs.Oldest.Equal(at("2026-09-24")) {
		t.Errorf("%+v", logs)
	}
	if news := row(t, report, privacy.Marketing); news.Oldest != nil {
		t.Errorf("%+v", news)
	}
}

func TestTheGraceLeavesTheFirstHoursToTTL(t *testing.T) {
	s := &shelf{clock: testclock.New(at("2026-11-23T12:00:00Z"))}
	s.add(privacy.Communication, "fresh", at("2026-11-23T00:00:01Z"))
	s.add(privacy.Communication, "left", at("2026-11-23T00:00:00Z"))
	report, err := s.sweep(12*time.Hour, time.Time{}).Run(t.Context())
	if chats := row(t, report, privacy.Communication); err != nil || chats.Deleted != 1 || !chats.Oldest.Equal(at("2025-11-23T00:00:01Z")) {
		t.Errorf("%+v %v", chats, err)
	}
}

func TestFault_F05_ASweepStopsInTimeAndTheNextGoesOn(t *testing.T) {
	s := &shelf{clock: testclock.New(at("2026-11-23T12:00:00Z")), takes: time.Second}
	for i := range 100 {
		s.add(privacy.SecurityLog, fmt.Sprint(i), at("2026-11-01"))
	}
	report, err := s.sweep(0, s.clock.Now().Add(60*time.Second)).Run(t.Context())
	logs := row(t, report, privacy.SecurityLog)
	if err != nil || logs.Deleted < 50 || logs.Deleted > 50+2*parallel || logs.Overdue != 100-logs.Deleted {
		t.Errorf("%+v %v", logs, err)
	}
	if s.clock.Now().After(at("2026-11-23T12:01:00Z").Add(-spare + 2*parallel*time.Second)) {
		t.Errorf("stopped at %v", s.clock.Now())
	}
	again, err := s.sweep(0, time.Time{}).Run(t.Context())
	if rest := row(t, again, privacy.SecurityLog); err != nil || rest.Deleted != 100-logs.Deleted || rest.Overdue != 0 {
		t.Errorf("%+v %v", rest, err)
	}
}

// The log names the key of a record that could not be deleted, so that the team can delete it by hand, and the class of the error.
func TestAFailureStopsNobodyElse(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)
	s := &shelf{clock: testclock.New(at("2026-11-23T12:00:00Z")), fails: "communication#bad"}
	s.add(privacy.Communication, "bad", at("2026-11-01"))
	s.add(privacy.Communication, "good", at("2026-11-02"))
	s.add(privacy.SecurityLog, "good", at("2026-11-02"))
	report, err := s.sweep(0, time.Time{}).Run(t.Context())
	if err == nil {
		t.Error("the failure is not reported")
	}
	chats := row(t, report, privacy.Communication)
	if chats.Deleted != 1 || chats.Overdue != 1 || !chats.Oldest.Equal(at("2025-11-01")) || report.Deleted() != 2 || report.Overdue() != 1 {
		t.Errorf("%+v", report)
	}
	var line struct{ Msg, PK, SK, Error string }
	if err := json.Unmarshal(log.Bytes(), &line); err != nil || line.PK != "s#1" || line.SK != "communication#bad" || line.Error != "*errors.errorString" {
		t.Errorf("%s %v", log.String(), err)
	}
}
