package subjects

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

var accountRule = policy.Newest().RetentionFor(privacy.Account)

// walk returns everybody in some shards, or in all if none is given, who became known or whose contract was renewed since from.
func (r *rig) walk(store *Store, from time.Time, shards ...int) (all []standing.Person) {
	r.t.Helper()
	r.tables.Settle()
	for shard := range Shards {
		if len(shards) > 0 && !slices.Contains(shards, shard) {
			continue
		}
		for cursor, first := "", true; first || cursor != ""; first = false {
			page, next, err := store.People(r.t.Context(), shard, from, cursor)
			if err != nil {
				r.t.Fatal(err)
			}
			all, cursor = append(all, page...), next
		}
	}
	return all
}

// sees expects to find exactly these people, given by their aliases, with an asterisk for an account holder.
func (r *rig) sees(when string, from time.Time, want ...string) {
	r.t.Helper()
	var got []string
	for _, person := range r.walk(r.Store, from) {
		name := strings.TrimPrefix(person.Primary, addressOf(""))
		if person.HoldsAccount(accountRule, r.Now()) {
			name += "*"
		}
		got = append(got, name)
	}
	slices.Sort(got)
	if slices.Sort(want); !slices.Equal(got, want) {
		r.t.Errorf("%s: %v, not %v", when, got, want)
	}
}

// contract gives a subject these accounts, given by the ends of their contracts.
func (r *rig) contract(id privacy.SubjectID, ends ...time.Time) {
	r.t.Helper()
	var accounts []standing.Account
	for i, end := range ends {
		accounts = append(accounts, standing.Account{ID: strconv.Itoa(i), EndedAt: end})
	}
	_, found, err := r.Transition(r.t.Context(), id, func(from standing.Snapshot) (standing.State, time.Time) {
		to := from.Contracted(accounts).Stored(privacy.Account, time.Time{}, false, r.Now())
		expires, _ := to.Ends(accountRule)
		return to, expires
	})
	if !found || err != nil {
		r.t.Fatal(found, err)
	}
}

// K02: people whose accounts begin, end, end in the past and come back. Whoever becomes an account holder is found by a walk that looks only at
// what happened since the last one; whoever stops being one is not moved.
func TestPromise_K02_AccountsBeginEndAndComeBack(t *testing.T) {
	r := newRig(t)
	begin := r.Now()
	anna, never := r.introduce("anna", day(2033, 1, 1)), time.Time{}
	r.introduce("lead", day(2033, 1, 1))
	r.sees("nobody has an account", begin, "anna", "lead")

	next := func() time.Time {
		r.clock.Advance(time.Hour)
		return r.Now()
	}
	joined := next()
	r.sees("nothing has happened since", joined)
	r.contract(anna.Subject, never)
	r.sees("anna has an account", joined, "anna*")
	again := next()
	r.contract(anna.Subject, never, never)
	r.sees("a second account changes nothing", again)
	r.contract(anna.Subject, day(2026, 12, 1))
	r.sees("an end ahead changes nothing", again)
	r.sees("an account holder until then", begin, "anna*", "lead")
	r.contract(anna.Subject, never)
	r.sees("the end was taken back", again, "anna*")

	ended := next()
	r.contract(anna.Subject, day(2020, 5, 1))
	r.sees("an end long ago moves nobody", ended)
	r.sees("no account any more", begin, "anna", "lead")
	r.contract(anna.Subject, day(2020, 5, 2))
	r.sees("a later end long ago", ended, "anna")
	back := next()
	r.contract(anna.Subject, day(2020, 5, 2), never)
	r.sees("anna came back", back, "anna*")
	r.contract(anna.Subject, day(2026, 11, 20))
	r.sees("ended, with account data", back, "anna*")
	r.clock.Set(day(2028, 11, 20))
	r.sees("the account data is over, the address is still known", begin, "anna", "lead")
	r.clock.Set(day(2033, 1, 1))
	r.sees("nobody is known any more", begin)
}

