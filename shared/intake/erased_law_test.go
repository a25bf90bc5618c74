package intake

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/shared/decision"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// agreed reports whether somebody has consented after every erasure that counts for them.
func (b *book) agreed(id string) bool {
	return slices.ContainsFunc(b.whose(id), func(one string) bool {
		at, granted := b.granted[one]
		return granted && !slices.ContainsFunc(b.of(id), func(e *erasureOf) bool { return !at.After(e.at) })
	})
}

// erasureOn returns the erasure that covers what is stored under the id of a data subject, nil if there is none.
func (b *book) erasureOn(person privacy.SubjectID) *erasureOf {
	for id := range emails {
		if _, first := b.records[person][key{privacy.Transaction, "first-" + id}]; first {
			for _, e := range b.erasures {
				if e.of[id] {
					return e
				}
			}
		}
	}
	return nil
}

// covered reports whether an erasure covers a record: it was there before, or it was taken in although it is about the time before.
func (b *book) covered(person privacy.SubjectID, k key) bool {
	e, took := b.erasureOn(person), b.sent[fmt.Sprint(person, k)] // the first records are older than any erasure
	return took.covered || e != nil && !took.at.After(e.at)
}

// stored checks the records under the id of one data subject: nothing that an erasure covers is there unless it is withheld, and nothing else is gone.
func (b *book) stored(rt *rapid.T, id string, person privacy.SubjectID, state standing.Snapshot) {
	e := b.erasureOn(person)
	for k, one := range b.records[person] {
		visible := !b.expired(one.ExpiresAt)
		took, covered := b.sent[fmt.Sprint(person, k)], b.covered(person, k)
		byLaw := k.category == privacy.Transaction || k.category == privacy.SecurityLog
		lapsed := e != nil && b.every(e, id, e.lapsed)
		necessary := k.category.IsAccountData() && b.underContract(id) && !lapsed
		if took.covered { // if the erasure was of somebody who has left, the record is that of a contract like any other
			necessary = k.category.IsAccountData() && (b.necessary(id) || len(b.of(id)) == 0 && b.underContract(id))
		}
		switch {
		case covered && visible && !byLaw && !state.Held(k.category) && !necessary:
			rt.Fatalf("%s: %s of %v is kept until %v, although %+v covers it", id, k, took, one.ExpiresAt, e)
		case (byLaw || !covered && k.category == privacy.Communication) && !visible:
			rt.Fatalf("%s: %s of %v is gone, until %v", id, k, took, one.ExpiresAt)
		case !visible || state.ExpiresAt.IsZero():
		case one.ExpiresAt.After(state.ExpiresAt) || one.Otherwise.After(state.ExpiresAt) || one.ExpiresAt.IsZero() && one.Otherwise.IsZero():
			rt.Fatalf("%s: %s is kept until %v, and its person until %v", id, k, one.ExpiresAt, state.ExpiresAt)
		}
	}
}

// decisions checks that nothing may be used for what the law does not leave of somebody who was erased.
func (b *book) decisions(rt *rapid.T, id string, category privacy.Category) {
	anew := !slices.ContainsFunc(b.of(id), func(e *erasureOf) bool { return !b.every(e, id, e.renewed) })
	for _, purpose := range b.Policy(b.clock.Now()).Purposes {
		got := b.answers(rt, id, purpose.ID, category)
		allowed := anew || b.leaves(id, purpose, category)
		if purpose.Basis == privacy.Consent {
			allowed = b.agreed(id)
		}
		switch {
		case got.Allowed && !allowed:
			rt.Fatalf("%s: %q may be used for %s, although it was erased: %+v", id, category, purpose.ID, got)
		case purpose.Basis != privacy.Consent && got.Allowed != allowed:
			rt.Fatalf("%s: %q may not be used for %s: %+v", id, category, purpose.ID, got)
		case got.Reason == decision.ByErasure && len(b.of(id)) == 0:
			rt.Fatalf("%s was never erased", id)
		}
	}
}

// leaves is the law: what an erasure leaves of somebody's data for a purpose that needs no consent. Invoices stay for the law, logs for security, and
// account data for its contract while that runs.
func (b *book) leaves(id string, purpose policy.Purpose, category privacy.Category) bool {
	needed := category.IsAccountData()
	if category == "" {
		listed := false
		for _, c := range b.Policy(b.clock.Now()).Categories {
			serves := slices.Contains(c.Purposes, purpose.ID)
			listed, needed = listed || serves, needed || serves && c.ID.IsAccountData()
		}
		needed = needed || !listed
	}
	switch {
	case purpose.Basis == privacy.LegalObligation:
		return category == "" || category == privacy.Transaction || needed && b.necessary(id)
	case purpose.ID == "security":
		return category == "" || category == privacy.SecurityLog || needed && b.necessary(id)
	default:
		return purpose.Basis == privacy.Contract && needed && b.necessary(id)
	}
}
