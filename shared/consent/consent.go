// Package consent records what data subjects decided about the purposes that rest on consent (GDPR Art. 7; promises C02, C03).
//
// A consent record is appended and never changed. Each holds the whole state after it, so the newest one is the answer.
package consent

import (
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// State is what stands about one purpose.
type State string

// The states. Undecided and Expired are computed on reading; only decisions are stored.
const (
	Undecided State = "undecided" // nothing on record, or a record past its retention
	Granted   State = "granted"
	Denied    State = "denied"
	Expired   State = "expired" // decided too long ago; to be asked again (CNIL guidance, policy data)
)

// remembered is how many earlier acts a record names.
const remembered = 4

// knows reports whether the act is recorded, in this record or in one of those before it.
func (r Record) knows(operation string) bool {
	return r.Version > 0 && (r.Operation == operation || slices.Contains(r.Earlier, operation))
}

// Decision is what was decided about one purpose.
type Decision struct {
	State     State
	DecidedAt time.Time
	ExpiresAt time.Time // when it must be asked again
}

// Record is one consent record: the state of every decided purpose after one act, and what proves the act (GDPR Art. 7(1)).
type Record struct {
	Subject       string   // key of the data subject: Visitor or Address
	Version       int      // 1 for the first record of a subject
	Operation     string   // id of the act; the same act recorded twice is one record (fault F01)
	Earlier       []string // ids of the acts before it, newest first: a repeated act must not come back after a later one
	PolicyVersion string   // what was shown (promise A02)
	Language      string
	Surface       string // banner, preferences, form, api
	GPC           bool   // the browser sent the Global Privacy Control signal (promise D01)
	RecordedAt    time.Time
	Decisions     map[privacy.Purpose]Decision
	ExpiresAt     time.Time // end of retention; never earlier than the version before, so that no older grant can resurface
}

// Effective returns what holds at now about a purpose. An empty record, or one past its retention, is undecided throughout.
func (r Record) Effective(purpose privacy.Purpose, now time.Time) Decision {
	decision, ok := r.Decisions[purpose]
	switch {
	case !ok || r.gone(now):
		decision = Decision{State: Undecided}
	case !decision.ExpiresAt.After(now):
		decision.State = Expired
	}
	return decision
}

func (r Record) gone(now time.Time) bool { return !r.ExpiresAt.After(now) }

// next returns the record that follows r: the decisions named by the act, and the others carried over.
func (r Record) next(act *Act, periods policy.ConsentPeriods, now time.Time) Record {
	out := Record{
		Subject: act.Subject, Version: r.Version + 1, Operation: act.Operation, PolicyVersion: act.PolicyVersion,
		Language: act.Language, Surface: act.Surface, GPC: act.GPC, RecordedAt: now, ExpiresAt: r.ExpiresAt,
		Decisions: make(map[privacy.Purpose]Decision, len(act.Decisions)),
	}
	if r.Version > 0 {
		out.Earlier = append([]string{r.Operation}, r.Earlier[:min(len(r.Earlier), remembered-1)]...)
	}
	if !r.gone(now) {
		for purpose, decision := range r.Decisions {
			out.Decisions[purpose] = decision
		}
	}
	for purpose, state := range act.Decisions {
		out.Decisions[purpose] = Decision{State: state, DecidedAt: now, ExpiresAt: periods.Decision.After(now)}
	}
	for _, decision := range out.Decisions {
		ended := decision.ExpiresAt
		if decision.State == Denied { // a refusal or a withdrawal ends the consent at once
			ended = decision.DecidedAt
		}
		if end := periods.Proof.After(ended); end.After(out.ExpiresAt) {
			out.ExpiresAt = end
		}
	}
	return out
}

// Purposes lists the purposes that rest on consent, in the order of the policy (promise C02).
func Purposes() []privacy.Purpose { return policy.ConsentPurposes() }
