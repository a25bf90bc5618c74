package records

import (
	"sync"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// typed introduces an address that somebody typed, as a consent by mail does.
func (r *rig) typed(t testing.TB, email string) subject.Known {
	t.Helper()
	a, err := subject.ParseAddress(email)
	if err != nil {
		t.Fatal(err)
	}
	alias, err := r.writer.subjects.Introduce(t.Context(), aliasKey.Alias(a), a.Spelling, moment("2026-11-30T00:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	return alias
}

// spelt expects this spelling on record.
func (r *rig) spelt(t testing.TB, name, want string) subject.Known {
	t.Helper()
	known, ok, err := r.writer.subjects.Find(t.Context(), aliasKey.Alias(from(r.intake, "anna@example.org").to))
	if err != nil || !ok || known.Spelling != want {
		t.Errorf("%s: %q is on record, %t %v", name, known.Spelling, ok, err)
	}
	return known
}

// sends puts a record from one of the company's systems, which spells the address like this. It returns how many updates that took.
func (r *rig) sends(t testing.TB, email string, rec record.Record) int {
	t.Helper()
	r.wire.Take()
	if got, err := from(r.intake, email).put(t.Context(), rec); err != nil || got.Outcome != record.Stored {
		t.Fatalf("%v %v", got, err)
	}
	return r.wire.Take()["UpdateItem"]
}

// T16: a spelling that somebody typed is replaced by that of the first company system. After that, no system changes it.
func TestThreat_T16_ASystemSpellsWhatWasTyped(t *testing.T) {
	r := newRig(t)
	first := r.typed(t, "ANNA@Example.org")
	r.typed(t, "anna@EXAMPLE.org")
	r.spelt(t, "typed twice", "ANNA@Example.org")
	r.lose = "UpdateItem" // the answer is lost (fault F01)
	if n := r.sends(t, "Anna@example.org", invoice("1", "2026-11-01T00:00:00Z")); n != 2 {
		t.Errorf("spelling it took %d tries", n)
	}
	for _, id := range []string{"1", "2"} {
		if n := r.sends(t, "anna@example.org", login(id, "2026-11-20T00:00:00Z")); n != 0 {
			t.Errorf("a later system took %d updates", n)
		}
		r.typed(t, "aNNA@example.org")
		if last := r.spelt(t, "after a system", "Anna@example.org"); last.Typed || last.Subject != first.Subject {
			t.Errorf("%+v, at first %+v", last, first)
		}
	}
}

// T16: a spelling that came from a system is never replaced.
func TestThreat_T16_TypingNeverChangesASystemsSpelling(t *testing.T) {
	r := newRig(t)
	r.sends(t, "anna@example.org", invoice("1", "2026-11-01T00:00:00Z"))
	r.typed(t, "ANNA@example.org")
	if n := r.sends(t, "Anna@example.org", invoice("2", "2026-11-01T00:00:00Z")); n != 0 {
		t.Errorf("%d updates", n)
	}
	// As a slower system does.
	if err := r.writer.subjects.Spell(t.Context(), aliasKey.Alias(from(r.intake, "anna@example.org").to), "Anna@example.org", "crm"); err != nil {
		t.Error(err)
	}
	r.spelt(t, "typed after a system", "anna@example.org")
}

// T16, F15: many systems send their spelling at once while records move the alias. One spelling is stored, and no record is lost.
func TestThreat_T16_ManySystemsAtOnce(t *testing.T) {
	r := newRig(t)
	r.typed(t, "ANNA@EXAMPLE.ORG")
	var wg sync.WaitGroup
	for i, email := range []string{"anna@example.org", "Anna@example.org", "anna@Example.org", "ANNA@example.org"} {
		wg.Go(func() {
			for n := range 3 {
				if got, err := from(r.intake, email).put(t.Context(), invoice(string(rune('a'+4*n+i)), "2026-11-01T00:00:00Z")); err != nil || got.Outcome != record.Stored {
					t.Errorf("%v %v", got, err)
				}
			}
		})
	}
	wg.Wait()
	known, _, err := r.writer.subjects.Find(t.Context(), aliasKey.Alias(from(r.intake, "anna@example.org").to))
	if err != nil || known.Typed || known.Spelling == "ANNA@EXAMPLE.ORG" || len(r.stored(t)) != 12 {
		t.Errorf("%+v %v, %d records", known, err, len(r.stored(t)))
	}
}

// F09: setting the spelling of an alias that TTL has deleted does not create it again.
func TestFault_F09_NoGhostOfAnAddress(t *testing.T) {
	r := newRig(t)
	if err := r.writer.subjects.Spell(t.Context(), "i#1#nobody", "anna@example.org", "crm"); err != nil || len(r.scan(t, "SubjectsTable")) != 0 {
		t.Errorf("%d items, %v", len(r.scan(t, "SubjectsTable")), err)
	}
}
