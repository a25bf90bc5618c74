package retention

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// Choice is what a data subject decided about marketing mail, as far as it decides whether marketing data is kept (promise F04). It
// stands until the subject decides otherwise; that a consent has to be asked for again after a while does not undo it.
type Choice string

// The choices. No choice is no reason to refuse a record, but none to use it, and none to keep it for long.
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

// after reports whether p is a newer record than q.
func (p Proof) after(q Proof) bool {
	if p.Until.Equal(q.Until) {
		return p.Version > q.Version
	}
	return p.Until.After(q.Until)
}

// Chosen returns the state after what a consent record says, in whatever order records arrive: an older one changes nothing (fault
// F02), and one that does not mention marketing leaves what was chosen. The subject is known at least as long as the proof is kept.
// A consent reaches the marketing data that waited for it, unless its period is over; a withdrawal leaves none without an end.
// marketing is the rule of marketing data.
func (s State) Chosen(marketing policy.Retention, choice Choice, proof Proof, now time.Time) State {
	if s.Proof.after(proof) {
		return s
	}
	s.Proof = proof
	if choice != NoChoice {
		waited := !s.Unconsented.IsZero() && unconsented(marketing, s.Unconsented).After(now)
		s.Endless = choice == Consented && (s.Endless || waited)
		s.Marketing, s.Unconsented = choice, time.Time{}
	}
	return s.lasting(proof.Until)
}

// MarketingData returns when the marketing data of a subject ends: never under a recorded consent, at once after a withdrawal, and
// where nothing was chosen the rule's days after the first of it was stored, which is now for the first (promise F04).
func MarketingData(rule policy.Retention, state State, now time.Time) (time.Time, bool) {
	switch {
	case state.Marketing == Consented:
		return time.Time{}, false
	case state.Marketing == Withdrawn:
		return now, true
	case state.Unconsented.IsZero():
		return unconsented(rule, now), true
	default:
		return unconsented(rule, state.Unconsented), true
	}
}

// unconsented returns the end of marketing data without a recorded consent that was first stored at the time given.
func unconsented(rule policy.Retention, since time.Time) time.Time {
	return since.UTC().AddDate(0, 0, rule.UnconsentedDays)
}
