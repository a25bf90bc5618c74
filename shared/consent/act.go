package consent

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/privacy/card"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Act is one decision act of a data subject.
type Act struct {
	Who           Who    // how the caller named the data subject; ignored if Subject is set
	Subject       string // key of the data subject
	Operation     string
	Keyed         bool                      // the act may have been sent before under its Operation: with an Idempotency-Key, or by the button of a mail
	Decisions     map[privacy.Purpose]State // Granted or Denied
	PolicyVersion string
	Language      string
	Surface       string
	GPC           bool
	First         bool  // the caller asserts that nothing is on record (If-None-Match: *)
	After         []int // the caller asserts that the newest version is one of these (If-Match); nil for no assertion
	ConfirmOptIn  bool  // the data subject has confirmed, apart from the act, that they opt in again after an opt-out
	optOut        bool  // see [Recorder.OptOut]
	// Since is when another data subject was last joined to this one, or zero. A denial that is older is recorded again: until the join is taken
	// back, nobody knows which of both denies now.
	Since time.Time
}

// Who is how callers name a data subject: by visitor id or by address.
type Who struct {
	Visitor string `json:"visitor"`
	Email   string `json:"email"`
}

// ByEmail reports whether the address alone names the data subject.
func (w Who) ByEmail() bool { return w.Email != "" && w.Visitor == "" }

// Check adds what is wrong with the name to at. It returns the key of a visitor, or "" for a data subject who is named by address.
func (w Who) Check(at *fault.Fields) (visitor string) {
	visitor, isVisitor := Visitor(w.Visitor)
	switch {
	case w == Who{}:
		at.Add("/subject", fault.Required+": a visitor or an email address")
	case w.Email != "" && w.Visitor != "":
		at.Add("/subject", "must contain either a visitor or an email address")
	case w.Email != "" && !subject.Plausible(w.Email):
		at.Add("/subject/email", "must be an email address")
	case card.In(w.Email):
		at.Add("/subject/email", card.Detail)
	case w.Visitor != "" && !isVisitor:
		at.Add("/subject/visitor", "must be a random UUID in its hyphenated form")
	}
	return visitor
}

var surfaces = []string{"banner", "preferences", "form", "api"}

// check refuses an invalid act and names every mistake in it. The privacy signal is applied afterwards, so that it hides no mistake.
func (c *Recorder) check(act *Act) error {
	var at fault.Fields
	if act.Subject == "" {
		act.Subject = act.Who.Check(&at)
	}
	now := c.Time()
	refusal := c.refusal(act.PolicyVersion, now)
	at.Need("/policyVersion", act.PolicyVersion, refusal == "", refusal)
	at.Need("/language", act.Language, privacy.LanguageTag(act.Language), "must be a language tag such as en or pt-BR")
	at.Need("/surface", act.Surface, slices.Contains(surfaces, act.Surface), "must be one of banner, preferences, form, api")
	act.checkDecisions(c.Policy.Asked(act.PolicyVersion, now), &at) // last, because it can add any number of mistakes
	return at.Err()
}

// refusal says why an act may not name a version as the one that was shown. It is empty if the act may.
func (c *Recorder) refusal(version string, now time.Time) string {
	if c.Policy.Accepts(version, now) {
		return ""
	}
	if v, ok := c.Policy.Versions.Find(version); ok && now.Before(v.InForceFrom()) {
		return "is a version that is not in force before " + v.EffectiveFrom
	}
	return "must be a version of the policy in force in the last " + strconv.Itoa(c.Policy.InForce(now).GraceDays) + " days"
}

// Yields reports whether the act gives up after so many races were lost to other writers. An act never gives up if it denies something or
// came with the privacy signal, because a withdrawal must be as easy as a grant (GDPR Art. 7(3)).
func (a *Act) Yields(lost int) bool { return lost >= attempts && !a.has(Denied) && !a.GPC }

// signal denies the purposes that count as sharing if the browser sent the privacy signal, whatever else the act says (promise D01).
func (a *Act) signal(rules *policy.ConsentRules) {
	if !a.GPC {
		return
	}
	a.Decisions = maps.Clone(a.Decisions) // the caller keeps what was sent
	a.denyShared(rules)
}

// checkDecisions demands at least one decision, and no decision about anything but the purposes that rest on consent in the version shown.
func (a *Act) checkDecisions(purposes []privacy.Purpose, at *fault.Fields) {
	if len(a.Decisions) == 0 {
		at.Add("/decisions", fault.Required+": at least one purpose")
	}
	known := 0
	for _, purpose := range purposes {
		state, said := a.Decisions[purpose]
		if said {
			known++
		}
		if said && state != Granted && state != Denied {
			at.Add("/decisions"+fault.Pointer(string(purpose)), `must be "granted" or "denied"`)
		}
	}
	if known == len(a.Decisions) { // the hot path need not sort the names
		return
	}
	for _, purpose := range slices.Sorted(maps.Keys(a.Decisions)) { // so that the same act gets the same answer
		if !slices.Contains(purposes, purpose) {
			at.Add("/decisions"+fault.Pointer(string(purpose)), "is not a purpose that rests on consent")
		}
	}
}

// has reports whether the act grants something, or denies something.
func (a *Act) has(state State) bool {
	for _, decided := range a.Decisions {
		if decided == state {
			return true
		}
	}
	return false
}

// denials returns what the act denies.
func (a *Act) denials() map[privacy.Purpose]State {
	out := map[privacy.Purpose]State{}
	for purpose, state := range a.Decisions {
		if state == Denied {
			out[purpose] = state
		}
	}
	return out
}
