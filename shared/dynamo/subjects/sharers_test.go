package subjects

import (
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// both is the address that Anna and Bert share in these tests.
var both = addressOf("both")

// learns puts a data subject on record with an alias, or lets them share it with whoever has it.
func (r *rig) learns(id privacy.SubjectID, key string, until time.Time) {
	r.t.Helper()
	was := r.alias(key)
	was.Key = key
	is := was
	is.Spelling = "both@example.org"
	learns, shares := []identity.AliasChange{{From: was, To: is}}, (*identity.AliasChange)(nil)
	if len(was.Subjects) > 0 {
		learns, shares = nil, &identity.AliasChange{From: was, To: is.With(id, until, nil)}
	}
	var tx dynamo.Tx
	r.Create(&tx, id, learns, shares, was.Subject(), standing.Unknown.Known(until), until)
	if lost, err := r.commit(r.t.Context(), &tx); lost || err != nil {
		r.t.Fatal(lost, err)
	}
}

func (r *rig) alias(key string) subject.Alias {
	r.t.Helper()
	found, err := r.Aliases(r.t.Context(), key)
	if err != nil {
		r.t.Fatal(err)
	}
	return found[key]
}

func (r *rig) state(id privacy.SubjectID) standing.Snapshot {
	r.t.Helper()
	s, found, err := r.State(r.t.Context(), id)
	if err != nil || !found {
		r.t.Fatal(found, err)
	}
	return s
}

// moves gives a data subject another expiry, and says who was joined to them.
func (r *rig) moves(store *Store, id privacy.SubjectID, to time.Time, formerly ...subject.Former) {
	r.t.Helper()
	if _, found, err := store.Transition(r.t.Context(), id, func(from standing.Snapshot) (standing.State, time.Time) {
		from.Formerly = formerly
		return from.State, to
	}); err != nil || !found {
		r.t.Errorf("%t %v", found, err)
	}
}

// sharing puts Anna, to whom Carl was joined, on record until 2030 and Bert until the end of 2026. They share an address.
func sharing(t *testing.T) (r *rig, carl subject.Former) {
	r, carl = newRig(t), subject.Former{ID: "carl", At: day(2026, 11, 1)}
	r.learns("carl", addressOf("carl"), day(2027, 1, 1))
	r.learns("anna", both, day(2027, 1, 1))
	r.learns("bert", both, day(2026, 12, 31))
	r.moves(r.Store, "anna", day(2030, 1, 1), carl)
	return r, carl
}

// T27: an address is shared until the data of one has expired. Then the other is behind it alone again, with whoever was joined to them, before anything
// was written. The next change of their expiry writes it down.
func TestThreat_T27_AnAddressIsSharedUntilTheDataOfTheOtherHasExpired(t *testing.T) {
	r, carl := sharing(t)
	end := day(2026, 12, 31)
	if is := r.alias(both); !is.Says("anna", day(2030, 1, 1), []subject.Former{carl}) || !is.Says("bert", end, nil) || !is.ExpiresAt.Equal(day(2030, 1, 1)) {
		t.Fatalf("%+v", is)
	}
	r.clock.Set(end.Add(-time.Second))
	if known, ok, err := r.Find(t.Context(), both); err != nil || !ok || known.Doubt != subject.Shared || known.Subject != "" {
		t.Errorf("before: %+v %t %v", known, ok, err)
	}
	r.clock.Set(end)
	for range 2 { // whoever types it is known by it
		known, ok, err := r.Find(t.Context(), both)
		if err != nil || !ok || known.Doubt != subject.NoDoubt || known.Subject != "anna" || len(known.Others) != 1 || !slices.EqualFunc(known.Formerly, []subject.Former{carl}, subject.Former.Equal) {
			t.Errorf("afterwards: %+v %t %v", known, ok, err)
		}
		if typed := r.introduce("both", day(2028, 1, 1)); typed.Subject != "anna" {
			t.Errorf("typed: %+v", typed)
		}
	}
	if s := r.state("anna"); !slices.Equal(s.Shared, []string{both}) {
		t.Errorf("nothing has changed her state: %+v", s)
	}
	for _, until := range []time.Time{day(2031, 1, 1), {}, day(2032, 1, 1)} {
		r.moves(r.Store, "anna", until, carl)
		if is := r.alias(both); !is.Says("anna", until, []subject.Former{carl}) || len(is.Subjects) != 1 || !is.AttachedAt.Equal(end) {
			t.Errorf("moved to %v: %+v", until, is)
		}
		item, err := r.get(t.Context(), both, aliasSK)
		if err != nil || item[shared] != nil || item[ends] != nil || len(r.state("anna").Shared) != 0 || len(r.state("anna").Aliases) != 1 {
			t.Errorf("%v, %v, %+v", item, err, r.state("anna"))
		}
	}
	r.learns("dora", both, day(2033, 1, 1))
	if is := r.alias(both); !is.Says("anna", day(2032, 1, 1), []subject.Former{carl}) || !is.Says("dora", day(2033, 1, 1), nil) || len(is.Subjects) != 2 || !slices.Equal(r.state("anna").Shared, []string{both}) {
		t.Errorf("shared again: %+v", is)
	}
}

// F09: the items of somebody whose data has expired are there until DynamoDB deletes them. Whoever comes back meanwhile shares the address again.
func TestFault_F09_WhoComesBackSharesTheAddressAgain(t *testing.T) {
	r, _ := sharing(t)
	r.clock.Set(day(2027, 1, 1))
	if _, found, err := r.State(t.Context(), "bert"); err != nil || !found { // on an engine that deletes at once, nobody comes back
		if is := r.alias(both); err != nil || is.Subject() != "anna" {
			t.Errorf("%+v, %v", is, err)
		}
		return
	}
	r.moves(r.Store, "bert", day(2028, 1, 1))
	if is := r.alias(both); len(is.Subjects) != 2 || !is.Says("bert", day(2028, 1, 1), nil) {
		t.Errorf("%+v", is)
	}
	r.clock.Set(day(2029, 1, 1))
	r.moves(r.Store, "anna", day(2031, 1, 1))
	r.moves(r.Store, "bert", day(2032, 1, 1)) // the address is hers alone, and stays so
	if is := r.alias(both); !is.Says("anna", day(2031, 1, 1), nil) || len(is.Subjects) != 1 {
		t.Errorf("%+v", is)
	}
}

// F15: the expiries of both move at once, and somebody else comes to share the address. In the end it says of each what their state says.
func TestFault_F15_TheExpiriesOfAllMoveAtOnce(t *testing.T) {
	r, _ := sharing(t)
	var wg sync.WaitGroup
	for n := range 3 {
		for _, id := range []privacy.SubjectID{"anna", "bert"} {
			wg.Go(func() {
				_, _, _ = r.Transition(t.Context(), id, func(from standing.Snapshot) (standing.State, time.Time) { // may lose every race
					return from.State, day(2030+n, time.Month(len(id)+n), 1)
				})
			})
		}
	}
	wg.Go(func() {
		for lost := true; lost && t.Context().Err() == nil; {
			is := r.alias(both)
			var tx dynamo.Tx
			r.Create(&tx, "dora", nil, &identity.AliasChange{From: is, To: is.With("dora", day(2029, 1, 1), nil)}, is.Subject(), standing.Unknown, day(2029, 1, 1))
			var err error
			if lost, err = r.commit(t.Context(), &tx); err != nil {
				t.Error(err)
				return
			}
		}
	})
	wg.Wait()
	is, expiries := r.alias(both), []time.Time(nil)
	for _, id := range []privacy.SubjectID{"anna", "bert", "dora"} {
		s := r.state(id)
		expiries = append(expiries, s.ExpiresAt)
		if !is.Says(id, s.ExpiresAt, s.Formerly) {
			t.Errorf("%s expires %v: %+v", id, s.ExpiresAt, is)
		}
	}
	if !is.ExpiresAt.Equal(subject.Latest(expiries...)) {
		t.Errorf("it expires %v, its users %v", is.ExpiresAt, expiries)
	}
}

// Budget: however many share an address, a change of the expiry of one costs one request more than that of somebody who shares none.
func TestBudgetOfASharedAddress(t *testing.T) {
	r, wire := newRig(t), &enginetest.Wire{}
	store := New(wire.Client(r.tables.Client), r.Table, r.Now)
	for n := range 5 {
		r.learns(privacy.SubjectID("of "+strconv.Itoa(n)), both, day(2027, 1, 1+n))
	}
	r.learns("alone", addressOf("alone"), day(2027, 1, 1))
	for id, want := range map[privacy.SubjectID]int{"of 3": 3, "alone": 2} {
		wire.Take()
		r.moves(store, id, day(2030, 1, 1))
		requests := 0
		for _, calls := range wire.Take() {
			requests += calls
		}
		if t.Logf("budget: subjects: the expiry of %s | %d requests | %d", id, requests, want); requests != want {
			t.Errorf("%s: %d requests, not %d", id, requests, want)
		}
	}
}
