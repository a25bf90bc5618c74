package consent

import (
	"maps"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/privacy/card"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Act is one decision act of a data subject.
type Act struct {
	Who           Who    // as the caller named the data subject; not looked at where Subject is known
	Subject       string // key of the data subject
	Operation     string
	Decisions     map[privacy.Purpose]State // Granted or Denied
	PolicyVersion string
	Language      string
	Surface       string
	GPC           bool
	First         bool  // the caller asserts that nothing is on record (If-None-Match: *)
	After         []int // the caller asserts that one of these versions is on record (If-Match); nil for no assertion
}

// Who is how callers name a data subject: by visitor id or by address.
type Who struct {
	Visitor string `json:"visitor"`
	Email   string `json:"email"`
}

// ByEmail reports whether the address alone names the data subject.
func (w Who) ByEmail() bool { return w.Email != "" && w.Visitor == "" }

// Check notes what is wrong with the name and returns the key of a visitor, "" for whoever is named by address.
func (w Who) Check(at *fault.Fields) (visitor string) {
	visitor, isVisitor := Visitor(w.Visitor)
	switch {
	case w == Who{}:
		at.Add("/subject", fault.Required+": a visitor or an e-mail address")
	case w.Email != "" && w.Visitor != "":
		at.Add("/subject", "must hold either a visitor or an e-mail address")
	case w.Email != "" && !subject.Plausible(w.Email):
		at.Add("/subject/email", "must be an e-mail address")
	case card.In(w.Email):
		at.Add("/subject/email", card.Detail)
	case w.Visitor != "" && !isVisitor:
		at.Add("/subject/visitor", "must be a random UUID in its hyphenated form")
	}
	return visitor
}

var surfaces = []string{"banner", "preferences", "form", "api"}

// check refuses acts that mean nothing, naming all that is wrong, and then applies the privacy signal, which denies what counts as
// sharing (promise D01) but covers no mistake.
func (c *Recorder) check(act *Act) error {
	var at fault.Fields
	if act.Subject == "" {
		act.Subject = act.Who.Check(&at)
	}
	at.Need("/policyVersion", act.PolicyVersion, policy.InForce(act.PolicyVersion, c.now()), "must be a version of the policy in force in the last 30 days")
	at.Need("/language", act.Language, privacy.LanguageTag(act.Language), "must be a language tag such as en or pt-BR")
	at.Need("/surface", act.Surface, slices.Contains(surfaces, act.Surface), "must be one of banner, preferences, form, api")
	act.checkDecisions(&at) // last: there can be any number of them
	act.signal()
	return at.Err()
}

func (a *Act) signal() {
	if !a.GPC {
		return
	}
	if a.Decisions == nil {
		a.Decisions = map[privacy.Purpose]State{}
	}
	for _, purpose := range Purposes() {
		if policy.Shares(purpose) {
			a.Decisions[purpose] = Denied
		}
	}
}

func (a *Act) checkDecisions(at *fault.Fields) {
	if len(a.Decisions) == 0 {
		at.Add("/decisions", fault.Required+": at least one purpose")
	}
	known := 0
	for _, purpose := range Purposes() {
		if state, said := a.Decisions[purpose]; said {
			known++
			if state != Granted && state != Denied {
				at.Add("/decisions"+fault.Pointer(string(purpose)), `must be "granted" or "denied"`)
			}
		}
	}
	if known == len(a.Decisions) {
		return
	}
	for _, purpose := range slices.Sorted(maps.Keys(a.Decisions)) { // so that the same act gets the same answer
		if !slices.Contains(Purposes(), purpose) {
			at.Add("/decisions"+fault.Pointer(string(purpose)), "is not a purpose that rests on consent")
		}
	}
}

// denials returns what the act denies: all of it that still counts of somebody who has decided too often. A refusal must not get lost
// because a grant stands beside it.
func (a *Act) denials() map[privacy.Purpose]State {
	out := map[privacy.Purpose]State{}
	for purpose, state := range a.Decisions {
		if state == Denied {
			out[purpose] = state
		}
	}
	return out
}
