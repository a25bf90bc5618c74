package standing

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// Choice is what a data subject decided about marketing mail, as far as it decides whether marketing data is kept (promise F04). It
// stands until the subject decides otherwise. That a consent has to be asked for again after a while does not undo it.
type Choice string

// The choices. Without a choice no record is refused, but none may be used, and none is kept for long.
const (
	NoChoice  Choice = ""
	Consented Choice = "consented"
	Withdrawn Choice = "withdrawn"
)

// Proof names a consent record as far as it tells which of two is the newer.
type Proof struct {
	Until   time.Time // end of its retention, which never decreases from one record of a subject to the next
	Version int       // grows from record to record, until nothing is on record any more
}

// Equal reports whether both name the same consent record.
func (p Proof) Equal(other Proof) bool {
	return p.Until.Equal(other.Until) && p.Version == other.Version
}

// after reports whether p is a newer record than q.
func (p Proof) after(q Proof) bool {
	if p.Until.Equal(q.Until) {
		return p.Version > q.Version
	}
	return p.Until.After(q.Until)
}

// Chosen returns the state after what a consent record says. Records may arrive in any order: an older one changes nothing (fault F02),
// and one that does not mention marketing leaves what was chosen. The subject is known at least as long as the proof is kept. A consent
// keeps the marketing data that waited for it, unless its period is over. After a withdrawal all marketing data has an end. marketing is
// the rule of marketing data.
func (s State) Chosen(marketing policy.Retention, choice Choice, proof Proof, now time.Time) State {
	if s.Proof.after(proof) {
		return s
	}
	s.Proof = proof
	if choice != NoChoice {
		waited := !s.Unconsented.IsZero() && unconsentedEnds(marketing, s.Unconsented).After(now)
		s.Endless = choice == Consented && (s.Endless || waited)
		s.Marketing, s.Unconsented = choice, time.Time{}
	}
	return s.lasting(proof.Until)
}

// MarketingDataEnds returns when the marketing data of a subject expires, by the rule of marketing data: never under a recorded consent,
// and at once after a withdrawal. Where nothing was chosen, it expires the rule's days after the first of it was stored, which is now for
// the first (promise F04).
func (s State) MarketingDataEnds(marketing policy.Retention, now time.Time) (time.Time, bool) {
	switch s.Marketing {
	case Consented:
		return time.Time{}, false
	case Withdrawn:
		return now, true
	case NoChoice:
	}
	if s.Unconsented.IsZero() {
		return unconsentedEnds(marketing, now), true
	}
	return unconsentedEnds(marketing, s.Unconsented), true
}

// unconsentedEnds returns when marketing data without a recorded consent expires whose first record was stored at the time given.
func unconsentedEnds(marketing policy.Retention, since time.Time) time.Time {
	return since.UTC().AddDate(0, 0, marketing.UnconsentedDays)
}
