// Package decision answers whether a data subject's data may be used for a purpose now, and why (promise C01).
package decision

import (
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// Reason says what a decision rests on. If consent is needed and not granted, it is the state of the consent: denied, expired or undecided.
type Reason string

// The reasons besides the states of consent.
const (
	Undeclared Reason = "undeclared" // the policy does not declare the purpose; no caller sees this, since Decider.Answer refuses the question
	ByBasis    Reason = "basis"      // the purpose needs no consent
	ByConsent  Reason = "consent"    // consent is granted
	ByAge      Reason = "age"        // nobody under 16 consents here (promise I01)

	ByRestriction Reason = "restriction" // the data subject has had the use of the data restricted (GDPR Art. 18)
	ByOptOut      Reason = "opt_out"     // the data subject has opted out of sale and sharing (promise H10)
	ByObjection   Reason = "objection"   // the data subject has objected (promise H06)
	ByErasure     Reason = "erasure"     // the data was erased (GDPR Art. 17; promise H03)
)

// Facts are what a decision depends on besides the policy and the purpose.
type Facts struct {
	Newest   consent.Record   // the newest consent record of the data subject; the zero Record if there is none or the subject is unknown
	Standing standing.State   // of the data subject; the zero State of a visitor, and of somebody unknown
	Category privacy.Category // of the data that would be used; empty for any data
	Under16  bool             // the caller says that the data subject is under 16
	Now      time.Time        // when the data would be used
}

// limitable reports whether a data subject can forbid a purpose. Every sale can be opted out of, even if it is [protected] from the rest.
func limitable(purpose policy.Purpose) bool {
	return purpose.Sells || !protected(purpose)
}

// Decision is the answer for one purpose.
type Decision struct {
	Allowed bool
	Basis   privacy.LawfulBasis // of the purpose; empty if the policy does not declare it
	Reason  Reason
}

// Decide decides whether data may be used for a purpose. A purpose that rests on consent needs a grant that has not expired, from somebody
// who is at least 16. A purpose with another lawful basis needs no consent (GDPR Art. 6(1)). A purpose that the policy does not declare is
// never allowed. What the data subject has limited is not allowed, whatever else speaks for it ([forbidden]), nor is what needs data that was erased.
func Decide(p *policy.Policy, purpose privacy.Purpose, facts Facts) Decision {
	declared, ok := p.Purpose(purpose)
	if !ok {
		return Decision{Reason: Undeclared}
	}
	if declared.Basis == privacy.Consent && facts.Under16 {
		return Decision{Basis: declared.Basis, Reason: ByAge}
	}
	is := facts.Newest.Effective(purpose, facts.Now)
	if by, no := forbidden(p, declared, is, facts); no {
		return Decision{Basis: declared.Basis, Reason: by}
	}
	if erased(p, declared, is, facts) {
		return Decision{Basis: declared.Basis, Reason: ByErasure}
	}
	if declared.Basis != privacy.Consent {
		return Decision{Allowed: true, Basis: declared.Basis, Reason: ByBasis}
	}
	if is.State == consent.Granted {
		return Decision{Allowed: true, Basis: declared.Basis, Reason: ByConsent}
	}
	return Decision{Basis: declared.Basis, Reason: Reason(is.State)}
}

// forbidden reports whether the data subject has forbidden a purpose, and by what. is what they decided about it, if it rests on consent.
//
// A restriction leaves what the person consents to, unless the restriction names the purpose and the consent is older; what the law demands; and what
// protects others (GDPR Art. 18(2)). An opt-out forbids every sale until it is taken back. An objection forbids until it is taken back or, for a
// purpose that rests on consent, until a consent is given that is newer. A contract and a law cannot be objected to (Art. 21(1)).
func forbidden(p *policy.Policy, purpose policy.Purpose, is consent.Decision, facts Facts) (Reason, bool) {
	for _, r := range facts.Standing.Restrictions {
		contested, named := r.Contests(p, purpose.ID, facts.Category)
		remains := protected(purpose) || purpose.Basis == privacy.Consent && (!named || agreedAfter(is, r.At, facts.Standing))
		if contested && !remains {
			return ByRestriction, true
		}
	}
	return refused(purpose, is, facts.Standing)
}

// refused is the part of [forbidden] that is about the purpose, whatever data it would be done with. is may be an opt-out itself: that of a browser, or
// one that came with the privacy signal (promise D01).
func refused(purpose policy.Purpose, is consent.Decision, by standing.State) (Reason, bool) {
	if purpose.Sells && (len(by.OptOuts) > 0 || is.OptOut) {
		return ByOptOut, true
	}
	if protected(purpose) || purpose.Basis == privacy.Contract {
		return "", false
	}
	for _, o := range by.Objections {
		if slices.Contains(o.Purposes, purpose.ID) && !agreedAfter(is, o.At, by) {
			return ByObjection, true
		}
	}
	return "", false
}

// protected reports whether a purpose can be neither restricted nor objected to, since the law demands it or it protects others (GDPR Art. 18(2), 21(1)).
func protected(purpose policy.Purpose) bool {
	return purpose.Compelling || purpose.Basis == privacy.LegalObligation
}

// agreedAfter reports whether a decision is a consent that prevails over what was forbidden at the time given, by the data subject with the state.
func agreedAfter(is consent.Decision, at time.Time, by standing.State) bool {
	return is.State == consent.Granted && is.DecidedAt.After(overruled(at, by.LastJoin()))
}

// Refused returns the purposes that rest on consent and that the data subject has refused by an opt-out or an objection, or whose consent an erasure has
// ended, each with which of them it was. Whoever shows people what they decided shows these as denied, since [Decide] allows none of them. A restriction is not among them: what somebody
// agreed to stays agreed to, even while it must not be used.
func Refused(p *policy.Policy, facts Facts) map[privacy.Purpose]Reason {
	all := map[privacy.Purpose]Reason{}
	for _, purpose := range p.Purposes {
		if purpose.Basis != privacy.Consent {
			continue
		}
		is := facts.Newest.Effective(purpose.ID, facts.Now)
		if by, no := refused(purpose, is, facts.Standing); no {
			all[purpose.ID] = by
		} else if is.State == consent.Granted && erased(p, purpose, is, facts) {
			all[purpose.ID] = ByErasure
		}
	}
	return all
}

// overruled returns until when a consent does not prevail over what was forbidden at the time given. If somebody was joined to the data subject since,
// the consent may be that of the other, who had forbidden nothing. So only a consent prevails that was given after the join. Joins are noted to the
// second, and what happened in that second may have happened before.
func overruled(at, joined time.Time) time.Time {
	if since := joined.Truncate(time.Second).Add(time.Second); !joined.IsZero() && at.Before(since) {
		return since
	}
	return at
}
