package mailbox

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// C03, T06: one click denies marketing mail to the person whose token it is, under the key in use or a retired one, and nothing else does.
func TestPromise_C03_OneClick(t *testing.T) {
	retired := []subject.Key{subject.Key("older"), subject.Key("oldest")}
	right := UnsubscribeToken(tokens, sid)
	id, mac, _ := strings.Cut(right, ".")
	for name, row := range map[string]struct {
		token string
		works bool
	}{
		"in use":         {right, true},
		"retired":        {UnsubscribeToken(retired[0], sid), true},
		"retired before": {UnsubscribeToken(retired[1], sid), true},
		"another key":    {UnsubscribeToken(subject.Key("another"), sid), false},
		"no key":         {UnsubscribeToken(nil, sid), false},
		"another person": {"other." + mac, false},
		"no person":      {"." + mac, false},
		"no secret":      {id, false}, "an empty secret": {id + ".", false}, "half a secret": {right[:len(right)-8], false}, "padded": {right + "=", false}, "nothing": {"", false},
		"a token of a link": {id + "." + string(subject.NewToken()), false},
	} {
		p := newPerson()
		p.consents.Retired = retired
		act := news("", consent.Granted)
		act.Operation, act.Decisions = uuid.NewString(), map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Granted}
		err := p.consents.Unsubscribe(t.Context(), row.token, act)
		if !row.works {
			if !errors.Is(err, errLink) || len(p.history()) != 0 {
				t.Errorf("%s: %v, %d records", name, err, len(p.history()))
			}
			continue
		}
		if history := p.history(); err != nil || len(history) != 1 || len(history[0].Decisions) != 1 || history[0].Decisions[privacy.MarketingEmail].State != consent.Denied {
			t.Errorf("%s: %v, %+v", name, err, history)
		}
	}
}

// A click that cannot be recorded returns an error.
func TestAClickThatFails(t *testing.T) {
	p := newPerson()
	act := withdrawal()
	act.Language = "*"
	if err := p.consents.Unsubscribe(t.Context(), UnsubscribeToken(tokens, sid), act); err == nil || len(p.history()) != 0 {
		t.Errorf("%v, %d records", err, len(p.history()))
	}
}
