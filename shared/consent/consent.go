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

// State is the state of the consent to one purpose.
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

// names reports whether the act is that of the record, or of one of the few earlier records that it names.
func (r Record) names(operation string) bool {
	return r.Version > 0 && (r.Operation == operation || slices.Contains(r.Earlier, operation))
}

// newestUnnamed returns the newest earlier version whose act the record does not name. It returns 0 or less if the record names them all.
func (r Record) newestUnnamed() int { return r.Version - 1 - len(r.Earlier) }

// Decision is what was decided about one purpose.
type Decision struct {
	State     State
	DecidedAt time.Time
	ExpiresAt time.Time // when it must be asked again
	OptOut    bool      // a denial by which the data subject opted out of sale and sharing (promise H10); never of another state
}

// Record is one consent record: the state of every decided purpose after one act, and what proves the act (GDPR Art. 7(1)).
type Record struct {
	Subject       string   // key of the data subject: Visitor or Address
	Version       int      // 1 for the first record of a subject
	Operation     string   // id of the act, without spaces; the same act recorded twice is one record (fault F01)
	Earlier       []string // ids of the acts of the versions just before it, newest first: most repeated acts are recognised by them
	PolicyVersion string   // what was shown (promise A02)
	Language      string
	Surface       string // banner, preferences, form, api, complaint, opt_out, separation
	GPC           bool   // the browser sent the Global Privacy Control signal (promise D01)
	RecordedAt    time.Time
	Decisions     map[privacy.Purpose]Decision
	ExpiresAt     time.Time // end of retention; never earlier than the version before, so that no older grant can resurface
}

// Effective returns the decision about a purpose that holds at now. An empty record, or one past its retention, is undecided throughout.
func (r Record) Effective(purpose privacy.Purpose, now time.Time) Decision {
	decision, ok := r.Decisions[purpose]
	switch {
	case !ok || r.gone(now):
		decision = Decision{State: Undecided}
	case !decision.ExpiresAt.After(now):
		decision.State, decision.OptOut = Expired, false
	}
	return decision
}

// Shown returns the decision about a purpose at now, as a caller sees it under the rules in force. signal says that the caller sends the
// privacy signal. While it is sent, it denies every purpose that counts as sharing, whatever is on record (promise D01; CCPA regulations §7025).
func (r Record) Shown(purpose privacy.Purpose, rules *policy.ConsentRules, now time.Time, signal bool) Decision {
	decision := r.Effective(purpose, now)
	if signal && decision.State != Denied && rules.Shares(purpose) {
		decision = Decision{State: Denied}
	}
	return decision
}

func (r Record) gone(now time.Time) bool { return !r.ExpiresAt.After(now) }

// next returns the record that follows r. It sets the given decisions, which are all or some of the act's, and keeps r's decisions about
// other purposes.
func (r Record) next(act *Act, decisions map[privacy.Purpose]State, rules *policy.ConsentRules, now time.Time) Record {
	out := Record{
		Subject: act.Subject, Version: r.Version + 1, Operation: act.Operation, PolicyVersion: act.PolicyVersion,
		Language: act.Language, Surface: act.Surface, GPC: act.GPC, RecordedAt: now, ExpiresAt: r.ExpiresAt,
		Decisions: make(map[privacy.Purpose]Decision, len(decisions)),
	}
	if r.Version > 0 {
		out.Earlier = append([]string{r.Operation}, r.Earlier[:min(len(r.Earlier), remembered-1)]...)
	}
	if !r.gone(now) {
		for purpose, decision := range r.Decisions {
			out.Decisions[purpose] = decision
		}
	}
	for purpose, state := range decisions {
		decision := Decision{State: state, DecidedAt: now, ExpiresAt: rules.Decision.After(now)}
		if state == Denied && act.optsOut(purpose, rules) {
			decision.OptOut, decision.ExpiresAt = true, rules.OptOut.After(now)
		}
		out.Decisions[purpose] = decision.keeping(r.Effective(purpose, now))
	}
	for _, decision := range out.Decisions {
		ended := decision.ExpiresAt
		if decision.State == Denied { // a refusal or a withdrawal ends the consent at once
			ended = decision.DecidedAt
		}
		if end := rules.Proof.After(ended); end.After(out.ExpiresAt) {
			out.ExpiresAt = end
		}
	}
	return out
}
