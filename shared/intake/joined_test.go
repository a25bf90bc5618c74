package intake

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

var crm = audit.Actor{Kind: audit.Machine, ID: "crm"}

// joins joins whoever an address belongs to to the data subject with the id, who keeps their own addresses.
func (r *rig) joins(t testing.TB, id, email string) {
	t.Helper()
	emails := []subject.Address{at(email)}
	for _, key := range r.states[r.known(byID(id, ""))].Aliases {
		if a := r.aliases[key]; subject.IsAddress(key) && !a.Shared() {
			emails = append(emails, at(a.Spelling))
		}
	}
	if got, err := r.identity.SetAddresses(context.Background(), crm, byID(id, ""), emails, true); err != nil || got.Joined != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
}

// separates takes the join back of whom an address belonged to.
func (r *rig) separates(t testing.TB, email string) {
	t.Helper()
	none := func(context.Context, privacy.SubjectID, subject.Former) error { return nil }
	if _, err := r.identity.Separate(t.Context(), crm, by(email), none); err != nil {
		t.Fatal(err)
	}
}

// expiries returns when each record stored under any of a data subject's ids expires; "" where nothing has started the period.
func (r *rig) expiries(ids ...privacy.SubjectID) map[string]string {
	out := map[string]string{}
	for _, id := range ids {
		for k, one := range r.records[id] {
			if r.expired(one.ExpiresAt) {
				continue
			}
			if out[string(k.category)+"#"+k.id] = ""; !one.ExpiresAt.IsZero() {
				out[string(k.category)+"#"+k.id] = one.ExpiresAt.Format(time.RFC3339)
			}
		}
	}
	return out
}

// couple is Anna, with the id 7 and a name, and Bo, with the id 8, a name and a contract.
func couple(t testing.TB, contract record.Record) (r *rig, annas, bos privacy.SubjectID) {
	t.Helper()
	r = newRig()
	own, other := person("2026-06-01T00:00:00Z", "Anna"), person("2026-05-01T00:00:00Z", "Bo")
	other.ID = "other"
	r.takes(t, byID("7", anna), own)
	r.takes(t, byID("8", bo), other)
	r.takes(t, byID("8", bo), contract)
	return r, r.known(by(anna)), r.known(by(bo))
}

