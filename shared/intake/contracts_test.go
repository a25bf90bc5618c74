package intake

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

func TestPromise_F01_ALeadACustomerAReturningCustomer(t *testing.T) {
	r := newRig()
	r.put(t, person("2026-06-01T00:00:00Z", "Anna"), record.Stored)
	r.expect(t, "a lead", map[string]string{"identity#self": "2028-06-01T00:00:00Z"})
	r.put(t, login("1", "2026-11-20T08:00:00Z"), record.Stored)
	logs := map[string]string{"security_log#1": "2027-02-18T08:00:00Z"}
	r.expect(t, "a newer record of any category", with(logs, "identity#self", "2028-11-20T08:00:00Z"))
	r.put(t, login("2", "2026-11-19T08:00:00Z"), record.Stored)
	logs["security_log#2"] = "2027-02-17T08:00:00Z"
	r.expect(t, "an older record", with(logs, "identity#self", "2028-11-20T08:00:00Z"))

	r.put(t, account("a", "2026-11-21T00:00:00Z", "2026-11-21T00:00:00Z", ""), record.Stored)
	r.expect(t, "a customer", with(logs, "identity#self", "", "account#a", ""))
	r.ends(t, "2026-11-22T00:00:00Z", "")
	left := with(logs, "identity#self", "2028-11-22T00:00:00Z", "account#a", "2028-11-22T00:00:00Z")
	r.expect(t, "one who left", left)
	r.put(t, person("2026-11-23T00:00:00Z", "Anna Maria"), record.Stored)
	r.expect(t, "a record that arrives later", left)
	r.put(t, account("b", "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z", ""), record.Stored)
	r.expect(t, "a returning customer", with(logs, "identity#self", "", "account#a", "", "account#b", ""))
	if len(r.tasks) > 0 {
		t.Errorf("%d walks are left", len(r.tasks))
	}
}

