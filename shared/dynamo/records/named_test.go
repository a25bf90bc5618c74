package records

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// byID names a data subject by an id of a client, and by an address if it is not empty.
func byID(client, id, email string) subject.Named {
	who := subject.Named{Client: client, ID: id}
	if email != "" {
		who.Address = from(nil, email).to
	}
	return who
}

// takes sends one record as the call names its subject. It tries again while other calls are faster.
func (r *rig) takes(t testing.TB, who subject.Named, rec record.Record) {
	t.Helper()
	for {
		got, err := r.intake.TakeOne(t.Context(), intake.Line{Who: who, Record: rec})
		if fault.KindOf(err) == fault.Conflict {
			continue
		}
		if err != nil || got.Outcome != record.Stored {
			t.Errorf("%s: %v %v", sk(rec), got, err)
		}
		return
	}
}

// alias returns what is on record of the id of a call, or else of its address.
func (r *rig) alias(t testing.TB, who subject.Named) subject.Alias {
	t.Helper()
	key := aliasKey.Alias(who.Address)
	if who.ID != "" {
		key = aliasKey.IDAlias(who.Client, who.ID)
	}
	found, err := r.writer.subjects.Aliases(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return found[key]
}

// count returns how many items of a table have a partition key with the prefix.
func (r *rig) count(t testing.TB, table, prefix string) (n int) {
	t.Helper()
	for _, item := range r.scan(t, table) {
		if strings.HasPrefix(dynamo.Text(item, dynamo.PK), prefix) {
			n++
		}
	}
	return n
}

// Budget: a record with a known id costs no more requests than one with a known address. Two aliases are read in one request, and an id that is learnt
// costs one more, for the ids that its data subject has already.
func TestBudgetOfAKnownID(t *testing.T) {
	r := newRig(t)
	anna, id := from(r.intake, "anna@example.org").who(), byID("crm", "7", "")
	r.takes(t, byID("crm", "7", "anna@example.org"), person("2026-06-01T00:00:00Z", "Anna"))
	n := 0
	sent := func(what string, who subject.Named, make func(id string) record.Record, budget int) {
		t.Helper()
		n++
		r.wire.Take()
		r.takes(t, who, make(fmt.Sprint(n)))
		requests := 0
		for _, calls := range r.wire.Take() {
			requests += calls
		}
		t.Logf("budget: ingest: %s | %d requests | %d", what, requests, budget)
		if requests > budget {
			t.Errorf("%s: %d requests", what, requests)
		}
	}
	for name, make := range map[string]func(string) record.Record{
		"a log line": func(id string) record.Record { return login(id, "2026-11-20T00:00:00Z") },
		"an invoice": func(id string) record.Record { return invoice(id, "2026-11-01T00:00:00Z") },
	} {
		r.takes(t, anna, make("0")) // what the first of them changes
		sent(name+", by the address", anna, make, 3)
		sent(name+", by the id", id, make, 3)
		sent(name+", by both", byID("crm", "7", "anna@example.org"), make, 3)
		sent(name+", by the id and an unknown address", byID("crm", "7", "new@example.org"), make, 3)
		sent(name+", by an id to be learnt", byID("shop of "+strings.ReplaceAll(name, " ", ""), "1", "anna@example.org"), make, 4)
	}
	sent("about somebody unknown, by an address", from(r.intake, "bo@example.org").who(), func(id string) record.Record { return login(id, "2026-11-20T00:00:00Z") }, 2)
	sent("about somebody unknown, by an id", byID("crm", "8", ""), func(id string) record.Record { return login(id, "2026-11-20T00:00:00Z") }, 2)
	sent("about somebody unknown, by both", byID("crm", "9", "cleo@example.org"), func(id string) record.Record { return login(id, "2026-11-20T00:00:00Z") }, 2)
}

// T27: two ids of one system claim an address. Both data subjects are known by their ids, the address stands for both, and it is known as long as
// either. The change and its audit entry are stored with it.
func TestThreat_T27_TwoIDsClaimAnAddress(t *testing.T) {
	r := newRig(t)
	first, second, third := byID("crm", "1", "anna@example.org"), byID("crm", "2", "anna@example.org"), byID("crm", "3", "Anna@example.org")
	r.takes(t, first, login("1", "2026-11-20T00:00:00Z"))
	r.takes(t, second, invoice("1", "2026-11-01T00:00:00Z"))
	r.takes(t, third, login("1", "2026-11-20T00:00:00Z"))
	address := r.alias(t, from(r.intake, "anna@example.org").who())
	var want []privacy.SubjectID
	for _, who := range []subject.Named{first, second, third} {
		is := r.alias(t, who)
		want = append(want, is.Subject())
		state, _, err := r.writer.subjects.State(t.Context(), is.Subject())
		if err != nil || len(state.Aliases) != 2 || !slices.Equal(state.Shared, []string{address.Key}) || !is.ExpiresAt.Equal(state.ExpiresAt) {
			t.Errorf("%+v, %v", state, err)
		}
	}
	slices.Sort(want)
	if !slices.Equal(address.Subjects, want) || address.Spelling != "anna@example.org" || !address.ExpiresAt.Equal(moment("2033-12-01T00:00:00Z")) {
		t.Errorf("%+v of %v", address, want)
	}
	if r.count(t, "RequestsTable", "y#") != 2 || r.count(t, "LedgerTable", "audit#") != 2 || r.steps(t) != 2 {
		t.Errorf("%d changes, %d entries", r.count(t, "RequestsTable", "y#"), r.count(t, "LedgerTable", "audit#"))
	}
	r.takes(t, byID("crm", "3", ""), account("a", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", ""))
	if is := r.alias(t, from(r.intake, "anna@example.org").who()); !is.ExpiresAt.IsZero() {
		t.Errorf("while a contract runs, the address expires %v", is.ExpiresAt)
	}
	if err := r.intake.EndContract(t.Context(), byID("crm", "3", ""), moment("2026-11-22T00:00:00Z")); err != nil {
		t.Fatal(err)
	}
	if is := r.alias(t, from(r.intake, "anna@example.org").who()); !is.ExpiresAt.Equal(moment("2033-12-01T00:00:00Z")) {
		t.Errorf("after the contract, the address expires %v", is.ExpiresAt)
	}
}

// T27, F15: calls with several ids and one address race. Each id has one data subject with its record, and the address stands for all of them.
func TestFault_F15_ManyIDsClaimAnAddressAtOnce(t *testing.T) {
	r := newRig(t)
	const ids = 6
	var wg sync.WaitGroup
	for i := range ids {
		for n := range 2 {
			wg.Go(func() {
				r.takes(t, byID("crm", fmt.Sprint(i), "anna@example.org"), invoice(fmt.Sprint(n), "2026-11-01T00:00:00Z"))
			})
		}
	}
	wg.Wait()
	address := r.alias(t, from(r.intake, "anna@example.org").who())
	if len(address.Subjects) != ids || r.count(t, "SubjectsTable", "s#") != ids || r.count(t, "RecordsTable", "s#") != 2*ids {
		t.Errorf("%d share the address, %d data subjects, %d records", len(address.Subjects), r.count(t, "SubjectsTable", "s#"), r.count(t, "RecordsTable", "s#"))
	}
	if changes := r.count(t, "RequestsTable", "y#"); changes != ids-1 || r.count(t, "LedgerTable", "audit#") != changes {
		t.Errorf("%d changes, %d entries", changes, r.count(t, "LedgerTable", "audit#"))
	}
	for i := range ids {
		if !address.Belongs(r.alias(t, byID("crm", fmt.Sprint(i), "")).Subject()) {
			t.Errorf("the address is not of %d", i)
		}
	}
}

// F15: the ids of several systems are taught at once by one address, while the retention of its data subject moves. There is one data subject, and
// all of their aliases expire together.
func TestFault_F15_ManySystemsTeachAtOnce(t *testing.T) {
	r := newRig(t)
	systems := []string{"crm", "shop", "desk", "billing", "mail"}
	var wg sync.WaitGroup
	for i, client := range systems {
		wg.Go(func() {
			r.takes(t, byID(client, "1", "anna@example.org"), login(fmt.Sprint(i), "2026-11-20T00:00:00Z"))
			r.takes(t, byID(client, "1", ""), invoice(fmt.Sprint(i), fmt.Sprintf("202%d-11-01T00:00:00Z", i+2)))
		})
	}
	wg.Wait()
	state, _, err := r.writer.subjects.State(t.Context(), r.sid(t))
	if err != nil || len(state.Aliases) != len(systems)+1 || r.count(t, "SubjectsTable", "s#") != 1 || len(r.stored(t)) != 2*len(systems) {
		t.Errorf("%v, %d aliases, %d data subjects, %d records", err, len(state.Aliases), r.count(t, "SubjectsTable", "s#"), len(r.stored(t)))
	}
	for _, client := range systems {
		if is := r.alias(t, byID(client, "1", "")); is.Subject() != r.sid(t) || !is.ExpiresAt.Equal(state.ExpiresAt) {
			t.Errorf("%s: %+v, known until %v", client, is, state.ExpiresAt)
		}
	}
}

// F01, F03: a call that shares an address is cut off anywhere, or its answer is lost, and is sent again. The address is shared once.
func TestFault_F03_SharingAnAddressIsCutOffAnywhere(t *testing.T) {
	send := func(t *testing.T, after int, lose bool) (calls int) {
		r := newRig(t)
		r.takes(t, byID("crm", "1", "anna@example.org"), login("1", "2026-11-20T00:00:00Z"))
		line := intake.Line{Who: byID("crm", "2", "anna@example.org"), Record: invoice("1", "2026-11-01T00:00:00Z")}
		if lose {
			r.lose = "TransactWriteItems"
		}
		calls = r.cut(t, after, func() { _, _ = r.intake.TakeOne(t.Context(), line) })
		if got, err := r.intake.TakeOne(t.Context(), line); err != nil || got.Outcome == record.RetentionOver {
			t.Fatalf("cut after %d calls: %v %v", after, got, err)
		}
		if r.count(t, "SubjectsTable", "s#") != 2 || r.count(t, "RecordsTable", "s#") != 2 || r.count(t, "RequestsTable", "y#") != 1 || r.count(t, "LedgerTable", "audit#") != 1 ||
			len(r.alias(t, from(r.intake, "anna@example.org").who()).Subjects) != 2 {
			t.Fatalf("cut after %d calls: %d data subjects, %d changes", after, r.count(t, "SubjectsTable", "s#"), r.count(t, "RequestsTable", "y#"))
		}
		return calls
	}
	calls := send(t, never, true)
	for _, after := range soak.Sample(cuts(calls-1), 3) {
		send(t, after, false)
	}
}