func (r *rig) rebuilds(t testing.TB, ids ...privacy.SubjectID) {
	t.Helper()
	for range 2 { // a task may run twice (F02)
		for _, id := range ids {
			if _, err := r.Rebuild(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// F01: after a join the account data of both follows the contracts of both, and after it was taken back each follows their own again.
func TestPromise_F01_JoinedAccountDataFollowsBothContracts(t *testing.T) {
	r, annas, bos := couple(t, account("b", "2026-06-01T00:00:00Z", "2026-01-01T00:00:00Z", ""))
	apart := map[string]string{"identity#self": "2028-06-01T00:00:00Z", "identity#other": "", "account#b": ""}
	check := func(name string, want map[string]string) {
		t.Helper()
		if got := r.expiries(annas, bos); !maps.Equal(got, want) || len(r.tasks) > 0 {
			t.Errorf("%s: %v, %d tasks", name, got, len(r.tasks))
		}
	}
	check("apart", apart)
	r.joins(t, "7", bo)
	r.rebuilds(t, annas, bos)
	check("joined", with(apart, "identity#self", ""))
	if a, b := r.states[annas], r.states[bos]; a.Contract != standing.Running || b.Into != annas || !a.ExpiresAt.IsZero() || !b.ExpiresAt.IsZero() {
		t.Errorf("%+v\n%+v", a, b)
	}

	r.clock.Advance(time.Hour)
	ended := map[string]string{"identity#self": "2028-11-20T00:00:00Z", "identity#other": "2028-11-20T00:00:00Z", "account#b": "2028-11-20T00:00:00Z"}
	if err := r.EndContract(t.Context(), byID("8", ""), moment("2026-11-20T00:00:00Z")); err != nil {
		t.Fatal(err)
	}
	check("ended by an id of the one who went", ended)
	if err := r.EndContract(t.Context(), byID("7", ""), moment("2026-11-20T00:00:00Z")); fault.KindOf(err) != fault.NotFound {
		t.Errorf("ended twice: %v", err)
	}
	r.takes(t, byID("7", ""), account("a", "2026-11-21T00:00:00Z", "2026-11-21T00:00:00Z", ""))
	check("a contract since", map[string]string{"identity#self": "", "identity#other": "", "account#b": "", "account#a": ""})

	r.separates(t, bo)
	r.rebuilds(t, annas, bos)
	check("taken back", map[string]string{"identity#self": "", "account#a": "", "account#b": "", "identity#other": ""}) // the end of b was sent to Anna, and stays hers
	if a, b := r.states[annas], r.states[bos]; a.Contract != standing.Running || a.Formerly != nil || b.Into != "" || b.Contract != standing.Running {
		t.Errorf("%+v\n%+v", a, b)
	}
	if r.known(by(bo)) != bos || r.known(byID("8", "")) != bos || r.known(by(anna)) != annas {
		t.Error("the aliases did not come back")
	}
}

// F01: a join that ends with nobody's contract of one's own leaves the one who stays a lead again.
func TestPromise_F01_ABorrowedContractEnds(t *testing.T) {
	r, annas, bos := couple(t, account("b", "2026-06-01T00:00:00Z", "2026-01-01T00:00:00Z", ""))
	r.joins(t, "7", bo)
	r.rebuilds(t, annas)
	r.takes(t, byID("7", ""), login("1", "2026-11-20T00:00:00Z"))
	r.separates(t, bo)
	r.rebuilds(t, annas, bos)
	want := map[string]string{"identity#self": "2028-11-20T00:00:00Z", "security_log#1": "2027-02-18T00:00:00Z"}
	if got := r.expiries(annas); !maps.Equal(got, want) || r.states[annas].Contract != standing.NoContract || !r.states[annas].ExpiresAt.Equal(moment("2028-12-01T00:00:00Z")) {
		t.Errorf("%v, %+v", got, r.states[annas])
	}
	if got := r.expiries(bos); !maps.Equal(got, map[string]string{"identity#other": "", "account#b": ""}) {
		t.Errorf("%v", got)
	}
}

// F01: of two accounts with one id, the newer counts, whoever it was sent about, and an older line changes nothing.
func TestPromise_F01_OneAccountOfTwoWhoWereJoined(t *testing.T) {
	r, annas, bos := couple(t, account("x", "2026-06-02T00:00:00Z", "2026-01-01T00:00:00Z", "2026-10-31T00:00:00Z"))
	r.takes(t, byID("7", ""), account("x", "2026-06-01T00:00:00Z", "2026-01-01T00:00:00Z", ""))
	r.joins(t, "7", bo)
	r.rebuilds(t, annas)
	if state := r.states[annas]; state.Contract != standing.Ended || !state.EndedAt.Equal(moment("2026-10-31T00:00:00Z")) {
		t.Errorf("%+v", state)
	}
	got, err := r.TakeOne(t.Context(), Line{byID("7", ""), account("x", "2026-06-01T00:00:00Z", "2026-01-01T00:00:00Z", "")})
	if err != nil || got.Outcome != record.Unchanged || got.Reason != record.Older {
		t.Errorf("an older line: %+v, %v", got, err)
	}
	r.takes(t, byID("8", ""), account("x", "2026-11-22T00:00:00Z", "2026-11-22T00:00:00Z", ""))
	if state := r.states[annas]; state.Contract != standing.Running || len(r.records[annas]) != 2 || len(r.records[bos]) != 2 {
		t.Errorf("%+v", state)
	}
}

// F02: why a line changes nothing.
func TestFault_F02_WhyALineChangesNothing(t *testing.T) {
	r := newRig()
	r.put(t, person("2026-11-05T00:00:00Z", "Anna"), record.Stored)
	r.put(t, account("a", "2026-11-05T00:00:00Z", "2026-01-01T00:00:00Z", "2026-11-04T00:00:00Z"), record.Stored)
	for _, c := range []struct {
		one  record.Record
		want record.Reason
	}{
		{person("2026-11-04T00:00:00Z", "Anna"), record.Older}, {person("2026-11-05T00:00:00Z", "Anna"), record.Same},
		{account("a", "2026-11-04T00:00:00Z", "2026-01-01T00:00:00Z", ""), record.Older}, {account("a", "2026-11-05T00:00:00Z", "2026-01-01T00:00:00Z", ""), record.Ended},
		{account("a", "2026-11-05T00:00:00Z", "2026-01-01T00:00:00Z", "2026-11-04T00:00:00Z"), record.Same},
	} {
		if got := r.put(t, c.one, record.Unchanged); got.Reason != c.want {
			t.Errorf("%s of %v: %q", c.one.Category, c.one.OccurredAt, got.Reason)
		}
	}
	newest := []record.Record{login("1", "2026-11-10T00:00:00Z"), login("1", "2026-11-20T00:00:00Z"), login("1", "2026-11-15T00:00:00Z"), login("1", "2026-11-20T00:00:00Z")}
	for i, want := range []record.Reason{"", "", record.Older, record.Same} {
		if got := newRig().send(newest...)[i]; got.Reason != want || (got.Outcome == record.Stored) != (want == "") {
			t.Errorf("line %d of a call: %+v", i, got)
		}
	}
}

// F01, F11: the walk of somebody who was joined to another one follows the other's state, and their task ends.
func TestFault_F11_AWalkOfSomebodyWhoWasJoined(t *testing.T) {
	r, annas, bos := couple(t, account("b", "2026-06-01T00:00:00Z", "2026-01-01T00:00:00Z", ""))
	r.joins(t, "7", bo)
	r.tasks[bos] = 99
	if err := r.Walk(t.Context(), bos); err != nil || len(r.tasks) > 0 {
		t.Fatalf("%v, %v", err, r.tasks)
	}
	if got := r.expiries(annas, bos); got["identity#self"] != "" || got["identity#other"] != "" {
		t.Errorf("%v", got)
	}
}

// F15: a record changes the state or an account while it is decided anew. The decision is made again.
func TestFault_F15_ARecordComesWhileTheStateIsDecidedAnew(t *testing.T) {
	for _, one := range []record.Record{account("c", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", ""), login("1", "2026-11-20T00:00:00Z"),
		account("b", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", "")} {
		synctest.Test(t, func(t *testing.T) {
			r, annas, bos := couple(t, account("b", "2026-06-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-10-31T00:00:00Z"))
			r.joins(t, "7", bo)
			r.before = func(operation string) error {
				if operation == "Transition" {
					r.before = nil
					r.takes(t, byID("8", ""), one)
				}
				return nil
			}
			if _, err := r.Rebuild(t.Context(), annas); err != nil || r.before != nil {
				t.Fatal(err)
			}
			want := map[bool]standing.Contract{true: standing.Running, false: standing.Ended}[one.ID == "c"]
			if state := r.states[annas]; state.Contract != want {
				t.Errorf("%s: %+v", one.ID, state)
			}
			if got := r.expiries(annas, bos); (got["identity#self"] == "") != (want == standing.Running) || got["identity#self"] != got["identity#other"] {
				t.Errorf("%s: %v", one.ID, got)
			}
		})
	}
}

// F03: a run that is killed anywhere is repeated, after a join and after it was taken back.
func TestFault_F03_DecidingAnewIsCutOffAnywhere(t *testing.T) {
	for after := 0; ; after++ {
		r, annas, bos := both(t, consent.Granted, consent.Denied)
		r.takes(t, byID("8", bo), account("b", "2026-06-01T00:00:00Z", "2026-01-01T00:00:00Z", ""))
		r.takes(t, byID("7", anna), person("2026-06-01T00:00:00Z", "Anna"))
		cut := false
		decide := func() {
			calls, here := 0, false
			r.before = func(string) error {
				if calls++; calls > after {
					cut, here = true, true
					return errCut
				}
				return nil
			}
			_, errAnna := r.Rebuild(t.Context(), annas)
			_, errBo := r.Rebuild(t.Context(), bos)
			err := errors.Join(errAnna, errBo)
			if here != errors.Is(err, errCut) {
				t.Fatalf("cut after %d calls: %v", after, err)
			}
			r.before = nil
			for _, id := range []privacy.SubjectID{annas, bos} {
				if _, err := r.Rebuild(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
		}
		r.joins(t, "7", bo)
		decide()
		if got := r.expiries(annas, bos); !maps.Equal(got, map[string]string{"identity#self": "", "account#b": "", "transaction#1": "2033-11-23T12:00:00Z"}) {
			t.Fatalf("joined, cut after %d calls: %v", after, got)
		}
		r.separates(t, bo)
		decide()
		if got := r.expiries(annas); !maps.Equal(got, map[string]string{"identity#self": "2028-11-23T12:00:00Z"}) && !maps.Equal(got, map[string]string{"identity#self": "2028-06-01T00:00:00Z"}) {
			t.Fatalf("apart, cut after %d calls: %v", after, got)
		}
		if !cut {
			if after < 10 {
				t.Fatalf("only %d calls", after)
			}
			return
		}
	}
}

// Nobody is decided anew of whom nothing is on record.
func TestDecidingAnewAboutNobody(t *testing.T) {
	r := newRig()
	if _, err := r.Rebuild(t.Context(), "nobody"); err != nil || slices.Contains([]int{r.calls["Transition"], r.calls["Move"]}, 1) {
		t.Errorf("%v, %v", err, r.calls)
	}
}
