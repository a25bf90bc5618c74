package intake

import (
	"cmp"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// welcome answers the entries about somebody who was erased, and returns those that are taken in: what the erasure withholds, since the same ground holds
// for it, and what comes after the erasure by right (fault F26). A contract that began since then makes every entry of the call welcome.
//
// A legal hold keeps what is stored. It is no reason to take in more.
func (f facts) welcome(p *plan, entries []*entry) (welcome []*entry) {
	for _, e := range entries {
		if e.Category == privacy.Account && (!e.account.Closed || !e.account.EndedAt.IsZero()) {
			p.next = p.next.Renew(e.account.StartedAt, f.now)
		}
	}
	for _, e := range entries {
		if e.covers = f.covers(p, e); e.covers == "" || f.withheld(p, e) {
			welcome = append(welcome, e)
		} else {
			p.answers[e] = turnedAway(e)
		}
	}
	return welcome
}

// covers returns the erasure that covers an entry, or "" if none does.
func (f facts) covers(p *plan, e *entry) string {
	switch {
	case !f.ends:
		return p.next.TurnsAway(f.client, e.about())
	case f.stored[e.key()].covered:
		return cmp.Or(p.next.Erasure.Request, standing.Covered)
	default:
		return ""
	}
}

// withheld reports whether the erasure that covers an entry withholds its category as the state is next.
func (f facts) withheld(p *plan, e *entry) bool {
	return p.next.Ground(f.policy.RetentionFor(e.Category), f.now) != ""
}

// turnedAway is the answer about an entry that an erasure covers.
func turnedAway(e *entry) Result { return Result{Outcome: record.Erased, Erasure: e.covers} }

// about returns when what an entry says began to hold. An account is as old as its contract, whenever the record of it was made.
func (e *entry) about() time.Time {
	if e.Category == privacy.Account && e.account.StartedAt.Before(e.OccurredAt) {
		return e.account.StartedAt
	}
	return e.OccurredAt
}

// covered reports whether an erasure covers an entry: it is taken in only because the erasure withholds its category.
func (e *entry) covered() bool { return e.covers != "" }

// stripped returns the content of a write as it is stored. An erasure that withholds it does not withhold every member of its data. The hash stays that of
// what was sent, so that the record is unchanged if it is sent again.
func (v *view) stripped(w *write) (record.Record, Packed, error) {
	r, drops := w.Record, v.in.Policy(v.in.Now()).RetentionFor(w.Category).Erasure.Drops
	if !w.covered() || len(drops) == 0 {
		return r, w.packed, nil
	}
	var err error
	if r.Data, err = record.Without(r.Data, drops...); err != nil {
		return r, Packed{}, err
	}
	packed, err := v.in.Store.Pack(r.Data)
	return r, packed, err
}

// cameAfter returns what a write says about the erasures of the data subject.
func (v *view) cameAfter(w *write) string {
	if w.covered() {
		return standing.Covered
	}
	e, _ := v.snapshot.CoveredBy(v.id)
	return e.Request
}
