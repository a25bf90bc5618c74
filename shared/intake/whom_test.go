package intake

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const (
	bo     = "bo@example.org"
	family = "family@example.org"
)

// takes sends one record as the call names its subject, and expects it to be stored.
func (r *rig) takes(t testing.TB, who subject.Named, one record.Record) Result {
	t.Helper()
	got, err := r.TakeOne(t.Context(), Line{who, one})
	if err != nil || got.Outcome != record.Stored {
		t.Fatalf("%s: %+v, %v", one.Category, got, err)
	}
	return got
}

// of returns the ids of the records that are stored under a data subject's own id.
func (r *rig) of(id privacy.SubjectID) (ids []string) {
	for k, one := range r.records[id] {
		if !r.expired(one.ExpiresAt) {
			ids = append(ids, k.id)
		}
	}
	slices.Sort(ids)
	return ids
}

// people is a shelf that knows Anna by the CRM's id 7 and by her address, Bo by the id 8 and by his, somebody by an address alone, and an address that
// Anna and Bo share.
func people(t testing.TB) *rig {
	t.Helper()
	r := newRig()
	r.takes(t, byID("7", anna), login("anna", start))
	r.takes(t, byID("8", bo), login("bo", start))
	r.takes(t, by("cleo@example.org"), login("cleo", start))
	for _, who := range []subject.Named{byID("7", ""), byID("8", "")} {
		key := r.Intake.Aliases.Alias(at(family))
		is, id := r.aliases[key], r.known(who)
		is.Key, is.Spelling, is.Client, is.Version, is.Subjects = key, family, "crm", 1, append(is.Subjects, id)
		state := r.states[id]
		state.Aliases, state.Shared = append(state.Aliases, key), []string{key}
		r.aliases[key], r.states[id] = is, state
	}
	return r
}

