package decision

import (
	"slices"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// erased reports whether the data that a purpose needs was erased, and nothing makes it new: a contract that has begun since, or a decision of the data
// subject since then about a purpose that rests on their consent. is is that decision; a new contract does not renew a consent. What an erasure withholds
// may be used for what it is withheld for. A legal hold allows nothing.
func erased(p *policy.Policy, purpose policy.Purpose, is consent.Decision, facts Facts) bool {
	switch by := facts.Standing; {
	case purpose.Basis == privacy.Consent:
		return !by.Outlives(is.DecidedAt) && (is.State == consent.Granted || !by.Anew())
	case by.Anew():
		return false
	default:
		return !slices.ContainsFunc(needs(p, purpose.ID, facts.Category), func(category privacy.Category) bool {
			rule := p.RetentionFor(category)
			return serves(rule, by.Ground(rule, facts.Now), purpose)
		})
	}
}

// erasable reports whether an erasure can forbid a purpose. It cannot if what the purpose needs is always withheld.
func erasable(p *policy.Policy, purpose policy.Purpose, facts Facts) bool {
	facts.Standing = standing.Unknown.Erase("any", nil, facts.Now, facts.Now)
	return erased(p, purpose, consent.Decision{State: consent.Undecided}, facts)
}

// needs lists the categories that a purpose needs: the one that is asked about, or else those that serve it by the policy. Without any, it may be any.
// Counts that have no data subject say nothing about one.
func needs(p *policy.Policy, purpose privacy.Purpose, asked privacy.Category) (all []privacy.Category) {
	if asked != "" {
		return []privacy.Category{asked}
	}
	listed := false
	for _, category := range p.Categories {
		serves := slices.Contains(category.Purposes, purpose)
		if listed = listed || serves; serves && category.ID.HasSubject() {
			all = append(all, category.ID)
		}
	}
	if !listed {
		all = slices.DeleteFunc(slices.Clone(privacy.Categories[:]), func(c privacy.Category) bool { return !c.HasSubject() })
	}
	return all
}

// serves reports whether data that an erasure withholds on a ground may be used for a purpose: what the law demands for what a law demands, what a contract
// needs for the contract, and what is still necessary to protect others for that.
func serves(rule policy.Retention, ground privacy.Withholding, purpose policy.Purpose) bool {
	switch {
	case ground == privacy.LegalDuty:
		return purpose.Basis == privacy.LegalObligation
	case ground == privacy.StillNecessary && rule.Erasure.While == policy.WhileContract:
		return purpose.Basis == privacy.Contract || protected(purpose)
	case ground == privacy.StillNecessary:
		return purpose.Compelling
	default:
		return false
	}
}
