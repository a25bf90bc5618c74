package retention

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

func at(s string) time.Time {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	panic("no time: " + s)
}

// fields is the data of a record whose period starts at s, whatever its member is called.
func fields(s string) func(string) time.Time {
	return func(string) time.Time { return at(s) }
}

// period checks when a record of the category expires whose period starts at s. want is "" if it never expires.
func period(t *testing.T, category privacy.Category, s, want string) {
	t.Helper()
	got, ends := Expires(policy.Newest().RetentionFor(category), standing.State{}, fields(s), at("2026-11-23"))
	if ends != (want != "") || ends && !got.Equal(at(want)) {
		t.Errorf("%s from %s: %v %v", category, s, got, ends)
	}
}

func TestPromise_F02_InvoicesAreKeptForSevenYears(t *testing.T) {
	period(t, privacy.Transaction, "2024-02-29T10:00:00Z", "2031-02-28T10:00:00Z")
}

func TestPromise_F03_TranscriptsAreKeptForAYear(t *testing.T) {
	period(t, privacy.Communication, "2026-01-31T23:59:59Z", "2027-01-31T23:59:59Z")
}

func TestPromise_F04_MarketingDataEndsWithTheConsentOrWithoutOne(t *testing.T) {
	rule, now := policy.Newest().RetentionFor(privacy.Marketing), at("2026-11-23T12:00:00Z")
	ends := func(name string, s standing.State, now time.Time, want string) {
		t.Helper()
		got, ends := Expires(rule, s, fields("2020-01-01"), now)
		if ends != (want != "") || ends && !got.Equal(at(want)) {
			t.Errorf("%s: %v %v", name, got, ends)
		}
	}
	first := standing.State{Contract: standing.NoContract}
	ends("the first", first, now, "2026-12-23T12:00:00Z")
	stored := first.Stored(privacy.Marketing, at("2026-12-23T12:00:00Z"), true, now)
	later := now.AddDate(0, 0, 20)
	ends("later", stored, later, "2026-12-23T12:00:00Z")
	if again := stored.Stored(privacy.Marketing, at("2026-12-23T12:00:00Z"), true, later); !again.Equal(stored) || stored.Endless {
		t.Errorf("%+v, then %+v", stored, again)
	}
	proof := standing.Proof{Until: at("2030-05-23"), Version: 1}
	agreed := stored.Chosen(rule, standing.Consented, proof, later)
	ends("agreed in time", agreed, later, "")
	if tooLate := stored.Chosen(rule, standing.Consented, proof, at("2026-12-23T12:00:00Z")); !agreed.Endless || tooLate.Endless {
		t.Error("a consent keeps what is still stored, and nothing else")
	}
	proof.Version++
	withdrawn := agreed.Chosen(rule, standing.Withdrawn, proof, later)
	ends("withdrawn", withdrawn, later, "2026-12-13T12:00:00Z")
	if withdrawn.Endless {
		t.Error("withdrawn, and without an end")
	}
	ends("something else decided", stored.Chosen(rule, standing.NoChoice, proof, later), later, "2026-12-23T12:00:00Z")
}

func TestPromise_F05_AnalyticsAreKeptForTwentySixMonths(t *testing.T) {
	period(t, privacy.Analytics, "2025-12-31", "2028-02-29")
}

func TestPromise_F06_SecurityLogsAreKeptForNinetyDays(t *testing.T) {
	period(t, privacy.SecurityLog, "2026-11-01T08:00:00Z", "2027-01-30T08:00:00Z")
}

