package intake

import (
	"slices"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
)

// F02: each line has its own outcome, whether it is stored already, becomes stored meanwhile, is older, or is one of many lines about the
// same record.
func TestFault_F02_EachLineHasItsOutcome(t *testing.T) {
	r := newRig()
	r.put(t, person("2026-11-05T00:00:00Z", "Anna"), record.Stored)
	r.put(t, account("a", "2026-11-05T00:00:00Z", "2026-01-01T00:00:00Z", ""), record.Stored)
	large := invoice("large", "2026-11-01T00:00:00Z")
	large.Data = make([]byte, record.MaxStored+1)
	lines := []struct {
		rec  record.Record
		want string
	}{
		{person("2026-11-04T00:00:00Z", "Ann"), "unchanged"}, {person("2026-11-05T00:00:00Z", "Anna"), "unchanged"},
		{person("2026-11-05T00:00:00Z", "Ann"), "stored"}, {person("2026-11-07T00:00:00Z", "Annette"), "stored"},
		{person("2026-11-06T00:00:00Z", "Ann"), "unchanged"}, {person("2026-11-07T00:00:00Z", "Annette"), "unchanged"},
		{large, "error"}, {login("1", "2026-11-20T00:00:00Z"), "stored"}, {login("2", "2026-01-20T00:00:00Z"), "retention_over"},
		{account("a", "2026-11-04T00:00:00Z", "2026-01-01T00:00:00Z", "2026-11-04T00:00:00Z"), "unchanged"},
		{account("a", "2026-11-06T00:00:00Z", "2026-01-01T00:00:00Z", "2026-11-06T00:00:00Z"), "stored"},
		{account("a", "2026-11-07T00:00:00Z", "2026-01-01T00:00:00Z", ""), "stored"}, // does not know of the end
		{closed("b", "2026-11-07T00:00:00Z", ""), "error"}, {closed("a", "2026-11-08T00:00:00Z", ""), "stored"},
		{invoice("1", "2026-11-01T00:00:00Z"), "stored"}, {invoice("1", "2026-11-01T00:00:00Z"), "unchanged"},
	}
	records := make([]record.Record, 0, len(lines))
	want := make([]string, 0, len(lines))
	for _, l := range lines {
		records, want = append(records, l.rec), append(want, l.want)
	}
	results := r.send(records...)
	if got := outcomes(results); !slices.Equal(got, want) {
		t.Errorf("\n got  %v\n want %v", got, want)
	}
	for i, expires := range map[int]string{
		0: "2028-11-06T00:00:00Z", 2: "2028-11-06T00:00:00Z", 3: "2028-11-06T00:00:00Z", 4: "2028-11-06T00:00:00Z", 8: "2026-04-20T00:00:00Z",
		9: "2028-11-06T00:00:00Z", 10: "2028-11-06T00:00:00Z", 14: "2033-11-01T00:00:00Z", 15: "2033-11-01T00:00:00Z",
	} {
		if !results[i].ExpiresAt.Equal(moment(expires)) {
			t.Errorf("line %d expires %v, not %s", i, results[i].ExpiresAt, expires)
		}
	}
	r.expect(t, "after the lines", map[string]string{"account#a": "2028-11-06T00:00:00Z", "identity#self": "2028-11-06T00:00:00Z",
		"security_log#1": "2027-02-18T00:00:00Z", "transaction#1": "2033-11-01T00:00:00Z"})
	if string(r.records[r.sid()][key{privacy.Identity, "self"}].Data) != string(person("2026-11-07T00:00:00Z", "Annette").Data) {
		t.Error("not the newest content is stored")
	}
}

// F13: a record is accepted up to 380 KB as stored, to the byte. A larger one is refused by name.
func TestFault_F13_ARecordAtTheLimit(t *testing.T) {
	r := newRig()
	one := invoice("1", "2026-11-01T00:00:00Z")
	one.Data = append(slices.Clone(one.Data), make([]byte, record.MaxStored-len(one.Data))...)
	one.OccurredAt = moment("2026-11-01T00:00:00Z")
	if got := r.send(one)[0]; got.Err != nil {
		t.Errorf("at the limit: %v", got.Err)
	}
	one.Data = append(one.Data, 0)
	got, err := r.TakeOne(t.Context(), Line{by(anna), one})
	if fault.KindOf(err) != fault.TooLarge || got.Err == nil || !strings.Contains(err.Error(), "/data must be at most 380 KB") {
		t.Errorf("beyond the limit: %v", err)
	}
}

