package standing

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// F08: the aliases and the state of a subject are kept as long as the last record, and at most a month longer.
func TestPromise_F08_WhatFindsASubjectLivesAsLongAsTheLastRecord(t *testing.T) {
	state, now := Unknown, at("2026-11-23")
	check := func(name, want string) {
		t.Helper()
		if got, ends := state.Ends(accountRule); ends != (want != "") || !got.Equal(at(want)) {
			t.Errorf("%s: %v %v", name, got, ends)
		}
	}
	state = state.Stored(privacy.SecurityLog, at("2026-12-05"), true, now)
	check("a log", "2027-01-01")
	state = state.Stored(privacy.SecurityLog, at("2026-12-20"), true, now)
	check("a later log of the month", "2027-01-01")
	state = state.Seen(at("2026-11-05")).Stored(privacy.Identity, at("2028-11-05"), true, now)
	check("a lead's name", "2028-12-01")
	state = state.Stored(privacy.Transaction, at("2033-03-03"), true, now)
	check("an invoice", "2033-04-01")
	state = state.Stored(privacy.Transaction, at("2029-03-03"), true, now)
	check("an older invoice", "2033-04-01")
	before := state
	state = state.Contracted([]Account{{ID: "a"}})
	check("a running contract", "")
	state = before.Contracted([]Account{{ID: "a", EndedAt: at("2033-01-15")}})
	check("a contract that ends long after", "2035-02-01")
	state = before.Stored(privacy.Marketing, time.Time{}, false, now)
	check("marketing data under a consent", "")
}

// A transition to the end that the state already has changes nothing.
func TestPromise_F08_AnEndAtTheSameTimeMovesNothing(t *testing.T) {
	first := at("2027-01-01")
	s := State{Contract: Ended, EndedAt: at("2025-01-01"), AccountData: true, Latest: first}
	if got, ends := s.Ends(accountRule); !ends || !got.Equal(first) {
		t.Errorf("account data that ends on the day: %v %t", got, ends)
	}
	if got := s.Known(first); !got.Equal(s) {
		t.Errorf("known until the same time: %+v", got)
	}
	if got := Unknown.Known(noon); !got.Latest.Equal(noon) {
		t.Errorf("known until a whole second: %v", got.Latest)
	}
	if got := s.Stored(privacy.Transaction, first, true, first); !got.Equal(s) {
		t.Errorf("stored until the same time: %+v", got)
	}
	if got := Unknown.Seen(first).Seen(first); !got.Newest.Equal(first) {
		t.Errorf("seen twice: %v", got.Newest)
	}
}

// F08: a subject whose address was only typed is known to the second. A subject of whom something is stored is known to the end of the
// month. Neither end moves back.
func TestPromise_F08_AnEndIsNeverMovedBack(t *testing.T) {
	soak.Check(t, func(t *rapid.T) {
		state := Unknown
		for range rapid.IntRange(1, 6).Draw(t, "events") {
			until := time.Unix(rapid.Int64Range(1.7e9, 1.9e9).Draw(t, "until"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds"))
			before, slack := state.Latest, time.Second
			if rapid.Bool().Draw(t, "typed") {
				state = state.Known(until)
			} else {
				state, slack = state.Stored(privacy.Communication, until, true, noon), 31*24*time.Hour
			}
			if state.Latest.Before(before) || state.Latest.Before(until) {
				t.Fatalf("known until %v, then until %v of %v", before, state.Latest, until)
			}
			if state.Latest.After(before) && (state.Latest.Sub(until) > slack || !state.Latest.Equal(state.Latest.Truncate(time.Second)) || state.Latest.Location() != time.UTC) {
				t.Fatalf("known until %v for the sake of %v", state.Latest, until)
			}
		}
	})
}

// F04: only the first marketing record without a choice starts the period. No record of another category does.
func TestPromise_F04_TheFirstMarketingRecordStartsThePeriod(t *testing.T) {
	local := time.Date(2026, 11, 23, 13, 0, 0, 5, time.FixedZone("east", 3600))
	for name, c := range map[string]struct {
		before   State
		category privacy.Category
		want     time.Time
	}{
		"the first":     {Unknown, privacy.Marketing, local},
		"the second":    {State{Unconsented: noon.AddDate(0, 0, -1)}, privacy.Marketing, noon.AddDate(0, 0, -1)},
		"consented":     {State{Marketing: Consented}, privacy.Marketing, time.Time{}},
		"withdrawn":     {State{Marketing: Withdrawn}, privacy.Marketing, time.Time{}},
		"anything else": {Unknown, privacy.Communication, time.Time{}},
	} {
		got := c.before.Stored(c.category, noon.AddDate(1, 0, 0), true, local)
		if !got.Unconsented.Equal(c.want) || !got.Unconsented.IsZero() && got.Unconsented.Location() != time.UTC {
			t.Errorf("%s: %v", name, got.Unconsented)
		}
	}
}

// The state says what is stored of each category.
func TestPromise_F08_WhatIsStoredShows(t *testing.T) {
	for _, category := range privacy.Categories {
		for _, ends := range []bool{true, false} {
			got := Unknown.Stored(category, noon, ends, noon)
			account := category.IsAccountData()
			if got.AccountData != account || got.Endless != (!account && !ends) || got.Latest.IsZero() != (account || !ends) {
				t.Errorf("%s, ends %t: %+v", category, ends, got)
			}
		}
	}
}
