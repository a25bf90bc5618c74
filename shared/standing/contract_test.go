package standing

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

var (
	accountRule   = policy.Newest().RetentionFor(privacy.Account)
	marketingRule = policy.Newest().RetentionFor(privacy.Marketing)
)

// at reads a date or a time; "" is the zero time.
func at(s string) time.Time {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	if s != "" {
		panic("no time: " + s)
	}
	return time.Time{}
}

// A contract runs until its end, but no longer at that moment.
func TestPromise_F01_AContractRunsUntilItsEnd(t *testing.T) {
	now := at("2026-11-23T12:00:00Z")
	for ended, runs := range map[string]bool{"": true, "2026-11-23T11:59:59Z": false, "2026-11-23T12:00:00Z": false, "2026-11-23T12:00:01Z": true} {
		if got := (Account{EndedAt: at(ended)}).Runs(now); got != runs {
			t.Errorf("an end at %q: runs %t", ended, got)
		}
	}
}

func TestPromise_F01_AnOldLineUndoesNoEnd(t *testing.T) {
	const past, ahead = "2026-02-01", "2027-02-01"
	for name, c := range map[string]struct {
		started, ended, known string
		later, closed         bool
		want                  string
	}{
		"a later record of the same contract":            {"2024-01-01", "", past, true, false, past},
		"the same record again":                          {"2024-01-01", "", past, false, false, past},
		"a new contract":                                 {"2026-02-02", "", past, true, false, ""},
		"a contract that began when the other ended":     {past, "", past, true, false, past},
		"a first contract":                               {"2026-01-01", "", "", true, false, ""},
		"a later record, while the end lies ahead":       {"2024-01-01", "", ahead, true, false, ""},
		"a later record, at the end":                     {"2024-01-01", "", "2026-11-23", true, false, "2026-11-23"},
		"the same record, while the end lies ahead":      {"2024-01-01", "", ahead, false, false, ahead},
		"a later record that says closed without an end": {"2024-01-01", "", ahead, true, true, ahead},
		"a record with another end":                      {"2024-01-01", "2026-03-01", past, true, false, "2026-03-01"},
	} {
		before := Account{ID: "a", StartedAt: at(c.started), EndedAt: at(c.ended), Closed: c.closed}
		got := before.WithKnownEnd(at(c.known), c.later, at("2026-11-23"))
		if !got.EndedAt.Equal(at(c.want)) {
			t.Errorf("%s: ends %v", name, got.EndedAt)
		}
		if got.EndedAt = before.EndedAt; !got.Equal(before) {
			t.Errorf("%s: more than the end changed: %+v", name, got)
		}
	}
}

// F01: an end that has passed is never lost. Whatever records of the same contract come after it, the contract has an end.
func TestPromise_F01_AnEndThatHasPassedIsNeverLost(t *testing.T) {
	now := at("2026-11-23")
	soak.Check(t, func(t *rapid.T) {
		known := now.AddDate(0, 0, -rapid.IntRange(0, 900).Draw(t, "days since the end"))
		for range rapid.IntRange(1, 6).Draw(t, "records") {
			a := Account{StartedAt: known.AddDate(0, 0, -rapid.IntRange(0, 900).Draw(t, "days of the contract")), Closed: rapid.Bool().Draw(t, "closed")}
			if rapid.Bool().Draw(t, "has another end") {
				a.EndedAt = now.AddDate(0, 0, -rapid.IntRange(0, 900).Draw(t, "days since that end"))
			}
			got := a.WithKnownEnd(known, rapid.Bool().Draw(t, "later"), now)
			if got.EndedAt.IsZero() || a.EndedAt.IsZero() && !got.EndedAt.Equal(known) || got.Runs(now) {
				t.Fatalf("%+v after an end at %v: %+v", a, known, got)
			}
			known = got.EndedAt
		}
	})
}

// If one of several accounts has no end, the contract has none. Otherwise it ends with the last of them, in whatever order they are given.
func TestPromise_F01_TheLastContractDecides(t *testing.T) {
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	soak.Check(t, func(t *rapid.T) {
		accounts, running, last := []Account{}, false, time.Time{}
		for range rapid.IntRange(1, 5).Draw(t, "accounts") {
			end := day.AddDate(0, 0, rapid.IntRange(0, 400).Draw(t, "end"))
			if rapid.IntRange(0, 4).Draw(t, "runs") == 0 {
				end, running = time.Time{}, true
			}
			if end.After(last) {
				last = end
			}
			accounts = append(accounts, Account{EndedAt: end})
		}
		before := State{Contract: NoContract, Newest: day, EndedAt: day.AddDate(9, 0, 0)}
		want := State{Contract: Ended, Newest: day, EndedAt: last}
		if running {
			want.Contract, want.EndedAt = Running, time.Time{}
		}
		for _, order := range [][]Account{accounts, rapid.Permutation(accounts).Draw(t, "order")} {
			if got := before.Contracted(order); !got.Equal(want) {
				t.Fatalf("%+v: %+v", order, got)
			}
		}
		if got := before.Contracted(slices.Delete(accounts, 0, len(accounts))); !got.Equal(before) {
			t.Fatalf("without accounts: %+v", got)
		}
	})
}

func TestPromise_F01_TheEndCountsOfWhatIsForgotten(t *testing.T) {
	now := at("2026-11-23")
	for ended, counts := range map[string]bool{"2026-02-01": false, "2024-11-24": false, "2024-11-23": true, "2023-02-01": true} {
		want := time.Time{}
		if counts {
			want = at(ended)
		}
		if got := (State{Contract: Ended, EndedAt: at(ended)}).ForgottenEnd(accountRule, now); !got.Equal(want) {
			t.Errorf("%s: %v", ended, got)
		}
	}
	if got := Unknown.ForgottenEnd(accountRule, now); !got.IsZero() {
		t.Error(got)
	}
}

func TestPromise_F01_AccountDataEndsTwoYearsAfterTheContract(t *testing.T) {
	lead := Unknown.Seen(at("2025-03-01")).Seen(at("2024-01-01"))
	running := lead.Contracted([]Account{{ID: "a"}})
	ended := running.Contracted([]Account{{ID: "a", EndedAt: at("2026-02-28")}, {ID: "b", EndedAt: at("2024-02-29")}})
	for name, c := range map[string]struct {
		state State
		want  string
	}{
		"a lead": {lead, "2027-03-01"}, "a customer": {running, ""}, "a customer of whom more is heard": {running.Seen(at("2026-11-01")), ""},
		"one who left": {ended, "2028-02-28"}, "one who left, heard of later": {ended.Seen(at("2026-11-01")), "2028-02-28"},
		"one who came back": {ended.Contracted([]Account{{ID: "a", EndedAt: at("2026-02-28")}, {ID: "b"}}), ""},
	} {
		if got, ends := c.state.AccountDataEnds(accountRule); ends != (c.want != "") || !got.Equal(at(c.want)) {
			t.Errorf("%s: %v %t", name, got, ends)
		}
	}
	for _, s := range []State{running, ended} {
		if got := s.Seen(at("2030-01-01")); !got.Equal(s) {
			t.Errorf("a record moved the state of somebody who had a contract: %+v", got)
		}
	}
}
