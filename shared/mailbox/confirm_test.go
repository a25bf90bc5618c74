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

// The tokens of every mail of these tests.
const (
	confirms = subject.Token("the token of the button")
	opens    = subject.Token("the token of the preferences")
)

// mailed asks about marketing mail, mails the links now, and returns the id.
func (p *person) mailed(t *testing.T, state consent.State) string {
	t.Helper()
	id := p.ask(t, "client", news("anna@example.org", state))
	p.change(t, func(c *Confirmation) {
		c.mint(tokens, sid, confirms, opens)
		c.MailedAt, c.NextAt = p.clock.Now(), time.Time{}
	})
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

// T06, T11, T23: which links confirm. All others get the same answer, whatever is wrong with them, and nothing is recorded.
func TestThreat_T11_WhichLinksConfirm(t *testing.T) {
	for name, row := range map[string]struct {
		state func(*Confirmation) // what became of the confirmation before
		after time.Duration       // since the mail
		id    func(string) string
		token subject.Token
		opens bool
	}{
		"at once":                     {token: confirms, opens: true},
		"in the last second":          {after: 7*24*time.Hour - time.Second, token: confirms, opens: true},
		"a second later":              {after: 7 * 24 * time.Hour, token: confirms},
		"the token of the other link": {token: opens},
		"another token":               {token: subject.NewToken()},
		"no token":                    {},
		"pressed already":             {state: func(c *Confirmation) { c.ConfirmedAt = c.MailedAt }, token: confirms},
		"before any mail":             {state: func(c *Confirmation) { c.unmint() }, token: confirms},
		"of an earlier try":           {state: func(c *Confirmation) { c.mint(tokens, sid, subject.NewToken(), opens) }, token: confirms},
		"bound to another id":         {state: func(c *Confirmation) { c.Hash = confirms.Hash(tokens, useConfirm, "another") }, token: confirms},
		"under another key":           {state: func(c *Confirmation) { c.Hash = confirms.Hash(subject.Key("another"), useConfirm, c.ID) }, token: confirms},
		"an unknown id":               {id: func(string) string { return uuid.NewString() }, token: confirms},
		"an id in capitals":           {id: strings.ToUpper, token: confirms},
		"an id in braces":             {id: func(id string) string { return "{" + id + "}" }, token: confirms},
		"no id":                       {id: func(string) string { return "" }, token: confirms},
	} {
		p := newPerson()
		id := p.mailed(t, consent.Granted)
		if row.state != nil {
			p.change(t, row.state)
		}
		if row.id != nil {
			id = row.id(id)
		}
		p.clock.Advance(row.after)
		record, err := p.consents.Confirm(t.Context(), id, row.token, false)
		if !row.opens {
			if !errors.Is(err, errLink) || len(p.history()) != 0 {
				t.Errorf("%s: %v, %d records", name, err, len(p.history()))
			}
			continue
		}
		if err != nil || record.Version != 1 || record.Operation != id || record.Effective(privacy.MarketingEmail, p.Now()).State != consent.Granted {
			t.Errorf("%s: %+v, %v", name, record, err)
		}
		if c := p.waiting.only(); !c.ConfirmedAt.Equal(p.Now()) || !c.NextAt.IsZero() {
			t.Errorf("%s: %+v", name, c)
		}
		if _, err := p.consents.Confirm(t.Context(), id, row.token, false); !errors.Is(err, errLink) {
			t.Errorf("%s, pressed twice: %v", name, err)
		}
	}
}

// A button that is pressed while another try of its mail is due ends the tries.
func TestAPressEndsTheTriesOfItsMail(t *testing.T) {
	p := newPerson()
	id := p.mailed(t, consent.Granted)
	p.change(t, func(c *Confirmation) { c.NextAt = p.Now().Add(time.Hour) })
	if _, err := p.consents.Confirm(t.Context(), id, confirms, false); err != nil || !p.waiting.only().NextAt.IsZero() {
		t.Errorf("%v, %+v", err, p.waiting.only())
	}
}

// D01: the privacy signal counts whether it came with the act or comes with the press.
func TestPromise_D01_TheSignalOfAPress(t *testing.T) {
	for _, row := range []struct{ asked, pressed bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
		p := newPerson()
		act := news("anna@example.org", consent.Granted)
		act.GPC = row.asked
		id := p.ask(t, "client", act)
		p.change(t, func(c *Confirmation) { c.mint(tokens, sid, confirms, opens) })
		record, err := p.consents.Confirm(t.Context(), id, confirms, row.pressed)
		signal := row.asked || row.pressed
		if denied := record.Decisions[privacy.MarketingCookies].State == consent.Denied; err != nil || record.GPC != signal || denied != signal {
			t.Errorf("%+v: %+v, %v", row, record, err)
		}
	}
}

// F03: a press is killed after its act was recorded, and repeated. There is one record, and the token is used up.
func TestFault_F03_APressThatIsKilledIsRepeated(t *testing.T) {
	p := newPerson()
	id := p.mailed(t, consent.Granted)
	p.waiting.fail = func(Confirmation) error { return errKilled }
	if _, err := p.consents.Confirm(t.Context(), id, confirms, false); !errors.Is(err, errKilled) || len(p.history()) != 1 {
		t.Fatalf("%v, %d records", err, len(p.history()))
	}
	if _, err := p.consents.Recorder.Record(t.Context(), withdrawal()); err != nil {
		t.Fatal(err)
	}
	p.waiting.fail = nil
	record, err := p.consents.Confirm(t.Context(), id, confirms, false)
	if err != nil || record.Version != 2 || record.Effective(privacy.MarketingEmail, p.Now()).State != consent.Denied {
		t.Errorf("the grant came back after a withdrawal: %+v, %v", record, err)
	}
	if p.waiting.only().ConfirmedAt.IsZero() {
		t.Error("the token is not used up")
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
		id := p.mailed(t, row.state)
		p.waiting.fail = func(Confirmation) error {
			if saves++; saves <= row.races {
				return ErrChanged
			}
			return nil
		}
		_, err := p.consents.Confirm(t.Context(), id, confirms, row.signal)
		if err == nil && row.want != "" || err != nil && fault.KindOf(err) != row.want || saves != row.saves || len(p.history()) != 1 {
			t.Errorf("%s: %v after %d saves, %d records", name, err, saves, len(p.history()))
		}
	}
	p := newPerson()
	id := p.mailed(t, consent.Denied)
	p.waiting.fail = func(Confirmation) error { return ErrChanged }
	ctx, cancel := context.WithTimeout(t.Context(), 600*time.Millisecond)
	defer cancel()
	if _, err := p.consents.Confirm(ctx, id, confirms, false); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("without time: %v", err)
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
	if _, err := p.consents.Confirm(t.Context(), uuid.NewString(), confirms, false); !errors.Is(err, errKilled) {
		t.Errorf("confirm: %v", err)
	}
	if _, err := p.consents.Preferences(t.Context(), uuid.NewString(), opens); !errors.Is(err, errKilled) {
		t.Errorf("preferences: %v", err)
	}
	for _, id := range []string{"", "x", strings.ToUpper(uuid.NewString()), "urn:uuid:" + uuid.NewString()} { // which is not looked up
		if _, err := p.consents.Confirm(t.Context(), id, confirms, false); !errors.Is(err, errLink) {
			t.Errorf("%q: %v", id, err)
		}
	}
}
