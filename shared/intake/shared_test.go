package intake

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// T27: two ids of one system claim an address. From then on it stands for both. The transaction that makes the second one known says so to the audit
// and to the task by which the links and sessions of the mailbox die. Somebody is told, so that many at a time raise an alarm.
func TestThreat_T27_AnAddressComesToBeShared(t *testing.T) {
	r, acted := newRig(), []audit.Act(nil)
	r.Acted = func(_ context.Context, act audit.Act) { acted = append(acted, act) }
	r.takes(t, byID("7", family), login("1", start))
	first := r.known(byID("7", ""))
	var shared *Transaction
	r.Store = watching{r.shelf, func(tx Transaction) { shared = &tx }}
	r.takes(t, byID("8", family), login("2", start))
	second, key := r.known(byID("8", "")), r.Intake.Aliases.Alias(at(family))
	if first == second || second == "" || !slices.Equal(r.aliases[key].Subjects, slices.Sorted(slices.Values([]privacy.SubjectID{first, second}))) {
		t.Fatalf("%q and %q: %+v", first, second, r.aliases[key])
	}
	if shared.Change != CreateSubject || shared.Subject != second || len(shared.Learns) != 1 || shared.Learns[0].To.Key != r.Intake.Aliases.IDAlias("crm", "8") || len(shared.Puts) != 1 {
		t.Errorf("%+v", shared)
	}
	s, now := shared.Shared, moment(start)
	if s.Owner != first || s.Entry.Act != audit.AddressShared || s.Entry.About != string(second) || s.Entry.Actor != (audit.Actor{Kind: audit.Machine, ID: "crm"}) ||
		!s.Entry.At.Equal(now) || !s.Until.After(now.AddDate(1, 0, 0)) {
		t.Errorf("%+v", s)
	}
	if c := s.Change; c.ID != s.Entry.ID || c.Kind != audit.AddressShared || c.Subject != second || len(c.Cut) != 1 || c.Cut[0].Mailbox != r.Intake.Aliases.Mailbox(at(family)) ||
		c.Cut[0].Leaves != first || len(c.Told)+len(c.Freezes)+len(c.Rebuild) > 0 || !c.NextAt.Equal(now) || !c.ExpiresAt.After(now.AddDate(0, 0, 29)) {
		t.Errorf("%+v", c)
	}
	if !slices.Equal(acted, []audit.Act{audit.AddressShared}) {
		t.Errorf("told of %v", acted)
	}
	for id, state := range r.states {
		if !slices.Contains(state.Aliases, key) || !slices.Equal(state.Shared, []string{key}) {
			t.Errorf("%s: %+v", id, state)
		}
	}

	r.takes(t, byID("9", family), login("3", start))
	if s := shared.Shared; s.Owner != "" || len(r.aliases[key].Subjects) != 3 || len(acted) != 2 {
		t.Errorf("a third: %+v", s)
	}
	if _, err := r.TakeOne(t.Context(), Line{by(family), login("4", start)}); fault.KindOf(err) != fault.Shared || Retryable(err) {
		t.Errorf("by the address: %v", err)
	}
	for id, want := range map[string]string{"7": "1", "8": "2", "9": "3"} {
		if got := r.of(r.known(byID(id, ""))); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %v", id, got)
		}
	}
}

// watching is a store whose transactions a test sees.
type watching struct {
	*shelf
	see func(Transaction)
}

func (w watching) Commit(ctx context.Context, t Transaction) (Committed, error) {
	w.see(t)
	return w.shelf.Commit(ctx, t)
}

// F08: a shared address is known as long as the longest known of those who use it.
func TestPromise_F08_ASharedAddressExpiresWithTheLast(t *testing.T) {
	r := newRig()
	var expires []time.Time
	r.Store = watching{r.shelf, func(tx Transaction) {
		if tx.Shared != nil {
			expires = append(expires, tx.Shared.Address.To.ExpiresAt)
		}
	}}
	r.takes(t, byID("1", family), login("1", start)) // 90 days
	r.takes(t, byID("2", family), invoice("2", start))
	r.takes(t, byID("3", family), login("3", start))
	r.takes(t, byID("4", family), account("4", start, start, ""))
	r.takes(t, byID("5", family), login("5", start))
	want := []time.Time{moment("2033-12-01T00:00:00Z"), moment("2033-12-01T00:00:00Z"), {}, {}}
	if !slices.EqualFunc(expires, want, time.Time.Equal) {
		t.Errorf("%v", expires)
	}
}

// A record that is not stored shares nothing, and a decision that only uses what is known shares nothing.
func TestNothingIsSharedForNobody(t *testing.T) {
	r := newRig()
	r.takes(t, byID("7", anna), account("a", start, start, ""))
	if got, err := r.TakeOne(t.Context(), Line{byID("8", anna), login("1", "2026-01-01T00:00:00Z")}); err != nil || got.Outcome != "retention_over" {
		t.Errorf("%+v, %v", got, err)
	}
	if err := r.EndContract(t.Context(), byID("8", anna), moment("2026-11-24T00:00:00Z")); fault.KindOf(err) != fault.NotFound {
		t.Errorf("%v", err)
	}
	if len(r.states) != 1 || len(r.acts) > 0 || r.aliases[r.Intake.Aliases.Alias(at(anna))].Shared() {
		t.Errorf("%d data subjects, %v", len(r.states), r.acts)
	}
	if err := r.EndContract(t.Context(), subject.Named{Client: "shop", ID: "1", Address: at(anna)}, moment("2026-11-24T00:00:00Z")); err != nil || len(r.aliases) != 2 {
		t.Errorf("%v, %d aliases", err, len(r.aliases))
	}
}
