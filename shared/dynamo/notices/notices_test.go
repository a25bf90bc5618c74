package notices

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/notice"
)

func TestMain(m *testing.M) { os.Exit(enginetest.EachEngine(m)) }

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func newStore(t *testing.T) (*Store, *enginetest.Tables) {
	tables := enginetest.DynamoDB(t)
	return &Store{Client: tables.Client, Table: tables.Name("NoticesTable"), Ledger: tables.Name("LedgerTable"), Now: tables.Clock(noon).Now}, tables
}

// full returns a campaign none of whose attributes is empty.
func full(version string) notice.Campaign {
	at := func(hours int) time.Time { return noon.Add(time.Duration(hours) * time.Hour) }
	return notice.Campaign{
		Version: version, Kind: "significant", State: notice.Running, Reason: notice.Sandbox,
		CreatedAt: at(-9), AnnounceAt: at(-8), Deadline: at(99), EndsAt: at(999), StartedAt: at(-7), FinishedAt: at(1000), Expected: 5, CountedAt: at(-6),
		WalkBegan: at(-5), LastWalk: at(-4), Shard: 3, Cursor: "12#ab", Next: 7, Open: 7, Retry: 2,
		Tally:     notice.Tally{Calls: 1, Accepted: 2, Failed: 3, Waiting: 4, Unknown: 5},
		Lease:     notice.Lease{Holder: "me", Until: at(1)},
		ExpiresAt: at(9999),
	}
}

// What is stored comes back, whole, from a creation, a save and a lease.
func TestCampaignsComeBack(t *testing.T) {
	s, tables := newStore(t)
	want := full("2026-12-01")
	if err := s.Create(t.Context(), []notice.Campaign{want, {Version: "2026-11-02", State: notice.Before, ExpiresAt: noon.Add(time.Hour)}}); err != nil {
		t.Fatal(err)
	}
	all, err := s.Load(t.Context(), "2026-12-01", "never", "2026-11-02")
	if err != nil || len(all) != 2 || all[1].State != notice.Before {
		t.Fatalf("%+v, %v", all, err)
	}
	if diff := cmp.Diff(want, all[0]); diff != "" {
		t.Error(diff)
	}
	if err := s.Create(t.Context(), []notice.Campaign{{Version: "2027-01-01", State: notice.Scheduled}, want}); !errors.Is(err, notice.ErrChanged) {
		t.Errorf("a second creation: %v", err)
	}
	tables.Settle() // the list of campaigns is an index
	if all, err := s.All(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("%d campaigns, %v", len(all), err)
	}
	want.State, want.Reason, want.Cursor, want.Shard, want.Open, want.Tally.Unknown = notice.Following, "", "", 4, 0, 6
	want.StartedAt, want.WalkBegan = time.Time{}, time.Time{}
	if err := s.Save(t.Context(), notice.Running, want); err != nil {
		t.Fatal(err)
	}
	back, err := s.Lease(t.Context(), want.Version, want.Lease)
	if diff := cmp.Diff(want, back); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// F01: a save whose answer was lost is repeated by the SDK, and succeeds. F18: one invocation has the lease at a time.
func TestFault_F18_OneRunnerAtATime(t *testing.T) {
	s, _ := newStore(t)
	c := full("2026-12-01")
	if err := s.Create(t.Context(), []notice.Campaign{c}); err != nil {
		t.Fatal(err)
	}
	other := notice.Lease{Holder: "other", Until: noon.Add(2 * time.Minute)}
	if _, err := s.Lease(t.Context(), c.Version, other); !errors.Is(err, notice.ErrLeaseLost) {
		t.Errorf("leased twice: %v", err)
	}
	if _, err := s.Lease(t.Context(), "never", other); !errors.Is(err, notice.ErrLeaseLost) {
		t.Errorf("leased what is not there: %v", err)
	}
	c.State = notice.Following
	for range 2 {
		if err := s.Save(t.Context(), notice.Running, c); err != nil {
			t.Errorf("a save that is repeated: %v", err)
		}
	}
	s.Now = func() time.Time { return c.Lease.Until }
	if _, err := s.Lease(t.Context(), c.Version, other); err != nil {
		t.Errorf("the lease does not end by itself: %v", err)
	}
	if err := s.Save(t.Context(), notice.Following, c); !errors.Is(err, notice.ErrLeaseLost) {
		t.Errorf("saved without the lease: %v", err)
	}
}

// An act of staff is stored with its entry, and the runner learns of it.
func TestAnActStopsTheRunner(t *testing.T) {
	s, _ := newStore(t)
	c := full("2026-12-01")
	if err := s.Create(t.Context(), []notice.Campaign{c}); err != nil {
		t.Fatal(err)
	}
	paused, err := c.Pause()
	if err != nil {
		t.Fatal(err)
	}
	entry := audit.New(audit.Actor{Kind: audit.Operator, ID: "ada"}, audit.NoticePaused, "notice 2026-12-01", noon)
	if err := s.Act(t.Context(), c, paused, entry, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := s.Act(t.Context(), c, paused, entry, noon.Add(time.Hour)); !errors.Is(err, notice.ErrChanged) {
		t.Errorf("the state was another: %v", err)
	}
	if err := s.Save(t.Context(), notice.Running, c); !errors.Is(err, notice.ErrChanged) {
		t.Errorf("the runner went on: %v", err)
	}
	back, err := s.Load(t.Context(), c.Version)
	if err != nil || back[0].State != notice.Paused || back[0].Reason != "" || back[0].Cursor != c.Cursor {
		t.Errorf("%+v, %v", back, err)
	}
}