// Whom a record is about, by the table of package identity: whose it is, what the answer says of its address, and what is learnt from it.
func TestWhomARecordIsAbout(t *testing.T) {
	const somebody = privacy.SubjectID("somebody new")
	is := func(who subject.Named) func(*rig) privacy.SubjectID {
		return func(r *rig) privacy.SubjectID { return r.known(who) }
	}
	fresh := func(*rig) privacy.SubjectID { return somebody }
	for name, c := range map[string]struct {
		who    subject.Named
		whose  func(*rig) privacy.SubjectID
		note   identity.Note
		learns []subject.Named // aliases that stand for that data subject afterwards, and for nobody else
		kind   fault.Kind
	}{
		"an unknown address":               {by("new@example.org"), fresh, "", []subject.Named{by("new@example.org")}, ""},
		"a known address":                  {by("cleo@example.org"), is(by("cleo@example.org")), "", nil, ""},
		"a shared address":                 {by(family), nil, "", nil, fault.Shared},
		"an unknown id":                    {byID("9", ""), fresh, "", []subject.Named{byID("9", "")}, ""},
		"a known id":                       {byID("7", ""), is(byID("7", "")), "", nil, ""},
		"an id that another system uses":   {subject.Named{Client: "shop", ID: "7"}, fresh, "", []subject.Named{{Client: "shop", ID: "7"}}, ""},
		"both, and neither is known":       {byID("9", "new@example.org"), fresh, "", []subject.Named{byID("9", ""), by("new@example.org")}, ""},
		"both, and only the id is known":   {byID("7", "new@example.org"), is(byID("7", "")), identity.NotAttached, nil, ""},
		"both, and only the address is":    {byID("9", "cleo@example.org"), is(by("cleo@example.org")), "", []subject.Named{byID("9", "")}, ""},
		"both, of a system that knows her": {subject.Named{Client: "shop", ID: "1", Address: at(anna)}, is(by(anna)), "", []subject.Named{{Client: "shop", ID: "1"}}, ""},
		"both, and her other id is known":  {byID("9", anna), fresh, "", []subject.Named{byID("9", "")}, ""},
		"both, and the address is shared":  {byID("9", family), fresh, "", []subject.Named{byID("9", "")}, ""},
		"both, of one person":              {byID("7", anna), is(by(anna)), "", nil, ""},
		"both, one of whose is shared":     {byID("8", family), is(by(bo)), "", nil, ""},
		"both, of two people":              {byID("7", bo), is(by(anna)), identity.OfAnother, nil, ""},
	} {
		r := people(t)
		before, known, whose := len(r.states), maps.Clone(r.aliases), privacy.SubjectID("")
		if c.whose != nil {
			whose = c.whose(r)
		}
		got, err := r.TakeOne(t.Context(), Line{c.who, invoice("1", "2026-11-01T00:00:00Z")})
		if c.kind != "" {
			if fault.KindOf(err) != c.kind || len(r.states) != before || len(r.aliases) != len(known) {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
			continue
		}
		holder := privacy.SubjectID("")
		for id := range r.records {
			if _, stored := r.records[id][key{privacy.Transaction, "1"}]; stored {
				holder = id
			}
		}
		if err != nil || got.Outcome != record.Stored || got.Address != c.note || whose != somebody && (holder != whose || len(r.states) != before) ||
			whose == somebody && len(r.states) != before+1 {
			t.Errorf("%s: %+v, %v, of %q, %d data subjects", name, got, err, holder, len(r.states))
		}
		if len(r.aliases) != len(known)+len(c.learns) {
			t.Errorf("%s: %d aliases, before %d", name, len(r.aliases), len(known))
		}
		for _, alias := range c.learns {
			if r.known(alias) != holder {
				t.Errorf("%s: %q is not of %q", name, r.known(alias), holder)
			}
		}
		again, err := r.TakeOne(t.Context(), Line{c.who, invoice("1", "2026-11-01T00:00:00Z")})
		if err != nil || again.Outcome != record.Unchanged || again.Reason != record.Same || len(r.aliases) != len(known)+len(c.learns) {
			t.Errorf("%s, again: %+v, %v", name, again, err)
		}
	}
}

// T16: an address that was taken away and is sent again stands for the one who is new, and stays in doubt. What only somebody typed is spelt as the
// system spells it, also if the record names an id.
func TestThreat_T16_WhatASystemMakesOfAnAddress(t *testing.T) {
	r, until := newRig(), moment("2027-02-01T00:00:00Z")
	key := r.Intake.Aliases.Alias(at(anna))
	r.aliases[key] = subject.Alias{Key: key, Version: 4, Spelling: "ANNA@example.org", From: "a", DetachedAt: moment(start), DoubtUntil: until, ExpiresAt: until}
	r.takes(t, byID("7", anna), login("1", start))
	is := r.aliases[key]
	if is.Subject() == "" || is.Version != 5 || is.Spelling != anna || is.Doubt(moment(start)) != subject.Detached || is.From != "a" || is.Client != "crm" {
		t.Errorf("%+v", is)
	}
	is.Typed, is.Spelling = true, "ANNA@example.org"
	r.aliases[key] = is
	r.takes(t, byID("7", "Anna@example.org"), login("2", start))
	if is := r.aliases[key]; is.Typed || is.Spelling != "Anna@example.org" || is.Version != 6 {
		t.Errorf("%+v", is)
	}
}

// An id is learnt from a record that changes nothing, too, but from none about somebody unknown of whom nothing is stored.
func TestAnIDIsLearntFromARecordThatChangesNothing(t *testing.T) {
	for name, one := range map[string]record.Record{"the same": login("1", "2026-11-20T00:00:00Z"), "an older one": login("1", "2026-11-19T00:00:00Z"),
		"one that is over": login("2", "2026-01-01T00:00:00Z")} {
		r := newRig()
		r.put(t, login("1", "2026-11-20T00:00:00Z"), record.Stored)
		got, err := r.TakeOne(t.Context(), Line{byID("7", anna), one})
		if err != nil || got.Outcome == record.Stored || r.known(byID("7", "")) != r.sid() || len(r.states) != 1 || len(r.states[r.sid()].Aliases) != 2 {
			t.Errorf("%s: %+v, %v, known as %q", name, got, err, r.known(byID("7", "")))
		}
		if r.states[r.sid()].ExpiresAt != r.states[r.known(byID("7", ""))].ExpiresAt {
			t.Errorf("%s: the aliases expire apart", name)
		}
		if got, err := r.TakeOne(t.Context(), Line{byID("9", bo), login("1", "2026-01-01T00:00:00Z")}); err != nil || got.Outcome != record.RetentionOver ||
			len(r.states) != 1 || len(r.aliases) != 2 {
			t.Errorf("%s: somebody is known of whom nothing is stored: %+v, %v", name, got, err)
		}
	}
}

// A data subject has at most ten ids, and at most ten people share an address.
func TestAnEleventhIDIsRefused(t *testing.T) {
	r := newRig()
	r.put(t, login("0", start), record.Stored)
	for i := range subject.Most {
		r.takes(t, subject.Named{Client: fmt.Sprint("system", i), ID: "1", Address: at(anna)}, login(fmt.Sprint(i+1), start))
	}
	eleventh := subject.Named{Client: "one more", ID: "1", Address: at(anna)}
	if got, err := r.TakeOne(t.Context(), Line{eleventh, login("x", start)}); fault.KindOf(err) != fault.Exhausted || Retryable(err) || r.known(eleventh) != "" {
		t.Errorf("%+v, %v", got, err)
	}
	r.takes(t, by(anna), login("y", start)) // by the address she is still known
	for i := range subject.Most - 1 {
		r.takes(t, subject.Named{Client: "system0", ID: fmt.Sprint(i + 2), Address: at(anna)}, login("1", start))
	}
	if got, err := r.TakeOne(t.Context(), Line{subject.Named{Client: "system0", ID: "99", Address: at(anna)}, login("1", start)}); fault.KindOf(err) != fault.Exhausted {
		t.Errorf("%+v, %v", got, err)
	}
	if is := r.aliases[r.Intake.Aliases.Alias(at(anna))]; len(is.Subjects) != subject.Most {
		t.Errorf("%d people share the address", len(is.Subjects))
	}
}

// F02: lines that name one person by an id, by an address and by both give one data subject with all their records, in whatever order they come, once
// any line has both.
func TestFault_F02_LinesThatNameOnePersonInSeveralWays(t *testing.T) {
	lines := []Line{
		{byID("7", anna), login("1", start)}, {byID("7", ""), login("2", start)}, {by(anna), login("3", start)}, {byID("7", "Anna@Example.org"), person(start, "Anna")},
		{subject.Named{Client: "crm", ID: "7", Address: at("new@example.org")}, login("4", start)},
	}
	soak.Check(t, func(t *rapid.T) {
		order := append([]Line{lines[0]}, rapid.Permutation(append(slices.Clone(lines[1:]), lines...)).Draw(t, "order")...)
		r := newRig()
		for len(order) > 0 {
			n := rapid.IntRange(1, len(order)).Draw(t, "lines of a call")
			for i, got := range r.Take(t.Context(), order[:n]) {
				note := map[bool]identity.Note{true: identity.NotAttached}[order[i].Who.Address.Lookup == "new@example.org"]
				if got.Err != nil || got.Address != note {
					t.Fatalf("line %d: %+v", i, got)
				}
			}
			order = order[n:]
		}
		if got := r.of(r.sid()); len(r.states) != 1 || len(r.aliases) != 2 || !slices.Equal(got, []string{"1", "2", "3", "4", "self"}) {
			t.Fatalf("%d data subjects, %d aliases, %v", len(r.states), len(r.aliases), got)
		}
	})
}

// F02: an id and an address that were sent apart are two people. Lines that follow in the same call have the answers that they would have alone.
func TestFault_F02_ACallIsAnsweredLikeItsLinesAlone(t *testing.T) {
	soak.Check(t, func(t *rapid.T) {
		named := rapid.Custom(func(t *rapid.T) subject.Named {
			who := subject.Named{Client: "crm", ID: rapid.SampledFrom([]string{"", "7", "8"}).Draw(t, "id")}
			if email := rapid.SampledFrom([]string{"", anna, bo}).Draw(t, "email"); email != "" || who.ID == "" {
				who.Address = at(map[bool]string{true: anna, false: email}[email == ""])
			}
			return who
		})
		var lines []Line
		for i := range rapid.IntRange(1, 8).Draw(t, "lines") {
			who := named.Draw(t, "who")
			for range rapid.IntRange(1, 2).Draw(t, "records") {
				lines = append(lines, Line{who, login(fmt.Sprint(i), start)})
			}
		}
		alone, together := newRig(), newRig()
		var want []Result
		for _, groups := range byPerson(lines) {
			for _, places := range groups {
				for _, place := range places {
					got, err := alone.TakeOne(t.Context(), lines[place])
					got.Err = err
					want = append(want, got)
				}
			}
		}
		results, i := together.Take(t.Context(), lines), 0
		for _, groups := range byPerson(lines) {
			for _, places := range groups {
				for _, place := range places {
					if got := results[place]; got.Outcome != want[i].Outcome || got.Address != want[i].Address || fault.KindOf(got.Err) != fault.KindOf(want[i].Err) {
						t.Fatalf("line %d, %+v: %+v, alone %+v", place, lines[place].Who, got, want[i])
					}
					i++
				}
			}
		}
		if len(alone.states) != len(together.states) || len(alone.aliases) != len(together.aliases) {
			t.Fatalf("%d and %d data subjects, %d and %d aliases", len(alone.states), len(together.states), len(alone.aliases), len(together.aliases))
		}
	})
}

// F15: a data subject is joined to another one after the aliases were read and before the state is. The record goes to the one who stays.
func TestFault_F15_SomebodyIsJoinedWhileARecordComes(t *testing.T) {
	for _, who := range []subject.Named{byID("8", ""), by(bo)} {
		r := people(t)
		r.before = func(operation string) error {
			if operation == "State" {
				r.before = nil
				r.joins(t, "7", bo)
			}
			return nil
		}
		r.takes(t, who, account("a", start, "2026-01-01T00:00:00Z", ""))
		if got := r.of(r.sid()); r.before != nil || r.known(who) != r.sid() || !slices.Equal(got, []string{"a", "anna"}) || r.states[r.sid()].Contract != standing.Running {
			t.Errorf("%v, %+v", got, r.states[r.sid()])
		}
	}
}

// If aliases stand for somebody who is joined to another one for good, nothing is decided.
func TestAnAliasThatLagsBehind(t *testing.T) {
	r := people(t)
	state := r.states[r.sid()]
	state.Into = "somebody"
	r.states[r.sid()] = state
	if _, err := r.TakeOne(t.Context(), Line{by(anna), login("1", start)}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%v", err)
	}
}

// F15: two systems teach the id of one person at once, and two records make the same unknown person known at once. Nobody becomes two.
func TestFault_F15_TwoCallsThatTeachTheSame(t *testing.T) {
	for name, c := range map[string]struct{ first, second subject.Named }{
		"by the id":                     {byID("7", ""), byID("7", "")},
		"by both":                       {byID("7", anna), byID("7", anna)},
		"by the address, then by both":  {by(anna), byID("7", anna)},
		"by both, then by the address":  {byID("7", anna), by(anna)},
		"by both, then by the id":       {byID("7", anna), byID("7", "")},
		"by the ids of two systems":     {byID("7", anna), subject.Named{Client: "shop", ID: "1", Address: at(anna)}},
		"by an id, and another's share": {byID("7", anna), byID("8", anna)},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig()
			r.before = func(operation string) error {
				if operation == "Commit" {
					r.before = nil
					r.takes(t, c.second, login("2", start))
				}
				return nil
			}
			r.takes(t, c.first, login("1", start))
			people, records := 1, 0
			if c.second.ID == "8" {
				people = 2
			}
			for id := range r.states {
				records += len(r.of(id))
			}
			if len(r.states) != people || records != 2 {
				t.Errorf("%s: %d data subjects, %d records", name, len(r.states), records)
			}
		})
	}
}

// A store that does not answer lets nothing be decided.
func TestAliasesThatCannotBeRead(t *testing.T) {
	for calls, operation := range map[int]string{1: "Aliases", 2: "Aliases"} {
		r := people(t)
		r.before = func(called string) error {
			if called == operation {
				if calls--; calls == 0 {
					return errCut
				}
			}
			return nil
		}
		if _, err := r.TakeOne(t.Context(), Line{byID("9", anna), login("1", start)}); !errors.Is(err, errCut) || len(r.states) != 3 {
			t.Errorf("%v, %d data subjects", err, len(r.states))
		}
	}
}
