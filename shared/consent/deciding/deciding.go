// Package deciding answers whether a data subject's data may be used for a purpose now, and why (promise C01).
package deciding

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Reason says what a decision rests on. Of consent that is not granted it is the state: denied, expired or undecided.
type Reason string

// The reasons besides the states of consent.
const (
	ByBasis   Reason = "basis"   // the purpose needs no consent
	ByConsent Reason = "consent" // consent is granted
	ByAge     Reason = "age"     // nobody under 16 consents here (promise I01)
)

// Decision is the answer.
type Decision struct {
	Allowed bool
	Basis   privacy.LawfulBasis
	Reason  Reason
}

// Log reads the newest consent record of a data subject, consistently: a withdrawal holds on the next decision (promise C03).
type Log interface {
	Newest(ctx context.Context, subject string) (consent.Record, error)
}

// Desk decides under one policy.
type Desk struct {
	Policy   *policy.Policy
	Consents Log
	Now      func() time.Time
}

const undeclared = "must be a purpose that the policy declares"

// Check notes a purpose that the policy does not declare: nothing may be done for it, so asking is a mistake.
func (d Desk) Check(at *fault.Fields, purpose privacy.Purpose) {
	_, declared := d.Policy.Purpose(purpose)
	at.Need("/purpose", string(purpose), declared, undeclared)
}

// Decide decides for a data subject by the key of the consent log, "" for one who is not known. A purpose that Check refuses is
// fault.Unacceptable.
func (d Desk) Decide(ctx context.Context, purpose privacy.Purpose, subject string, under16 bool) (Decision, error) {
	declared, ok := d.Policy.Purpose(purpose)
	if !ok {
		return Decision{}, fault.At("/purpose", undeclared)
	}
	out := Decision{Basis: declared.Basis}
	switch {
	case declared.Basis != privacy.Consent:
		out.Allowed, out.Reason = true, ByBasis
		return out, nil
	case under16:
		out.Reason = ByAge
		return out, nil
	}
	var newest consent.Record
	if subject != "" {
		var err error
		if newest, err = d.Consents.Newest(ctx, subject); err != nil {
			return Decision{}, err
		}
	}
	state := newest.Effective(purpose, d.Now()).State
	if out.Allowed = state == consent.Granted; out.Allowed {
		out.Reason = ByConsent
	} else {
		out.Reason = Reason(state)
	}
	return out, nil
}