// Whatever happens to a subject, they have one row of the index, which carries exactly what it should. Their shard and alias never change.
func TestASubjectHasOneRowOfTheIndex(t *testing.T) {
	r := newRig(t)
	who := r.introduce("anna", day(2026, 11, 30))
	check := func(when string, since time.Time) {
		t.Helper()
		r.tables.Settle()
		var rows []dynamo.Item
		for shard := range Shards {
			out, err := r.Client.Query(t.Context(), &dynamodb.QueryInput{TableName: aws.String(r.Table), IndexName: aws.String(people),
				KeyConditionExpression: aws.String("people = :p"), ExpressionAttributeValues: dynamo.Item{":p": dynamo.String(peopleKey(shard))}})
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, out.Items...)
		}
		state, found, err := r.State(t.Context(), who.Subject)
		if err != nil || !found || len(rows) != 1 {
			t.Fatalf("%s: %d rows, state found: %t, %v", when, len(rows), found, err)
		}
		want := standing.Person{Primary: addressOf("anna"), Contract: state.Contract, EndedAt: state.EndedAt, ExpiresAt: state.ExpiresAt}
		if got := personOf(rows[0]); got != want || dynamo.Text(rows[0], people) != peopleShard(who.Subject) || !dynamo.Time(rows[0], "since").Equal(since) {
			t.Errorf("%s: %+v since %v in %s, not %+v since %v", when, got, dynamo.Time(rows[0], "since"), dynamo.Text(rows[0], people), want, since)
		}
		for name := range rows[0] {
			if !slices.Contains([]string{"PK", "SK", people, "since", primary, "contract", "endedAt", dynamo.ExpiresAt}, name) {
				t.Errorf("%s: the index carries %s", when, name)
			}
		}
	}
	change := func(what func(standing.State) standing.State, expires time.Time) {
		t.Helper()
		if _, found, err := r.Transition(t.Context(), who.Subject, func(from standing.Snapshot) (standing.State, time.Time) {
			return what(from.State), expires
		}); !found || err != nil {
			t.Fatal(found, err)
		}
	}
	known := r.Now()
	check("introduced", known)
	r.clock.Advance(time.Hour)
	r.introduce("anna", day(2027, 1, 1))
	check("introduced again", known)
	if err := r.Spell(t.Context(), addressOf("anna"), "Anna@example.org", "crm"); err != nil {
		t.Fatal(err)
	}
	check("spelt by a system", known)
	change(func(s standing.State) standing.State {
		return s.Seen(known).Stored(privacy.Marketing, time.Time{}, false, known)
	}, time.Time{})
	check("without an end", known)
	renewed := r.Now()
	change(func(s standing.State) standing.State { return s.Contracted([]standing.Account{{ID: "a"}}) }, time.Time{})
	check("with an account", renewed)
	r.clock.Advance(time.Hour)
	change(func(s standing.State) standing.State {
		return s.Contracted([]standing.Account{{ID: "a", EndedAt: known}})
	}, day(2029, 1, 1))
	check("ended", renewed)
	var tx dynamo.Tx
	state, _, err := r.State(t.Context(), who.Subject)
	if err != nil {
		t.Fatal(err)
	}
	r.Touch(&tx, who.Subject, state)
	if lost, err := r.commit(t.Context(), &tx); lost || err != nil {
		t.Fatal(lost, err)
	}
	check("touched", renewed)
}

// F15: writers that race on one subject leave one row, which is that of the state.
func TestFault_F15_WritersOfOneRow(t *testing.T) {
	r := newRig(t)
	who := r.introduce("anna", day(2030, 1, 1))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, _, err := r.Transition(t.Context(), who.Subject, func(from standing.Snapshot) (standing.State, time.Time) {
				accounts := []standing.Account{{ID: "a", EndedAt: day(2026, time.Month(i+1), 1)}}
				if i%2 == 0 {
					accounts[0].EndedAt = time.Time{}
				}
				to := from.Contracted(accounts)
				expires, _ := to.Ends(accountRule)
				return to, expires.Add(time.Duration(i) * time.Hour)
			}); err != nil {
				t.Log(err) // lost every race
			}
			_, _ = r.Introduce(t.Context(), addressOf("anna"), "anna@example.org", day(2031, time.Month(i+1), 1))
		})
	}
	wg.Wait()
	state, _, err := r.State(t.Context(), who.Subject)
	if err != nil {
		t.Fatal(err)
	}
	got := r.walk(r.Store, day(2026, 11, 23))
	want := standing.Person{Primary: addressOf("anna"), Contract: state.Contract, EndedAt: state.EndedAt, ExpiresAt: state.ExpiresAt}
	if state.Contract == standing.NoContract || len(got) != 1 || got[0] != want {
		t.Errorf("%+v, the state says %+v", got, want)
	}
}

// F09: somebody whose retention is over and who comes back is somebody new. Only the new one is listed.
func TestFault_F09_WhoComesBackIsListedOnce(t *testing.T) {
	r := newRig(t)
	begin := r.Now()
	r.introduce("anna", day(2026, 11, 30))
	r.sees("known", begin, "anna")
	r.clock.Set(day(2026, 11, 30))
	r.sees("expired", begin)
	r.contract(r.introduce("anna", day(2026, 12, 7)).Subject, time.Time{})
	r.sees("come back", begin, "anna*")
}
