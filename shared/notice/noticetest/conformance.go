package noticetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/notice"
)

// Noon is when the clock of a conformance test stands.
var Noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// Opened is an empty store under test.
type Opened struct {
	Stores
	Advance func(time.Duration) // moves the store's clock
	Settle  func()              // makes late reads catch up
}

// Conformance checks that a store behaves as package notice expects. The real store and [Memory] pass it.
func Conformance(t *testing.T, open func(t *testing.T) Opened) {
	for name, check := range map[string]func(*testing.T, Opened){
		"campaigns come back":    campaignsComeBack,
		"one runner at a time":   oneRunner,
		"an act stops a runner":  actStops,
		"a recipient moves once": recipientMoves,
		"due recipients":         dueRecipients,
		"claims stay":            claimsStay,
		"arrivals":               arrivals,
		"what is over is gone":   over,
		"partitions":             partitions,
	} {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
}

// full returns a campaign none of whose attributes is empty.
func full(version string) notice.Campaign {
	at := func(hours int) time.Time { return Noon.Add(time.Duration(hours) * time.Hour) }
	return notice.Campaign{
		Version: version, Kind: "significant", State: notice.Running, Reason: notice.Sandbox,
		CreatedAt: at(-9), AnnounceAt: at(-8), Deadline: at(99), EndsAt: at(999), StartedAt: at(-7), FinishedAt: at(1000), MovedAt: at(-1),
		Expected: 5, CountedAt: at(-6), WalkBegan: at(-5), LastWalk: at(-4), Shard: 3, Cursor: "12#ab", Next: 7, Open: 7, Lost: []int{3, 5},
		Retry: 2, RetryAskedAt: at(-2), RetryBegunAt: at(-3), Tally: notice.Tally{Calls: 1, Accepted: 2, Failed: 3, Waiting: 4, Unknown: 5},
		Lease: notice.Lease{Holder: "me", Until: at(1)}, ExpiresAt: at(9999),
	}
}

func campaignsComeBack(t *testing.T, s Opened) {
	want := full("2026-12-01")
	must(t, s.Create(t.Context(), []notice.Campaign{want, {Version: "2026-11-02", State: notice.Before, ExpiresAt: Noon.Add(time.Hour)}}))
	all, err := s.Load(t.Context(), "2026-12-01", "never", "2026-11-02")
	if err != nil || len(all) != 2 || all[1].State != notice.Before {
		t.Fatalf("%+v, %v", all, err)
	}
	same(t, want, all[0])
	if err := s.Create(t.Context(), []notice.Campaign{{Version: "2027-01-01"}, want}); !errors.Is(err, notice.ErrChanged) {
		t.Errorf("created twice: %v", err)
	}
	if s.Settle(); len(all) == 2 {
		if all, err = s.All(t.Context()); err != nil || len(all) != 2 {
			t.Errorf("%d campaigns, %v", len(all), err)
		}
	}
	want.State, want.Reason, want.Cursor, want.Shard, want.Open, want.Tally.Unknown = notice.Following, "", "", 4, 0, 6
	want.StartedAt, want.WalkBegan = time.Time{}, time.Time{}
	other := want // the runner changes neither when the campaign starts nor what staff has asked for
	other.RetryAskedAt, other.EndsAt, other.ExpiresAt = Noon, Noon, Noon
	must(t, s.Save(t.Context(), notice.Running, other))
	back, err := s.Lease(t.Context(), want.Version, want.Lease)
	must(t, err)
	same(t, want, back)
}

func oneRunner(t *testing.T, s Opened) {
	c := full("2026-12-01")
	must(t, s.Create(t.Context(), []notice.Campaign{c}))
	other := notice.Lease{Holder: "other", Until: Noon.Add(2 * time.Hour)}
	lost(t, "leased twice", failure(s.Lease(t.Context(), c.Version, other)))
	lost(t, "leased what is not there", failure(s.Lease(t.Context(), "never", other)))
	c.State = notice.Following
	for range 2 { // the SDK repeats a save whose answer was lost (fault F01)
		must(t, s.Save(t.Context(), notice.Running, c))
	}
	s.Advance(time.Hour)
	must(t, failure(s.Lease(t.Context(), c.Version, other)))
	must(t, failure(s.Lease(t.Context(), c.Version, other))) // and so a lease
	lost(t, "saved without the lease", s.Save(t.Context(), notice.Following, c))
}

func actStops(t *testing.T, s Opened) {
	c := full("2026-12-01")
	must(t, s.Create(t.Context(), []notice.Campaign{c}))
	paused, err := c.Pause()
	must(t, err)
	entry := audit.New(audit.Actor{Kind: audit.Operator, ID: "ada"}, audit.NoticePaused, "notice 2026-12-01", Noon)
	must(t, s.Act(t.Context(), c, paused, entry, Noon.Add(time.Hour)))
	entry = audit.New(entry.Actor, entry.Act, entry.About, Noon)
	if err := s.Act(t.Context(), c, paused, entry, Noon.Add(time.Hour)); !errors.Is(err, notice.ErrChanged) {
		t.Errorf("the state was another: %v", err)
	}
	if err := s.Save(t.Context(), notice.Running, c); !errors.Is(err, notice.ErrChanged) {
		t.Errorf("the runner went on: %v", err)
	}
	back, err := s.Load(t.Context(), c.Version)
	must(t, err)
	same(t, paused, back[0])
}

func recipientMoves(t *testing.T, s Opened) {
	r := notice.Recipient{
		Alias: "i#1#a", Outcome: notice.Unknown, Reason: notice.Bounced, Permanent: true, Attempt: 2, Since: Noon, Claim: 7, Position: 3, MessageID: "m",
		Doubled: true, Unsettled: true, Complained: true, Followed: true, NextAt: Noon.Add(time.Hour), ExpiresAt: Noon.Add(99 * time.Hour),
	}
	stored, err := s.Put(t.Context(), "v", notice.Recipient{}, r)
	must(t, err)
	r.Revision = 1
	same(t, r, stored)
	if stored, err := s.Put(t.Context(), "v", notice.Recipient{}, notice.Recipient{Alias: "i#1#a"}); !errors.Is(err, notice.ErrChanged) || stored != r {
		t.Errorf("stored twice: %+v, %v", stored, err)
	}
	next := notice.Recipient{Alias: "i#1#a", Outcome: notice.Delivered, Revision: 1, ExpiresAt: r.ExpiresAt}
	next, err = s.Put(t.Context(), "v", r, next)
	must(t, err)
	if stored, err := s.Put(t.Context(), "v", r, r); !errors.Is(err, notice.ErrChanged) || stored != next || next.Revision != 2 {
		t.Errorf("an old revision was replaced: %+v, %v", stored, err)
	}
	for name, was := range map[string]notice.Recipient{
		"outcome": {Alias: "i#1#a", Outcome: notice.Accepted, Revision: 2}, "claim": {Alias: "i#1#a", Outcome: notice.Delivered, Claim: 7, Revision: 2},
	} {
		if stored, err := s.Put(t.Context(), "v", was, r); !errors.Is(err, notice.ErrChanged) || stored != next {
			t.Errorf("replaced on a wrong guess of the %s: %+v, %v", name, stored, err)
		}
	}
	absent := notice.Recipient{Alias: "i#1#b", Revision: 1}
	if stored, err := s.Put(t.Context(), "v", absent, absent); !errors.Is(err, notice.ErrChanged) || stored != (notice.Recipient{Alias: "i#1#b"}) {
		t.Errorf("what was not there was replaced: %+v, %v", stored, err)
	}
	known, err := s.Known(t.Context(), "v", []string{"i#1#a", "i#1#b", "i#1#a"})
	if err != nil || len(known) != 1 || known["i#1#a"] != next {
		t.Errorf("%+v, %v", known, err)
	}
	if known, err := s.Known(t.Context(), "w", []string{"i#1#a"}); err != nil || len(known) != 0 {
		t.Errorf("known to another campaign: %+v, %v", known, err)
	}
}

func dueRecipients(t *testing.T, s Opened) {
	for i, alias := range []string{"i#1#c", "i#1#b", "i#1#a", "i#1#d"} {
		must(t, failure(s.Put(t.Context(), "v", notice.Recipient{}, notice.Recipient{Alias: alias, Outcome: notice.Waiting, NextAt: Noon.Add(time.Duration(i-2) * time.Hour)})))
	}
	must(t, failure(s.Put(t.Context(), "w", notice.Recipient{}, notice.Recipient{Alias: "i#1#z", NextAt: Noon})))
	must(t, failure(s.Put(t.Context(), "v", notice.Recipient{Outcome: notice.Waiting, Revision: 1}, notice.Recipient{Alias: "i#1#b"})))
	s.Settle()
	for limit, want := range map[int][]string{9: {"i#1#c", "i#1#a"}, 1: {"i#1#c"}} {
		if due, err := s.Due(t.Context(), "v", Noon, limit); err != nil || !slices.Equal(due, want) {
			t.Errorf("%d due: %v, %v", limit, due, err)
		}
	}
}

func claimsStay(t *testing.T, s Opened) {
	want := notice.Claim{Version: "v", Number: 12, At: Noon, Again: true, Aliases: []string{"i#1#b", "i#1#a"}}
	must(t, s.Claim(t.Context(), want, Noon.Add(time.Hour)))
	if err := s.Claim(t.Context(), notice.Claim{Version: "v", Number: 12}, Noon); !errors.Is(err, notice.ErrChanged) {
		t.Errorf("claimed twice: %v", err)
	}
	got, found, err := s.Claimed(t.Context(), "v", 12)
	if diff := cmp.Diff(want, got); diff != "" || !found || err != nil {
		t.Error(diff, found, err)
	}
	if _, found, err := s.Claimed(t.Context(), "v", 13); found || err != nil {
		t.Errorf("%v, %v", found, err)
	}
}

func arrivals(t *testing.T, s Opened) {
	if at, err := s.LastArrival(t.Context(), "v"); err != nil || !at.IsZero() {
		t.Errorf("%v, %v", at, err)
	}
	for i := range 2 {
		at := Noon.Add(time.Duration(i) * time.Minute)
		must(t, s.Arrived(t.Context(), "v", at, Noon.Add(time.Hour)))
		if last, err := s.LastArrival(t.Context(), "v"); err != nil || !last.Equal(at) {
			t.Errorf("%v, %v", last, err)
		}
	}
}

// over: what has reached the end of its retention is not there any more, even if TTL has not deleted it (fault F09).
func over(t *testing.T, s Opened) {
	end := Noon.Add(time.Hour)
	must(t, s.Create(t.Context(), []notice.Campaign{{Version: "v", ExpiresAt: end, State: notice.Before}}))
	must(t, failure(s.Put(t.Context(), "v", notice.Recipient{}, notice.Recipient{Alias: "i#1#a", ExpiresAt: end})))
	must(t, s.Claim(t.Context(), notice.Claim{Version: "v", Number: 1}, end))
	must(t, s.Arrived(t.Context(), "v", Noon, end))
	s.Advance(time.Hour)
	all, err := s.Load(t.Context(), "v")
	must(t, err)
	known, err := s.Known(t.Context(), "v", []string{"i#1#a"})
	must(t, err)
	_, found, err := s.Claimed(t.Context(), "v", 1)
	must(t, err)
	at, err := s.LastArrival(t.Context(), "v")
	must(t, err)
	if len(all)+len(known)+count(s, "v") != 0 || found || !at.IsZero() {
		t.Errorf("%v, %v, %v, %v", all, known, found, at)
	}
	must(t, s.Create(t.Context(), []notice.Campaign{{Version: "v", State: notice.Scheduled}}))
	must(t, failure(s.Put(t.Context(), "v", notice.Recipient{}, notice.Recipient{Alias: "i#1#a"})))
}

func partitions(t *testing.T, s Opened) {
	for _, alias := range []string{"i#1#a", "i#1#b", "i#1#c"} {
		must(t, failure(s.Put(t.Context(), "v", notice.Recipient{}, notice.Recipient{Alias: alias, Outcome: notice.Failed})))
	}
	must(t, failure(s.Put(t.Context(), "w", notice.Recipient{}, notice.Recipient{Alias: "i#1#z"})))
	if s.Settle(); count(s, "v") != 3 {
		t.Errorf("%d recipients", count(s, "v"))
	}
}

func count(s Stores, version string) (n int) {
	for p := range notice.Partitions {
		for _, err := range s.Partition(context.Background(), version, p) {
			if err == nil {
				n++
			}
		}
	}
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func lost(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, notice.ErrLeaseLost) {
		t.Errorf("%s: %v", what, err)
	}
}

func same[V any](t *testing.T, want, got V) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// failure returns the error of a call with another result.
func failure[V any](_ V, err error) error { return err }