// F02: an answer "unchanged" has the expiry of the stored record, which follows either from its own age or from the state that holds now.
func TestFault_F02_AnUnchangedLineTellsTheExpiry(t *testing.T) {
	r := newRig()
	r.put(t, login("1", "2026-11-20T00:00:00Z"), record.Stored)
	r.put(t, person("2026-11-05T00:00:00Z", "Anna"), record.Stored)
	r.put(t, login("2", "2026-11-21T00:00:00Z"), record.Stored)
	if got := r.put(t, login("1", "2026-11-20T00:00:00Z"), record.Unchanged); !got.ExpiresAt.Equal(moment("2027-02-18T00:00:00Z")) {
		t.Errorf("a log: %v", got.ExpiresAt)
	}
	if got := r.put(t, person("2026-11-05T00:00:00Z", "Anna"), record.Unchanged); !got.ExpiresAt.Equal(moment("2028-11-21T00:00:00Z")) {
		t.Errorf("a name: %v", got.ExpiresAt)
	}
}

// F09: a record that has expired does not refuse a new one. A data subject whose retention is over becomes a new one.
func TestFault_F09_WhatHasExpiredIsNotThere(t *testing.T) {
	r := newRig()
	r.put(t, invoice("1", "2026-11-01T00:00:00Z"), record.Stored)
	r.put(t, marketing("news", "2026-11-01T00:00:00Z"), record.Stored)
	before := r.sid()
	r.clock.Set(moment("2033-11-15T00:00:00Z"))
	r.expect(t, "the invoice is over", map[string]string{})
	r.put(t, invoice("1", "2033-11-01T00:00:00Z"), record.Stored)
	if r.sid() != before {
		t.Error("who was known until the end of the month is somebody else")
	}
	r.clock.Set(moment("2041-01-01T00:00:00Z"))
	if r.sid() != "" {
		t.Fatal("still known")
	}
	r.put(t, login("1", "2041-01-01T00:00:00Z"), record.Stored)
	if after := r.sid(); after == "" || after == before {
		t.Errorf("first %q, then %q", before, after)
	}
	r.expect(t, "of the new one", map[string]string{"security_log#1": "2041-04-01T00:00:00Z"})
}

// B01, F05: analytics counts have no data subject. They make no address known, and a correction replaces a count.
func TestPromise_F05_CountsBelongToNobody(t *testing.T) {
	r := newRig()
	results := r.Take(t.Context(), []Line{{Record: visits("a", 40)}, {Record: visits("b", 40)}, {Record: visits("a", 40)}, {Record: visits("a", 41)}})
	if got := outcomes(results); !slices.Equal(got, []string{"stored", "stored", "unchanged", "stored"}) {
		t.Errorf("%v", got)
	}
	if len(r.aliases)+len(r.states)+r.calls["Aliases"]+r.calls["State"]+r.calls["Accounts"] > 0 || len(r.records[""]) != 2 {
		t.Errorf("%d known, %d states, calls %v, %d counts", len(r.aliases), len(r.states), r.calls, len(r.records[""]))
	}
}

// F08: an address does not become known if nothing is stored about its data subject.
func TestPromise_F08_NobodyIsKnownOfWhomNothingIsStored(t *testing.T) {
	r := newRig()
	r.put(t, login("1", "2026-01-01T00:00:00Z"), record.RetentionOver)
	r.put(t, account("a", "2022-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "2022-01-01T00:00:00Z"), record.RetentionOver)
	if len(r.aliases)+len(r.states)+r.calls["Commit"] > 0 {
		t.Errorf("%d known, %d states, calls %v", len(r.aliases), len(r.states), r.calls)
	}
}

// T16: the first spelling from a system replaces one that somebody typed, once.
func TestThreat_T16_ASystemSpellsWhatWasTyped(t *testing.T) {
	r := newRig()
	r.put(t, login("1", "2026-11-20T00:00:00Z"), record.Stored)
	alias := r.Intake.Aliases.Alias(at(anna))
	known := r.aliases[alias]
	known.Spelling, known.Typed = "ANNA@example.org", true
	r.aliases[alias] = known
	for _, id := range []string{"2", "3"} {
		if _, err := r.TakeOne(t.Context(), Line{by("Anna@example.org"), login(id, "2026-11-20T00:00:00Z")}); err != nil {
			t.Error(err)
		}
	}
	if known := r.aliases[alias]; known.Typed || known.Spelling != "Anna@example.org" || r.calls["Spell"] != 1 {
		t.Errorf("%+v, spelt %d times", known, r.calls["Spell"])
	}
	fresh := newRig()
	_, err := fresh.TakeOne(t.Context(), Line{by("Anna@example.org"), login("1", "2026-11-20T00:00:00Z")})
	if known := fresh.aliases[alias]; err != nil || known.Spelling != "Anna@example.org" || known.Typed {
		t.Errorf("who is new is known as %+v, %v", known, err)
	}
}
