// Package decision answers whether a data subject's data may be used for a purpose now, and why (promise C01).
package decision

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Reason says what a decision rests on. If consent is needed and not granted, it is the state of the consent: denied, expired or undecided.
type Reason string

// The reasons besides the states of consent.
const (
	Undeclared Reason = "undeclared" // the policy does not declare the purpose; no caller sees this, since Decider.Answer refuses the question
	ByBasis    Reason = "basis"      // the purpose needs no consent
	ByConsent  Reason = "consent"    // consent is granted
	ByAge      Reason = "age"        // nobody under 16 consents here (promise I01)
)

// Facts are what a decision depends on besides the policy and the purpose.
type Facts struct {
	Newest  consent.Record // the newest consent record of the data subject; the zero Record if there is none or the subject is unknown
	Under16 bool           // the caller says that the data subject is under 16
	Now     time.Time      // when the data would be used
}

// Decision is the answer for one purpose.
type Decision struct {
	Allowed bool
	Basis   privacy.LawfulBasis // of the purpose; empty if the policy does not declare it
	Reason  Reason
}

// Decide decides whether data may be used for a purpose. A purpose that rests on consent needs a grant that has not expired, from somebody
// who is at least 16. A purpose with another lawful basis needs no consent (GDPR Art. 6(1)). A purpose that the policy does not declare is
// never allowed.
func Decide(p *policy.Policy, purpose privacy.Purpose, facts Facts) Decision {
	declared, ok := p.Purpose(purpose)
	if !ok {
		return Decision{Reason: Undeclared}
	}
	if declared.Basis != privacy.Consent {
		return Decision{Allowed: true, Basis: declared.Basis, Reason: ByBasis}
	}
	if facts.Under16 {
		return Decision{Basis: declared.Basis, Reason: ByAge}
	}
	state := facts.Newest.Effective(purpose, facts.Now).State
	if state == consent.Granted {
		return Decision{Allowed: true, Basis: declared.Basis, Reason: ByConsent}
	}
	return Decision{Basis: declared.Basis, Reason: Reason(state)}
}
