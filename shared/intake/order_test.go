package intake

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
)

// drawRecords makes up what systems know of one data subject: some records, each in several versions. A system that has learnt the end of a
// contract keeps sending it.
func drawRecords(t *rapid.T) (all []record.Record) {
	day := func(n int) string { return moment(start).AddDate(0, 0, -n).Format(time.RFC3339) }
	versions := func(label string) []string {
		var days []string
		for _, n := range slices.Backward(slices.Sorted(slices.Values(rapid.SliceOfNDistinct(rapid.IntRange(1, 80), 1, 3, rapid.ID[int]).Draw(t, label)))) {
			days = append(days, day(n))
		}
		return days
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "accounts") {
		end := ""
		for _, at := range versions("account") {
			if end == "" && rapid.Bool().Draw(t, "ends") {
				end = day(rapid.IntRange(1, 300).Draw(t, "end"))
			}
			all = append(all, account(fmt.Sprint(i), at, "2020-01-01T00:00:00Z", end))
		}
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "names") {
		for _, at := range versions("name") {
			one := person(at, "Anna "+at)
			one.ID = fmt.Sprint(i)
			all = append(all, one)
		}
	}
	for i := range rapid.IntRange(1, 6).Draw(t, "others") {
		at := versions("other")[0]
		all = append(all, []record.Record{login(fmt.Sprint(i), at), invoice(fmt.Sprint(i), at), marketing(fmt.Sprint(i), at)}[i%3])
	}
	return all
}

// contents returns all that is stored about anna, and when it expires.
func (r *rig) contents() map[string]string {
	out := r.stored()
	for k, one := range r.records[r.sid()] {
		out[string(k.category)+"#"+k.id] += " " + one.OccurredAt.Format(time.RFC3339) + " " + string(one.Data)
	}
	state := r.states[r.sid()]
	out["contract"] = fmt.Sprint(state.Contract, state.EndedAt, state.AccountData)
	return out
}

// inCalls sends records in calls of any size. It fails if a call changes the state more than once, or a line has no outcome.
func (r *rig) inCalls(t *rapid.T, records []record.Record) (stored int) {
	for len(records) > 0 {
		n := rapid.IntRange(1, len(records)).Draw(t, "lines of a call")
		before := r.changes[CreateSubject] + r.changes[ChangeState]
		for i, result := range r.send(records[:n]...) {
			if result.Err != nil || result.Outcome == "" {
				t.Fatalf("%s: %+v", records[i].Category, result)
			}
			if result.Outcome == record.Stored {
				stored++
			}
		}
		if moved := r.changes[CreateSubject] + r.changes[ChangeState] - before; moved > 1 {
			t.Fatalf("one call changed the state %d times", moved)
		}
		records = records[n:]
	}
	return stored
}

// F01, F02: the same lines give the same stored records, in any order, in calls of any size, in transactions of any size, and sent twice.
// The same lines once more store nothing.
func TestFault_F02_LinesInAnyOrderAndAnyCalls(t *testing.T) {
	soak.CheckCostly(t, func(t *rapid.T) {
		records := drawRecords(t)
		inOrder, shuffled := newRig(), newRig()
		shuffled.most = rapid.IntRange(4, 12).Draw(t, "writes of a transaction")
		inOrder.send(records...)
		want := inOrder.contents()
		shuffled.inCalls(t, rapid.Permutation(append(slices.Clone(records), records...)).Draw(t, "order"))
		if got := shuffled.contents(); !maps.Equal(got, want) {
			t.Fatalf("\n got  %v\n want %v", got, want)
		}
		commits := shuffled.calls["Commit"]
		if n := shuffled.inCalls(t, rapid.Permutation(records).Draw(t, "once more")); n > 0 || !maps.Equal(shuffled.contents(), want) {
			t.Fatalf("%d lines were stored again", n)
		}
		for id, due := range shuffled.tasks {
			t.Fatalf("a walk of %s by version %d is left", id, due)
		}
		if subjects := len(shuffled.states); subjects != 1 {
			t.Fatalf("%d data subjects after %d transactions", subjects, commits)
		}
	})
}

