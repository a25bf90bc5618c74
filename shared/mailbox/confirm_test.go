package mailbox

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// waits asks about marketing mail, puts the confirmation behind the mailbox now, and returns its id.
func (p *person) waits(t *testing.T, state consent.State) string {
	t.Helper()
	id := p.ask(t, "client", news("anna@example.org", state))
	p.change(t, func(c *Confirmation) { c.putBehind(p.clock.Now()) })
	return id
}

// change changes the one confirmation that is stored.
func (p *person) change(t *testing.T, change func(*Confirmation)) {
	t.Helper()
	c := p.waiting.only()
	change(&c)
	if _, err := p.waiting.Save(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

// T06, T11, T23: which buttons confirm. All others get the same answer, whatever is wrong with them, and nothing is recorded.
func TestThreat_T11_WhichButtonsConfirm(t *testing.T) {
	for name, row := range map[string]struct {
		state func(*Confirmation) // what became of the confirmation before
		after time.Duration
		id    func(string) string
		proof subject.Proof
		works bool
	}{
		"at once":                   {proof: fresh, works: true},
		"in the last second":        {after: 8*24*time.Hour - time.Second, proof: fresh, works: true},
		"a second later":            {after: 8 * 24 * time.Hour, proof: fresh},
		"another mailbox":           {proof: subject.Proof{Mailbox: aliases.Mailbox(subject.Address{Lookup: "bo@example.org"}), Fresh: true}},
		"no mailbox":                {proof: subject.Proof{Fresh: true}},
		"pressed already":           {state: func(c *Confirmation) { c.ConfirmedAt = now }, proof: fresh},
		"ended":                     {state: func(c *Confirmation) { c.end() }, proof: fresh},
		"before it waits anywhere":  {state: func(c *Confirmation) { c.Mailbox = "" }, proof: fresh},
		"nowhere, and no proof":     {state: func(c *Confirmation) { c.Mailbox = "" }, proof: subject.Proof{Fresh: true}},
		"an unknown id":             {id: func(string) string { return uuid.NewString() }, proof: fresh},
		"an id in capitals":         {id: strings.ToUpper, proof: fresh},
		"an id in braces":           {id: func(id string) string { return "{" + id + "}" }, proof: fresh},
		"no id":                     {id: func(string) string { return "" }, proof: fresh},
		"asked for again meanwhile": {state: func(c *Confirmation) { c.Repeats, c.RepeatedAt = 3, now }, proof: fresh, works: true},
	} {
		for what, do := range map[string]func(p *person, id string) error{
			"confirm": func(p *person, id string) error {
				_, err := p.consents.Confirm(t.Context(), id, annas, row.proof, false)
				return err
			},
			"discard": func(p *person, id string) error { return p.consents.Discard(t.Context(), id, row.proof) },
		} {
			p := newPerson()
			id := p.waits(t, consent.Granted)
			if row.state != nil {
				p.change(t, row.state)
			}
			if row.id != nil {
				id = row.id(id)
			}
			p.clock.Advance(row.after)
			err := do(p, id)
			if !row.works {
				if !errors.Is(err, errLink) || len(p.history()) != 0 || len(p.told) != 0 {
					t.Errorf("%s, %s: %v, %d records, told %v", what, name, err, len(p.history()), p.told)
				}
				continue
			}
			if recorded := len(p.history()) == 1; err != nil || recorded != (what == "confirm") || len(p.told) != 1 {
				t.Errorf("%s, %s: %v, %d records, told %v", what, name, err, len(p.history()), p.told)
			}
			if again := do(p, id); !errors.Is(again, errLink) || len(p.told) != 1 {
				t.Errorf("%s, %s, twice: %v", what, name, again)
			}
		}
	}
}

// C02: a press records the decision that was asked for, in the name of the person, once, and has a receipt tell it.
func TestPromise_C02_WhatAPressRecords(t *testing.T) {
	p := newPerson()
	id := p.waits(t, consent.Granted)
	p.clock.Advance(time.Hour)
	record, err := p.consents.Confirm(t.Context(), id, annas, fresh, false)
	if err != nil || record.Version != 1 || record.Operation != id || record.Subject != consent.Address(sid) || record.Effective(privacy.MarketingEmail, p.Now()).State != consent.Granted {
		t.Errorf("%+v, %v", record, err)
	}
	if c := p.waiting.only(); !c.ConfirmedAt.Equal(p.Now()) || !c.NextAt.IsZero() {
		t.Errorf("%+v", c)
	}
	if len(p.told) != 1 || p.told[0].Kind != Decided || p.told[0].Decisions[privacy.MarketingEmail] != consent.Granted {
		t.Errorf("told %+v", p.told)
	}
}

// T31: whoever opens a link again may refuse and discard, but may not grant. What they may not do stays as it is.
func TestThreat_T31_AStaleLinkGrantsNothing(t *testing.T) {
	p := newPerson()
	id := p.waits(t, consent.Granted)
	if _, err := p.consents.Confirm(t.Context(), id, annas, stale, false); fault.KindOf(err) != fault.Forbidden || len(p.history()) != 0 || len(p.told) != 0 {
		t.Errorf("a grant: %v, %d records", err, len(p.history()))
	}
	if c := p.waiting.only(); c.NextAt.IsZero() || !c.ConfirmedAt.IsZero() {
		t.Errorf("%+v", c)
	}
	if err := p.consents.Discard(t.Context(), id, stale); err != nil || !p.waiting.only().NextAt.IsZero() || p.told[0].Kind != Discarded || p.told[0].Decisions[privacy.MarketingEmail] != consent.Granted {
		t.Errorf("a discard: %v, %+v", err, p.told)
	}
	p = newPerson()
	id = p.waits(t, consent.Denied)
	if _, err := p.consents.Confirm(t.Context(), id, annas, stale, false); err != nil || len(p.history()) != 1 {
		t.Errorf("a denial: %v", err)
	}
	p = newPerson()
	p.waits(t, consent.Denied)
	p.change(t, func(c *Confirmation) { c.Act.Decisions[privacy.Testimonials] = consent.Granted })
	if _, err := p.consents.Confirm(t.Context(), p.waiting.only().ID, annas, stale, false); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a denial with a grant: %v", err)
	}
}

// D01: the privacy signal counts whether it came with the act or comes with the press.
func TestPromise_D01_TheSignalOfAPress(t *testing.T) {
	for _, row := range []struct{ asked, pressed bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
		p := newPerson()
		act := news("anna@example.org", consent.Granted)
		act.GPC = row.asked
		id := p.ask(t, "client", act)
		p.change(t, func(c *Confirmation) { c.putBehind(now) })
		record, err := p.consents.Confirm(t.Context(), id, annas, fresh, row.pressed)
		signal := row.asked || row.pressed
		if denied := record.Decisions[privacy.MarketingCookies].State == consent.Denied; err != nil || record.GPC != signal || denied != signal {
			t.Errorf("%+v: %+v, %v", row, record, err)
		}
	}
}

// F03: a press is killed after its act was recorded, and repeated. There is one record, and the button is used up.
func TestFault_F03_APressThatIsKilledIsRepeated(t *testing.T) {
	p := newPerson()
	id := p.waits(t, consent.Granted)
	p.waiting.fail = func(Confirmation) error { return errKilled }
	if _, err := p.consents.Confirm(t.Context(), id, annas, fresh, false); !errors.Is(err, errKilled) || len(p.history()) != 1 || len(p.told) != 0 {
		t.Fatalf("%v, %d records", err, len(p.history()))
	}
	if err := p.consents.Discard(t.Context(), id, fresh); !errors.Is(err, errKilled) || len(p.told) != 0 {
		t.Errorf("discard: %v", err)
	}
	if _, err := p.consents.Recorder.Record(t.Context(), withdrawal()); err != nil {
		t.Fatal(err)
	}
	p.waiting.fail = nil
	record, err := p.consents.Confirm(t.Context(), id, annas, fresh, false)
	if err != nil || record.Version != 2 || record.Effective(privacy.MarketingEmail, p.Now()).State != consent.Denied {
		t.Errorf("the grant came back after a withdrawal: %+v, %v", record, err)
	}
	if p.waiting.only().ConfirmedAt.IsZero() {
		t.Error("the button is not used up")
	}
}

// withdrawal denies marketing mail in the name of the person.
func withdrawal() consent.Act {
	act := news("", consent.Denied)
	act.Subject, act.Operation = consent.Address(sid), uuid.NewString()
	return act
}

// C03: a press that loses its races gives up only if it denies nothing and came without the privacy signal. Any other press goes on as long
// as its call.
func TestPromise_C03_APressThatDeniesLosesNoRace(t *testing.T) {
	for name, row := range map[string]struct {
		state  consent.State
		signal bool
		races  int // that are lost before a save succeeds
		want   fault.Kind
		saves  int
	}{
		"no race":                {consent.Granted, false, 0, "", 1},
		"the last race":          {consent.Granted, false, 4, "", 5},
		"a race too many":        {consent.Granted, false, 5, fault.Conflict, 5},
		"a denial":               {consent.Denied, false, 9, "", 10},
		"a grant and the signal": {consent.Granted, true, 9, "", 10},
	} {
		p, saves := newPerson(), 0
		id := p.waits(t, row.state)
		p.waiting.fail = func(Confirmation) error {
			if saves++; saves <= row.races {
				return ErrChanged
			}
			return nil
		}
		_, err := p.consents.Confirm(t.Context(), id, annas, fresh, row.signal)
		if err == nil && row.want != "" || err != nil && fault.KindOf(err) != row.want || saves != row.saves || len(p.history()) != 1 {
			t.Errorf("%s: %v after %d saves, %d records", name, err, saves, len(p.history()))
		}
	}
	p := newPerson()
	id := p.waits(t, consent.Denied)
	p.waiting.fail = func(Confirmation) error { return ErrChanged }
	ctx, cancel := context.WithTimeout(t.Context(), 600*time.Millisecond)
	defer cancel()
	if _, err := p.consents.Confirm(ctx, id, annas, fresh, false); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("without time: %v", err)
	}
}

