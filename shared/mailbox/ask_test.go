package mailbox

import (
	"errors"
	"maps"
	"testing"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// news is an act by address that grants or denies marketing mail.
func news(email string, state consent.State) consent.Act {
	return consent.Act{Who: consent.Who{Email: email}, Operation: "op", PolicyVersion: inForce.Version, Language: "en", Surface: "form",
		Decisions: map[privacy.Purpose]consent.State{privacy.MarketingEmail: state}}
}

// ask asks for a confirmation and returns its id.
func (p *person) ask(t *testing.T, client string, act consent.Act) string {
	t.Helper()
	id, err := p.consents.Ask(t.Context(), client, act)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// C02: a decision by address waits. Its mail is due at once, nothing is recorded, and it expires when its link would.
func TestPromise_C02_WhatIsAskedWaits(t *testing.T) {
	p := newPerson()
	act := news("Anna@example.org", consent.Granted)
	id := p.ask(t, "client", act)
	c := p.waiting.only()
	if c.ID != id || c.Email != "Anna@example.org" || c.Client != "client" || !c.CreatedAt.Equal(now) || !c.NextAt.Equal(now) || !c.ExpiresAt.Equal(now.AddDate(0, 0, 8)) {
		t.Errorf("%+v", c)
	}
	if c.Mailbox != "" || c.Tries != 0 || !c.ConfirmedAt.IsZero() || len(p.history()) != 0 {
		t.Errorf("it counts already: %+v", c)
	}
	act.Operation = id
	if c.Act.Operation != id || c.Act.Subject != "" || !maps.Equal(c.Act.Decisions, act.Decisions) || c.Act.Language != "en" || c.Act.Surface != "form" || c.Act.GPC {
		t.Errorf("the act is %+v", c.Act)
	}
}

// D01: the privacy signal that comes with the act denies what counts as sharing, and what is stored says so. The caller's act is not
// changed.
func TestPromise_D01_TheSignalOfAnActByAddress(t *testing.T) {
	p := newPerson()
	act := news("anna@example.org", consent.Granted)
	act.GPC = true
	p.ask(t, "client", act)
	stored := p.waiting.only().Act
	if !stored.GPC || stored.Decisions[privacy.MarketingCookies] != consent.Denied || stored.Decisions[privacy.MarketingEmail] != consent.Granted || len(act.Decisions) != 1 {
		t.Errorf("%+v of %+v", stored, act)
	}
}

// F01: the same act is one confirmation. An act with another operation, client or address is another one. No id reveals anything.
func TestFault_F01_TheIDOfAConfirmation(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range [][3]string{
		{"op", "client", "anna@example.org"}, {"another", "client", "anna@example.org"}, {"op", "another", "anna@example.org"}, {"op", "client", "bo@example.org"},
		{"op", "client", "Anna@example.org"}, {"opc", "lient", "anna@example.org"}, {"op", "clientanna", "@example.org"},
	} {
		id := confirmationID(c[0], c[1], c[2])
		if parsed, err := uuid.Parse(id); err != nil || parsed.Version() != 8 || parsed.Variant() != uuid.RFC4122 || parsed.String() != id || seen[id] {
			t.Errorf("%v is %s", c, id)
		}
		if seen[id] = true; id != confirmationID(c[0], c[1], c[2]) {
			t.Errorf("%v has two ids", c)
		}
	}
	if got := confirmationID("op", "client", "anna@example.org"); got != "d96c9506-33a7-8b41-9581-6d8a6f073ec7" {
		t.Errorf("the ids of confirmations that wait have changed: %s", got)
	}
}

// F01: an act that is sent again, or whose first answer was lost, gets the same answer, and its mail does not become due again.
func TestFault_F01_AskingAgain(t *testing.T) {
	p := newPerson()
	first := p.ask(t, "client", news("anna@example.org", consent.Granted))
	c := p.waiting.only()
	c.Version, c.NextAt = 1, now.AddDate(1, 0, 0)
	if _, err := p.waiting.Save(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if again := p.ask(t, "client", news("anna@example.org", consent.Granted)); again != first || p.waiting.only().Version != 2 || !p.waiting.only().NextAt.Equal(now.AddDate(1, 0, 0)) {
		t.Errorf("%s after %s: %+v", again, first, p.waiting.only())
	}
}

// A refused act is not stored, and a failure of the store is reported.
func TestWhatIsNotAsked(t *testing.T) {
	p := newPerson()
	for name, act := range map[string]consent.Act{
		"nothing": {}, "no decision": {Who: consent.Who{Email: "anna@example.org"}, PolicyVersion: inForce.Version, Language: "en", Surface: "form"},
		"no address": news("anna", consent.Granted), "no state": news("anna@example.org", "maybe"),
	} {
		if id, err := p.consents.Ask(t.Context(), "client", act); fault.KindOf(err) != fault.Unacceptable || id != "" || len(p.waiting.byID) != 0 {
			t.Errorf("%s: %q, %v", name, id, err)
		}
	}
	p.waiting.fail = func(Confirmation) error { return errKilled }
	if _, err := p.consents.Ask(t.Context(), "client", news("anna@example.org", consent.Granted)); !errors.Is(err, errKilled) {
		t.Errorf("%v", err)
	}
}