func TestPromise_F01_AccountDataFollowsTheContract(t *testing.T) {
	rule := policy.Newest().RetentionFor(privacy.Identity)
	lead := standing.State{Contract: standing.NoContract}.Seen(at("2025-03-01")).Seen(at("2024-01-01"))
	running := lead.Contracted([]standing.Account{{ID: "a", StartedAt: at("2025-04-01")}})
	ended := running.Contracted([]standing.Account{{ID: "a", StartedAt: at("2025-04-01"), EndedAt: at("2026-02-28")}, {ID: "b", EndedAt: at("2024-02-29")}})
	again := ended.Contracted([]standing.Account{{ID: "a", EndedAt: at("2026-02-28")}, {ID: "b", StartedAt: at("2026-05-01")}})
	for name, c := range map[string]struct {
		state standing.State
		want  string
	}{
		"a lead": {lead, "2027-03-01"}, "a customer": {running, ""}, "one who left": {ended, "2028-02-28"},
		"a returning customer": {again, ""}, "one who left, heard of later": {ended.Seen(at("2026-11-01")), "2028-02-28"},
	} {
		got, ends := Expires(rule, c.state, fields("2000-01-01"), at("2026-11-23"))
		if ends != (c.want != "") || ends && !got.Equal(at(c.want)) {
			t.Errorf("%s: %v %v", name, got, ends)
		}
	}
}

// TestPromise_F08_EveryPeriodCanStart compares the schedule with the inventory: what starts a category's period is a
// required field of its records, or the contract, or a withdrawal.
func TestPromise_F08_EveryPeriodCanStart(t *testing.T) {
	for _, category := range privacy.Categories {
		rule := policy.Newest().RetentionFor(category)
		inventory, declared := policy.Newest().Category(category)
		if !declared || rule.ID == "" {
			t.Errorf("%s has no rule", category)
			continue
		}
		member := Member(rule)
		if member == "" {
			continue
		}
		if !slices.ContainsFunc(inventory.Fields, func(f policy.Field) bool {
			return f.Name == member && !f.Optional && (f.Type == "time" || f.Type == "date")
		}) {
			t.Errorf("%s: the period starts at %q, which its records need not have", category, member)
		}
	}
}

// TestPromise_F08_NothingIsKeptForEver: every stored record of any category has an end, whatever happens to its data subject. The exceptions
// are a running contract without a known end and a recorded consent to marketing. The subject is known as long as the record is kept.
func TestPromise_F08_NothingIsKeptForEver(t *testing.T) {
	p := policy.Newest()
	account, marketing := p.RetentionFor(privacy.Account), p.RetentionFor(privacy.Marketing)
	soak.Check(t, func(t *rapid.T) {
		now := at("2026-11-23T12:00:00Z")
		moment := func(label string) time.Time {
			return now.Add(time.Duration(rapid.Int64Range(-3*365*24, 2*365*24).Draw(t, label)) * time.Hour)
		}
		state := standing.State{Contract: standing.NoContract}
		for i := range rapid.IntRange(1, 12).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40*24).Draw(t, "pause")) * time.Hour)
			switch rapid.SampledFrom([]string{"contract", "choice", "typed", "record"}).Draw(t, "event") {
			case "contract":
				accounts := []standing.Account{{ID: "a"}, {ID: "b"}}[:rapid.IntRange(1, 2).Draw(t, "accounts")]
				for j := range accounts {
					if rapid.Bool().Draw(t, "ends") {
						accounts[j].EndedAt = moment("end")
					}
				}
				state = state.Contracted(accounts)
			case "choice":
				choice := rapid.SampledFrom([]standing.Choice{standing.NoChoice, standing.Consented, standing.Withdrawn}).Draw(t, "choice")
				state = state.Chosen(marketing, choice, standing.Proof{Until: now.AddDate(3, 6, 0), Version: i}, now)
			case "typed":
				state = state.Known(now.AddDate(0, 0, 7))
			case "record":
				category := rapid.SampledFrom(privacy.Categories[:]).Draw(t, "category")
				state = state.Seen(now)
				started := moment("start")
				expires, ends := Expires(p.RetentionFor(category), state, func(string) time.Time { return started }, now)
				if ends && !expires.After(now) {
					continue // it is not stored
				}
				state = state.Stored(category, expires, ends, now)
				runs := category.IsAccountData() && state.Contract == standing.Running
				agreed := category == privacy.Marketing && state.Marketing == standing.Consented
				if ends == (runs || agreed) {
					t.Fatalf("%s: ends %v %t, in %+v", category, expires, ends, state)
				}
				if until, known := state.Ends(account); known && (!ends || until.Before(expires)) {
					t.Fatalf("%s ends %v, and its subject is known until %v", category, expires, until)
				}
			}
		}
	})
}