// F02: a discard that loses races tries again, and asks for patience if that does not end.
func TestFault_F02_ADiscardThatLosesRaces(t *testing.T) {
	for races, want := range map[int]fault.Kind{0: "", mostTries - 1: "", mostTries: fault.Conflict} {
		p, saves := newPerson(), 0
		id := p.waits(t, consent.Granted)
		p.waiting.fail = func(Confirmation) error {
			if saves++; saves <= races {
				return ErrChanged
			}
			return nil
		}
		err := p.consents.Discard(t.Context(), id, stale)
		if err == nil && want != "" || err != nil && fault.KindOf(err) != want || (len(p.told) == 1) != (want == "") {
			t.Errorf("%d races: %v, told %v", races, err, p.told)
		}
	}
}

// broken is a store that cannot be read.
type broken struct{ Confirmations }

func (broken) Load(context.Context, string) (Confirmation, bool, error) {
	return Confirmation{}, false, errKilled
}

// A failure of the store is not answered like a wrong link. An id that no confirmation can have is not looked up in the store.
func TestAStoreThatFailsIsNoWrongLink(t *testing.T) {
	p := newPerson()
	p.consents.Confirmations = broken{}
	for id, want := range map[string]error{
		uuid.NewString(): errKilled, "": errLink, "x": errLink, strings.ToUpper(uuid.NewString()): errLink, "urn:uuid:" + uuid.NewString(): errLink,
	} {
		if _, err := p.consents.Confirm(t.Context(), id, annas, fresh, false); !errors.Is(err, want) {
			t.Errorf("confirm %q: %v", id, err)
		}
		if err := p.consents.Discard(t.Context(), id, fresh); !errors.Is(err, want) {
			t.Errorf("discard %q: %v", id, err)
		}
	}
}
