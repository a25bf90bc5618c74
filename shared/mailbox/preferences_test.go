package mailbox

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// T06, T11: a preferences link works for an hour from its mail and for an hour from the press of the button, to the second. Only its own
// token opens it.
func TestThreat_T11_HowLongAPreferencesLinkLives(t *testing.T) {
	const life = time.Hour
	for name, row := range map[string]struct {
		state func(*Confirmation)
		after time.Duration
		token subject.Token
		opens bool
	}{
		"right after the mail":             {token: opens, opens: true},
		"in its last second":               {after: life - time.Second, token: opens, opens: true},
		"at its end":                       {after: life, token: opens},
		"the token of the button":          {token: confirms},
		"before any mail":                  {state: func(c *Confirmation) { c.unmint() }, token: opens},
		"a mail that may have left":        {state: func(c *Confirmation) { c.MailedAt, c.TriedAt = time.Time{}, now.Add(life) }, after: 2*life - time.Second, token: opens, opens: true},
		"the end of such a mail":           {state: func(c *Confirmation) { c.MailedAt, c.TriedAt = time.Time{}, now.Add(life) }, after: 2 * life, token: opens},
		"an accepted mail after tries":     {state: func(c *Confirmation) { c.TriedAt = now.Add(-life) }, after: life - time.Second, token: opens, opens: true},
		"no mail on record":                {state: func(c *Confirmation) { c.MailedAt = time.Time{} }, after: life - time.Second, token: opens, opens: true},
		"no mail on record, an hour later": {state: func(c *Confirmation) { c.MailedAt = time.Time{} }, after: life, token: opens},
		"an hour from the press":           {state: func(c *Confirmation) { c.ConfirmedAt = now.Add(5 * life) }, after: 6*life - time.Second, token: opens, opens: true},
		"the end of that hour":             {state: func(c *Confirmation) { c.ConfirmedAt = now.Add(5 * life) }, after: 6 * life, token: opens},
		"bound to another id":              {state: func(c *Confirmation) { c.PreferencesHash = opens.Hash(tokens, usePreferences, "another") }, token: opens},
	} {
		p := newPerson()
		id := p.mailed(t, consent.Granted)
		if row.state != nil {
			p.change(t, row.state)
		}
		p.clock.Advance(row.after)
		act := withdrawal()
		for what, do := range map[string]func() (consent.Record, error){
			"look":     func() (consent.Record, error) { return p.consents.Preferences(t.Context(), id, row.token) },
			"withdraw": func() (consent.Record, error) { return p.consents.Withdraw(t.Context(), id, row.token, act) },
		} {
			_, err := do()
			if row.opens && err != nil || !row.opens && !errors.Is(err, errLink) {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		if recorded := len(p.history()) == 1; recorded != row.opens {
			t.Errorf("%s: %d records", name, len(p.history()))
		}
	}
}

// C03: the link shows what its holder decided and withdraws it, any number of times. It does not use up the button.
func TestPromise_C03_ALinkWithdraws(t *testing.T) {
	p := newPerson()
	id := p.mailed(t, consent.Granted)
	if r, err := p.consents.Preferences(t.Context(), id, opens); err != nil || r.Version != 0 {
		t.Errorf("before the press: %+v, %v", r, err)
	}
	if _, err := p.consents.Confirm(t.Context(), id, confirms, false); err != nil {
		t.Fatal(err)
	}
	for version := 1; version < 3; version++ {
		if r, err := p.consents.Preferences(t.Context(), id, opens); err != nil || r.Version != version {
			t.Errorf("version %d: %+v, %v", version, r, err)
		}
		act := withdrawal()
		act.Subject, act.Operation = "e#somebody else", uuid.NewString()
		r, err := p.consents.Withdraw(t.Context(), id, opens, act)
		if err != nil || r.Subject != consent.Address(sid) || r.Effective(privacy.MarketingEmail, p.Now()).State != consent.Denied {
			t.Errorf("%+v, %v", r, err)
		}
	}
	act := withdrawal()
	act.Surface = "wall"
	if _, err := p.consents.Withdraw(t.Context(), id, opens, act); err == nil {
		t.Error("an act that means nothing was recorded")
	}
}