// F01: account data expires as the contract says, and everything else by its own age, whatever the lines.
func TestPromise_F01_AccountDataFollowsTheContract(t *testing.T) {
	soak.Check(t, func(t *rapid.T) {
		r := newRig()
		r.inCalls(t, drawRecords(t))
		state := r.states[r.sid()]
		want, ends := state.AccountDataEnds(r.accountRule())
		for k, one := range r.records[r.sid()] {
			if k.category.IsAccountData() && (ends != !one.ExpiresAt.IsZero() || ends && !one.ExpiresAt.Equal(want)) {
				t.Fatalf("%s %s expires %v, the contract says %v", k.category, k.id, one.ExpiresAt, want)
			}
			if until, known := state.Ends(r.accountRule()); known && one.ExpiresAt.After(until) || !known && !state.ExpiresAt.IsZero() {
				t.Fatalf("%s expires %v, and its subject is known until %v", k.category, one.ExpiresAt, until)
			}
			if k.category == privacy.Marketing && !one.ExpiresAt.Equal(moment("2026-12-23T12:00:00Z")) {
				t.Fatalf("marketing data without a consent expires %v", one.ExpiresAt)
			}
		}
	})
}

// F02: the accounts of a returning customer come in any order, and some ended too long ago to be kept alone. The answers to the first call
// take all of its lines into account, and sending the same lines again stores nothing.
func TestFault_F02_TheSameLinesAgainStoreNothing(t *testing.T) {
	const long, late, day = "2021-01-31T00:00:00Z", "2025-06-30T00:00:00Z", "2020-01-01T00:00:00Z"
	all := []string{"account#acct-1", "account#acct-2", "identity#self"}
	second := func(ended string) record.Record { return account("acct-2", "2025-07-01T00:00:00Z", day, ended) }
	third := func(started string) record.Record { return account("acct-2", "2026-02-01T00:00:00Z", started, "") }
	for name, c := range map[string]struct {
		lines  []record.Record // besides a name and an account that ended long ago
		stored []string
	}{
		"the other runs":                                   {[]record.Record{second("")}, all},
		"the other ended late":                             {[]record.Record{second(late)}, all},
		"the other ended long ago":                         {[]record.Record{second(long)}, nil},
		"its later line lacks the end that is known":       {[]record.Record{second(long), third(day)}, nil},
		"its later line is about a contract that is newer": {[]record.Record{second(long), third("2026-01-01T00:00:00Z")}, all},
	} {
		lines := append([]record.Record{account("acct-1", "2021-02-01T00:00:00Z", day, long), person("2021-01-01T00:00:00Z", "Anna")}, c.lines...)
		for i, order := range permutations(lines) {
			r := newRig()
			r.send(order...)
			first := r.stored()
			if got := slices.Sorted(maps.Keys(first)); !slices.Equal(got, c.stored) {
				t.Errorf("%s, order %d: %v", name, i, got)
			}
			for line, result := range r.send(order...) {
				if result.Err != nil || result.Outcome == record.Stored {
					t.Errorf("%s, order %d, line %d again: %+v", name, i, line, result)
				}
			}
			r.expect(t, name, first)
		}
	}
}

// permutations returns every order of the records.
func permutations(all []record.Record) (orders [][]record.Record) {
	if len(all) == 0 {
		return [][]record.Record{nil}
	}
	for i := range all {
		rest := slices.Delete(slices.Clone(all), i, i+1)
		for _, order := range permutations(rest) {
			orders = append(orders, append([]record.Record{all[i]}, order...))
		}
	}
	return orders
}

// The accounts come first, so that a transaction with only some of the writes leads to the same state as all of them.
func TestTheAccountsTakeEffectFirst(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	of := func(category privacy.Category, id string, ended time.Time) *series {
		return &series{key: key{category, id}, ended: ended}
	}
	want := []*series{
		of(privacy.Account, "open 1", time.Time{}), of(privacy.Account, "open 2", time.Time{}),
		of(privacy.Account, "late", day(3)), of(privacy.Account, "early", day(1)),
		of(privacy.Identity, "2", time.Time{}), of(privacy.Marketing, "1", time.Time{}), of(privacy.Identity, "1", time.Time{}),
		of(privacy.Transaction, "2", time.Time{}), of(privacy.SecurityLog, "1", time.Time{}),
	}
	got := []*series{want[7], want[4], want[3], want[0], want[8], want[2], want[5], want[1], want[6]}
	slices.SortStableFunc(got, inEffect)
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%d: %s %s", i, got[i].category, got[i].id)
		}
	}
}