func with(base map[string]string, pairs ...string) map[string]string {
	out := maps.Clone(base)
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

// ends ends anna's contracts and expects an error of the kind, "" for none.
func (r *rig) ends(t *testing.T, end string, want fault.Kind) {
	t.Helper()
	err := r.EndContract(t.Context(), by(anna), moment(end))
	if (err == nil) != (want == "") || err != nil && fault.KindOf(err) != want {
		t.Errorf("an end at %s: %v", end, err)
	}
}

func TestPromise_F01_AnOldLineSentAgainUndoesNothing(t *testing.T) {
	r := newRig()
	old := account("a", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", "")
	r.put(t, old, record.Stored)
	r.ends(t, "2026-10-01T00:00:00Z", "") // before the record's own time, so time alone would not tell the old line from a new one
	ended := map[string]string{"account#a": "2028-10-01T00:00:00Z"}
	r.expect(t, "ended", ended)
	r.put(t, old, record.Unchanged)
	r.expect(t, "the old line again", ended)
	r.put(t, account("a", "2026-11-02T00:00:00Z", "2026-01-01T00:00:00Z", ""), record.Stored)
	r.expect(t, "a newer line of a sender who does not know of the end", ended)
	r.ends(t, "2026-10-01T00:00:00Z", fault.NotFound)
	r.put(t, account("a", "2026-11-03T00:00:00Z", "2026-10-02T00:00:00Z", ""), record.Stored)
	r.expect(t, "a new contract under the same id", map[string]string{"account#a": ""})
}

func TestPromise_F01_AnAccountEndedLongAgoEndsTheRest(t *testing.T) {
	r := newRig()
	r.put(t, account("a", "2023-01-01T00:00:00Z", "2020-01-01T00:00:00Z", ""), record.Stored)
	r.put(t, person("2023-01-01T00:00:00Z", "Anna"), record.Stored)
	r.put(t, invoice("1", "2023-01-01T00:00:00Z"), record.Stored)
	r.put(t, account("a", "2024-06-01T00:00:00Z", "2020-01-01T00:00:00Z", "2024-06-01T00:00:00Z"), record.RetentionOver)
	left := map[string]string{"transaction#1": "2030-01-01T00:00:00Z"}
	r.expect(t, "account data is over", left)
	r.put(t, person("2026-11-01T00:00:00Z", "Anna"), record.RetentionOver)
	r.put(t, account("a", "2023-01-01T00:00:00Z", "2020-01-01T00:00:00Z", ""), record.RetentionOver)
	r.expect(t, "lines sent again", left)
	r.put(t, account("a", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z", ""), record.Stored)
	r.put(t, person("2026-11-01T00:00:00Z", "Anna"), record.Stored)
	r.expect(t, "a returning customer", with(left, "account#a", "", "identity#self", ""))
}

// F01: the record of a closed account without a known end is refused, because nothing would start its period.
func TestPromise_F01_AClosedAccountHasAnEnd(t *testing.T) {
	r := newRig()
	refused := func(name string, all ...record.Record) {
		t.Helper()
		for _, got := range r.send(all...) {
			if !errors.Is(got.Err, record.ErrClosed) {
				t.Errorf("%s: %v", name, got)
			}
		}
	}
	refused("nothing is known", closed("a", "2026-11-01T00:00:00Z", ""), closed("a", "2026-11-02T00:00:00Z", ""))
	if r.sid() != "" || len(r.states) > 0 {
		t.Error("somebody is known of whom nothing is stored")
	}
	r.put(t, account("a", "2026-11-03T00:00:00Z", "2026-01-01T00:00:00Z", ""), record.Stored)
	r.put(t, account("b", "2026-11-03T00:00:00Z", "2026-01-01T00:00:00Z", "2026-11-02T00:00:00Z"), record.Stored)
	refused("it runs", closed("a", "2026-11-04T00:00:00Z", ""))
	refused("it runs, by an older line", closed("a", "2026-11-01T00:00:00Z", ""))
	r.expect(t, "still running", map[string]string{"account#a": "", "account#b": ""})
	r.put(t, closed("b", "2026-11-04T00:00:00Z", ""), record.Stored)
	r.put(t, closed("a", "2026-11-04T00:00:00Z", "2027-06-30T00:00:00Z"), record.Stored)
	r.put(t, closed("a", "2026-11-05T00:00:00Z", ""), record.Stored) // and takes no end back that lies ahead
	r.expect(t, "ended", map[string]string{"account#a": "2029-06-30T00:00:00Z", "account#b": "2029-06-30T00:00:00Z"})
	again := closed("b", "2026-11-06T00:00:00Z", "")
	again.Data = []byte(strings.Replace(string(again.Data), "2026-01-01", "2026-11-05", 1))
	refused("a new contract", again)
	results := r.send(closed("c", "2026-11-05T00:00:00Z", ""), closed("c", "2026-11-06T00:00:00Z", "2026-11-06T00:00:00Z"))
	if got := strings.Join(outcomes(results), " "); got != "stored stored" {
		t.Errorf("the call itself knows the end: %s", got)
	}
}

// F01: a record moves an end that lies ahead, or takes it back. One call per line gives the same result as one call.
func TestPromise_F01_AnEndIsMovedAndTakenBack(t *testing.T) {
	line := func(day, end string) record.Record {
		return account("a", "2026-11-"+day+"T00:00:00Z", "2026-01-01T00:00:00Z", end)
	}
	const june, july = "2027-06-30T00:00:00Z", "2027-07-31T00:00:00Z"
	for name, c := range map[string]struct {
		lines []record.Record
		want  string
	}{
		"set":                  {[]record.Record{line("01", ""), line("02", june)}, "2029-06-30T00:00:00Z"},
		"moved":                {[]record.Record{line("01", june), line("02", july)}, "2029-07-31T00:00:00Z"},
		"taken back":           {[]record.Record{line("01", june), line("02", "")}, ""},
		"taken back and set":   {[]record.Record{line("01", june), line("02", ""), line("03", july)}, "2029-07-31T00:00:00Z"},
		"an old line in front": {[]record.Record{line("03", june), line("02", "")}, "2029-06-30T00:00:00Z"},
		"twice":                {[]record.Record{line("02", june), line("02", "")}, "2029-06-30T00:00:00Z"},
	} {
		together, apart := newRig(), newRig()
		together.send(c.lines...)
		for _, l := range c.lines {
			apart.send(l)
		}
		together.expect(t, name+", in one call", map[string]string{"account#a": c.want})
		apart.expect(t, name+", in several calls", map[string]string{"account#a": c.want})
	}
}

func TestEndingAContractThatCannotEnd(t *testing.T) {
	r := newRig()
	r.ends(t, "2026-11-01T00:00:00Z", fault.NotFound)
	r.put(t, account("a", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z", ""), record.Stored)
	r.ends(t, "2026-10-31T00:00:00Z", fault.Unacceptable)
	r.put(t, account("b", "2026-11-01T00:00:00Z", "2025-11-01T00:00:00Z", ""), record.Stored)
	r.ends(t, "2026-10-31T00:00:00Z", "") // which one of them can
	r.expect(t, "one runs on", map[string]string{"account#a": "", "account#b": ""})
	r.ends(t, "2026-11-02T00:00:00Z", "")
	r.expect(t, "the other contract ended", map[string]string{"account#a": "2028-11-02T00:00:00Z", "account#b": "2028-11-02T00:00:00Z"})
}

// F01: an end can be set on the day the contract began, and once more to the same time, which writes nothing.
func TestPromise_F01_AnEndIsSetOnce(t *testing.T) {
	r := newRig()
	r.put(t, account("a", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z", ""), record.Stored)
	r.ends(t, "2026-11-01T00:00:00Z", "")
	r.expect(t, "ended as it began", map[string]string{"account#a": "2028-11-01T00:00:00Z"})
	r.put(t, account("b", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z", ""), record.Stored)
	r.ends(t, "2027-01-01T00:00:00Z", "")
	commits, reads := r.calls["Commit"], r.calls["Accounts"]
	r.ends(t, "2027-01-01T00:00:00Z", "")
	if r.calls["Commit"] != commits || r.calls["Accounts"] != reads+1 {
		t.Errorf("calls %v", r.calls)
	}
}

// F15: between the look-up and the write of the end, another system writes a newer record of the account, which does not know of the end.
func TestFault_F15_AnEndIsNotOvertaken(t *testing.T) {
	r := newRig()
	r.put(t, account("a", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", ""), record.Stored)
	overtakes := 0
	r.before = func(operation string) error {
		if operation == "Commit" {
			r.before, overtakes = nil, overtakes+1
			r.put(t, account("a", "2026-11-20T00:00:00Z", "2026-01-01T00:00:00Z", ""), record.Stored)
		}
		return nil
	}
	r.ends(t, "2026-11-10T00:00:00Z", "")
	r.expect(t, "ended all the same", map[string]string{"account#a": "2028-11-10T00:00:00Z"})
	if overtakes != 1 {
		t.Error("nobody came in between")
	}
}

// If a call fails while a contract is ended, its error is the answer.
func TestEndingAContractFails(t *testing.T) {
	broken := errors.New("the connection is cut")
	for _, operation := range []string{"Aliases", "State", "Accounts", "Commit"} {
		r := newRig()
		r.put(t, account("a", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", ""), record.Stored)
		r.before = func(called string) error {
			if called == operation {
				return broken
			}
			return nil
		}
		if err := r.EndContract(context.Background(), by(anna), moment("2026-11-02T00:00:00Z")); !errors.Is(err, broken) {
			t.Errorf("%s: %v", operation, err)
		}
	}
	unreadable := StoredAccount{OnFile: record.OnFile{Record: record.Record{Data: []byte("{")}}}
	if _, err := withEnd([]StoredAccount{unreadable}, moment(start), moment(start)); err == nil {
		t.Error("an account that cannot be read was ended")
	}
}

// The contracts of all accounts are decided together, whichever of them a call is about.
func TestPromise_F01_TheLastOfSeveralContractsDecides(t *testing.T) {
	r := newRig()
	r.send(account("a", "2026-11-01T00:00:00Z", "2020-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
		account("b", "2026-11-01T00:00:00Z", "2020-01-01T00:00:00Z", "2026-06-01T00:00:00Z"),
		account("c", "2026-11-01T00:00:00Z", "2020-01-01T00:00:00Z", "2026-04-01T00:00:00Z"))
	r.put(t, account("b", "2026-11-02T00:00:00Z", "2020-01-01T00:00:00Z", "2026-03-01T00:00:00Z"), record.Stored)
	state := r.states[r.sid()]
	if state.Contract != standing.Ended || !state.EndedAt.Equal(moment("2026-04-01T00:00:00Z")) || state.Version != 2 {
		t.Errorf("%+v", state)
	}
	r.clock.Advance(time.Hour)
	r.put(t, account("a", "2026-11-01T00:00:00Z", "2020-01-01T00:00:00Z", "2026-02-01T00:00:00Z"), record.Unchanged)
	if after := r.states[r.sid()]; after.Version != 2 || after.Accounts != 2 {
		t.Errorf("a line sent again changed the state: %+v", after)
	}
}
