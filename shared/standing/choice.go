package standing

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Choice is what a data subject decided about marketing mail. It decides whether marketing data is kept (promise F04). It stands until the
// subject decides otherwise, even after the consent is so old that it must be asked for again.
type Choice string

// The choices. Without a choice, marketing records are accepted but may not be used, and they are kept only for a short time.
const (
	NoChoice  Choice = ""
	Consented Choice = "consented"
	Withdrawn Choice = "withdrawn"
)

// Proof names a consent record and tells which of two records is newer.
type Proof struct {
	Until   time.Time // end of its retention, which never decreases from one record of a subject to the next
	Version int       // grows from record to record; starts again once no record is left
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

// Chosen returns the state after a consent record. Records may arrive in any order. An older record changes nothing (fault F02), and a
// record that does not mention marketing leaves the choice as it is. The subject stays known at least as long as the proof is kept. A
// consent keeps the marketing data that waited for it, unless the period of that data is over and nothing suspends it. A withdrawal gives all
// marketing data an end, once nothing suspends it. marketing is the retention rule of marketing data.
func (s State) Chosen(marketing policy.Retention, choice Choice, proof Proof, now time.Time) State {
	if s.Proof.after(proof) {
		return s
	}
	s.Proof = proof
	if choice != NoChoice {
		waited := !s.Unconsented.IsZero() && (unconsentedEnds(marketing, s.Unconsented).After(now) || s.Suspends(privacy.Marketing))
		s.Marketing, s.Endless, s.Unconsented = choice, s.Endless || waited, time.Time{}
		s = s.endless()
	}
	return s.lasting(proof.Until)
}

// MarketingDataEnds returns when the marketing data of a subject expires (promise F04). Under a recorded consent it never does, and the
// second result is false. After a withdrawal it expires at once. Without a choice it expires UnconsentedDays after the first of it was
// stored, or after now if none is stored yet. marketing is the retention rule of marketing data.
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

// unconsentedEnds returns when marketing data without a recorded consent expires. since is when the first of it was stored.
func unconsentedEnds(marketing policy.Retention, since time.Time) time.Time {
	return since.UTC().AddDate(0, 0, marketing.UnconsentedDays)
}
