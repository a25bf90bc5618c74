package policy

import (
	"slices"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Category returns what the policy declares about a category. It returns false for an undeclared category (promise B01).
func (p *Policy) Category(id privacy.Category) (Category, bool) {
	i := slices.IndexFunc(p.Categories, func(c Category) bool { return c.ID == id })
	if i < 0 {
		return Category{}, false
	}
	return p.Categories[i], true
}

// Purpose returns a declared purpose. It returns false for an undeclared purpose (promise C01).
func (p *Policy) Purpose(id privacy.Purpose) (Purpose, bool) {
	i := slices.IndexFunc(p.Purposes, func(x Purpose) bool { return x.ID == id })
	if i < 0 {
		return Purpose{}, false
	}
	return p.Purposes[i], true
}

// Rule returns a row of the retention schedule by its id. It returns false for an unknown id.
func (p *Policy) Rule(id string) (Retention, bool) {
	i := slices.IndexFunc(p.Retention, func(r Retention) bool { return r.ID == id })
	if i < 0 {
		return Retention{}, false
	}
	return p.Retention[i], true
}

// RetentionFor returns the rule for a category, or the zero Retention, whose ID is empty, for an undeclared category. Validation
// ensures that every declared category has a rule (promise F08).
func (p *Policy) RetentionFor(category privacy.Category) Retention {
	return p.RetentionOf(Kind(category))
}

// RetentionOf returns the rule for a stored kind, or the zero Retention, whose ID is empty, for an unknown kind (promise F08).
func (p *Policy) RetentionOf(kind Kind) Retention {
	i := slices.IndexFunc(p.Retention, func(r Retention) bool { return slices.Contains(r.Stored, kind) })
	if i < 0 {
		return Retention{}
	}
	return p.Retention[i]
}

// Safeguard returns a declared transfer safeguard (promise J01). It returns false for an unknown id.
func (p *Policy) Safeguard(id string) (Safeguard, bool) {
	i := slices.IndexFunc(p.Safeguards, func(s Safeguard) bool { return s.ID == id })
	if i < 0 {
		return Safeguard{}, false
	}
	return p.Safeguards[i], true
}

// AuthoritiesOf returns the authorities that take complaints from people who live there, or all of them if the policy names none for the place or
// if nobody knows where the person lives (promise L01).
func (p *Policy) AuthoritiesOf(lives privacy.Jurisdiction) []Authority {
	var theirs []Authority
	for _, a := range p.Authorities {
		if a.Jurisdiction == string(lives) {
			theirs = append(theirs, a)
		}
	}
	if len(theirs) == 0 {
		return p.Authorities
	}
	return theirs
}
