package records

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
)

// all puts records in one call and counts their outcomes. An error is counted under its class.
func (r *rig) all(t testing.TB, rs []record.Record) map[record.Outcome]int {
	t.Helper()
	out := map[record.Outcome]int{}
	for _, result := range from(r.intake, "anna@example.org").putAll(t.Context(), rs) {
		if result.Err != nil {
			result.Outcome = record.Outcome(fault.Class(result.Err))
		}
		out[result.Outcome]++
	}
	return out
}

// transitions counts the sent transactions that change the subject's state.
type transitions struct {
	mu    sync.Mutex
	count int
	last  string
	table string
}

func (tr *transitions) see(operation string, body []byte) {
	var sent struct {
		TransactItems []struct {
			Put struct {
				TableName string
				Item      map[string]any
			}
			Update struct {
				TableName                      string
				Key, ExpressionAttributeValues map[string]any
			}
		}
	}
	if operation != "TransactWriteItems" || json.Unmarshal(body, &sent) != nil {
		return
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, item := range sent.TransactItems {
		values := map[string]any{}
		switch {
		case item.Put.TableName == tr.table && item.Put.Item["contract"] != nil:
			for name, value := range item.Put.Item {
				values[":"+name] = value
			}
		case item.Update.TableName == tr.table && item.Update.ExpressionAttributeValues[":contract"] != nil:
			values = item.Update.ExpressionAttributeValues
		default:
			continue
		}
		for _, name := range []string{":PK", ":SK", ":aliases", ":version", ":v", ":from", ":accounts", ":a", ":next", ":x", ":expiresAt", ":people", ":since", ":primary"} {
			delete(values, name)
		}
		state, _ := json.Marshal(values)
		if string(state) != tr.last {
			tr.count, tr.last = tr.count+1, string(state)
		}
	}
}

// many returns n records of one subject in the given mixture: all of one category, or of all categories in turn.
func many(n int, mixture, occurredAt string) []record.Record {
	rs := make([]record.Record, n)
	for i := range rs {
		id, kind := fmt.Sprint(i), mixture
		if mixture == "everything" {
			kind = []string{"account", "identity", "invoice", "log", "marketing"}[i%5]
		}
		switch kind {
		case "account":
			ended := ""
			if i%3 > 0 {
				ended = fmt.Sprintf("2026-%02d-01T00:00:00Z", 1+i%10)
			}
			rs[i] = account(id, occurredAt, "2020-01-01T00:00:00Z", ended)
		case "ended":
			rs[i] = account(id, occurredAt, "2020-01-01T00:00:00Z", fmt.Sprintf("2026-%02d-01T00:00:00Z", 1+i%10))
		case "identity":
			rs[i] = person(occurredAt, "Anna")
		case "invoice":
			rs[i] = invoice(id, "2026-11-01T00:00:00Z")
		case "log":
			rs[i] = login(id, "2026-11-20T00:00:00Z")
		case "marketing":
			rs[i] = marketing(id, occurredAt)
		case "one": // the same record in every line, with times that rise and fall again
			rs[i] = person(fmt.Sprintf("2026-11-0%dT00:00:00Z", 1+i%7), "Anna")
		}
		if kind != "one" {
			rs[i].ID, rs[i].OccurredAt = id, moment(occurredAt)
		}
	}
	return rs
}

// Budget: n lines of one data subject take one transaction per 97 lines, whatever their categories, and only the first changes the state.
// Three requests look up the subject and its accounts. If some records are not new, each transaction is sent once more without them. A walk
// reads the stored records page by page.
func TestBudgetOfManyLinesOfOneSubject(t *testing.T) {
	for mixture, n := range map[string]int{"account": soak.Pick(120, 300), "identity": 120, "invoice": 120, "log": 120, "marketing": 120, "everything": soak.Pick(120, 300), "one": soak.Pick(300, 1000)} {
		t.Run(mixture, func(t *testing.T) {
			chunks := (n + 96) / 97
			r := newRig(t)
			tr := &transitions{table: r.tables.Name("SubjectsTable")}
			r.seen = tr.see
			step := func(name string, rs []record.Record, budget int, want map[record.Outcome]int) {
				t.Helper()
				r.wire.Take()
				tr.count = 0
				got := r.all(t, rs)
				sent, calls := 0, r.wire.Take()
				for _, n := range calls {
					sent += n
				}
				t.Logf("budget: ingest: %s, %d lines of one subject (%s) | %d requests | %d", name, n, mixture, sent, budget)
				if want != nil && !maps.Equal(got, want) || sent > budget || tr.count > 1 {
					t.Errorf("%s: %v, %d transitions, calls %v of %d", name, got, tr.count, calls, budget)
				}
			}
			stored, unchanged := map[record.Outcome]int{record.Stored: n}, map[record.Outcome]int{record.Unchanged: n}
			if mixture == "one" {
				stored, unchanged = nil, nil
			}
			step("new", many(n, mixture, "2026-11-01T00:00:00Z"), 4+chunks, stored)
			step("again", many(n, mixture, "2026-11-01T00:00:00Z"), 4+2*chunks, unchanged)
			if mixture == "identity" || mixture == "everything" || mixture == "account" || mixture == "marketing" {
				step("newer", many(n, mixture, "2026-11-02T00:00:00Z"), 8+2*chunks, nil)
			}
			if mixture == "account" {
				step("ended", many(n, "ended", "2026-11-03T00:00:00Z"), 10+chunks, stored)
				for key, expires := range r.stored(t) {
					if expires != "2028-10-01T00:00:00Z" {
						t.Fatalf("%s is kept until %q", key, expires)
					}
				}
			}
		})
	}
}

// TestFault_F03_ManyLinesKilledAnywhere cuts the connection before each call in turn and then sends the same lines again.
func TestFault_F03_ManyLinesKilledAnywhere(t *testing.T) {
	calls := manyKilledAnywhere(t, never)
	if calls < 15 {
		t.Fatalf("only %d calls", calls)
	}
	for _, after := range soak.Sample(cuts(calls), 5) {
		manyKilledAnywhere(t, after)
	}
}

// manyKilledAnywhere cuts the connection after the given number of calls, and returns how many were made.
func manyKilledAnywhere(t *testing.T, after int) (calls int) {
	t.Helper()
	r := newRig(t)
	r.writer.most = 7
	send := func() {
		r.all(t, append(many(10, "account", "2026-11-01T00:00:00Z"), many(3, "identity", "2026-11-01T00:00:00Z")...))
		r.all(t, append(many(10, "ended", "2026-11-02T00:00:00Z"), many(3, "marketing", "2026-11-01T00:00:00Z")...))
	}
	calls = r.cut(t, after, send)
	send()
	if r.steps(t) > 0 {
		if err := r.intake.Walk(t.Context(), r.sid(t)); err != nil {
			t.Fatal(err)
		}
	}
	stored := r.stored(t)
	if len(stored) != 16 {
		t.Fatalf("cut after %d calls: %d are stored", after, len(stored))
	}
	for key, expires := range stored {
		if want := "2028-10-01T00:00:00Z"; !strings.HasPrefix(key, "marketing#") && expires != want {
			t.Fatalf("cut after %d calls: %s is kept until %q", after, key, expires)
		}
	}
	return calls
}

// TestFault_F01_LostAnswersOfManyLines loses the answer of each transaction in turn.
func TestFault_F01_LostAnswersOfManyLines(t *testing.T) {
	r := newRig(t)
	r.writer.most = 7
	n := 0
	r.seen = func(operation string, _ []byte) {
		if n++; operation == "TransactWriteItems" && n%2 == 0 {
			r.lose = operation
		}
	}
	if got := r.all(t, many(30, "everything", "2026-11-01T00:00:00Z")); got[record.Stored] != 30 {
		t.Errorf("%v", got)
	}
}

// TestFault_F15_ManyCallsOfOneSubject lets calls with many lines race on one address. No line is lost, every line has an answer, and the
// stored records are the same as after one call with all lines.
func TestFault_F15_ManyCallsOfOneSubject(t *testing.T) {
	r := newRig(t)
	r.writer.most = 20
	rs := append(many(150, "everything", "2026-11-01T00:00:00Z"), many(150, "everything", "2026-11-02T00:00:00Z")...)
	rand.New(rand.NewPCG(2026, 11)).Shuffle(len(rs), func(i, j int) { rs[i], rs[j] = rs[j], rs[i] })
	var wg sync.WaitGroup
	for i := range 5 {
		wg.Go(func() {
			for left := rs[i*60 : i*60+60]; len(left) > 0; {
				var again []record.Record
				for j, got := range from(r.intake, "anna@example.org").putAll(t.Context(), left) {
					if fault.KindOf(got.Err) == fault.Conflict {
						again = append(again, left[j])
					} else if got.Err != nil {
						t.Error(got.Err)
					}
				}
				left = again
			}
		})
	}
	wg.Wait()
	for left := 0; left < 2 && r.steps(t) > 0; left++ {
		if err := r.intake.Walk(t.Context(), r.sid(t)); err != nil {
			t.Fatal(err)
		}
	}
	got := r.stored(t)
	for one, err := range r.writer.Stored(t.Context(), r.sid(t)) {
		if err != nil || one.Category != privacy.Transaction && one.Category != privacy.SecurityLog && !one.OccurredAt.Equal(moment("2026-11-02T00:00:00Z")) {
			t.Errorf("%s %s occurred at %v, %v", one.Category, one.ID, one.OccurredAt, err)
		}
	}
	alone := newRig(t)
	alone.all(t, rs)
	if want := alone.stored(t); !maps.Equal(got, want) || len(want) != 150 {
		t.Errorf("%d are stored, not %d", len(got), len(want))
	}
	if items := len(r.scan(t, "SubjectsTable")); items != 2 {
		t.Errorf("%d items of one subject", items)
	}
}
