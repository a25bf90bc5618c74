// Package erasure answers the right to be erased (GDPR Art. 17; promise H03; CCPA §1798.105, promise H09): it plans an erasure, waits until the person has
// agreed to the plan and could cancel it, erases item by item, and certifies what was done.
//
// An erasure is an item of its request's file. Each of its steps may be done twice, and a run that is killed is repeated (faults F02, F03, F16). The
// person can cancel an erasure until it begins. From then on it goes on to its end.
package erasure

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// State is where an erasure stands.
type State string

// The states of an erasure, in their order. Cancelled ends it before it began.
const (
	Planning  State = "planning"  // its plan is being made
	Planned   State = "planned"   // it waits until the person agrees to the plan
	Telling   State = "telling"   // the person agreed; everybody at an address of theirs is being told, with a way to cancel
	Cooling   State = "cooling"   // it waits, so that it can be cancelled (threat T07)
	Erasing   State = "erasing"   // it has begun, and cannot be cancelled any more
	Mailing   State = "mailing"   // everything is done that can be done now; its certificate is being mailed
	Watching  State = "watching"  // the person has the certificate. Something is left that is erased once a contract or a hold has ended, or a request is closed; or a system has not answered
	Done      State = "done"      // nothing is left to be erased
	Cancelled State = "cancelled" // the request was withdrawn, closed or left to the team before the erasure began
)

// Erasure is the erasure that a request asks for. Its Due is that of its next step.
type Erasure struct {
	Request string // the id of the request, and of the erasure
	Version int    // of the item; 0 before it is stored
	State   State
	Subject privacy.SubjectID // whose data is erased; empty if nobody is known by the address

	Mailboxes []string // HMACs of the addresses by which the person was known when it began; no address is stored any more then

	Plan      Plan
	PlannedAt time.Time
	// CoolingOff is how long it can be cancelled after everybody was told.
	CoolingOff time.Duration
	Offered    bool      // a mail that the plan waits was made due
	Reminded   bool      // the person was reminded that the plan waits
	Agreed     string    // the hash of the plan to which the person agreed; empty before
	AgreedAt   time.Time // zero before
	Told       []Told    // the mails about the agreement, with a way to cancel
	ErasesAt   time.Time // when it begins, unless it is cancelled; while people are still being told, when it would begin at the earliest
	BegunAt    time.Time // zero before it began
	ErasedAt   time.Time // when all was done that could be done then; zero before

	Systems     []System // that hold data of the person too
	Certificate string   // a JWS; empty before it is made
	Outdated    bool     // the certificate does not say yet what a system has acknowledged since
	ExpiresAt   time.Time
	work.Due
}

// System is a system of the register that holds data of the person, or may do so.
type System struct {
	ID             string    // as in the policy
	AcknowledgedAt time.Time // when it, or the team for it, said that it has erased the person too; zero before
}

// Told is a mail to one address of the person which says that the erasure is near, and how to cancel it.
type Told struct {
	Address  string // the key of the address; empty for that of the request
	Mail     int    // the version of the erasure in the tags of the mail ([AgreedMail])
	Accepted bool   // SES has accepted the mail, or no mail may go to the address
	Returned bool   // nobody was told there: the mail came back, or no mail may go to the address
}

// Underway reports whether the erasure has begun and is not answered yet. The team cannot close its request then.
func (e Erasure) Underway() bool { return e.State == Erasing || e.State == Mailing }

// Begun reports whether the erasure has begun, so that nobody can cancel it any more.
func (e Erasure) Begun() bool { return !e.BegunAt.IsZero() }

// Outstanding returns the ids of the systems that have not said yet that they have erased the person too.
func (e Erasure) Outstanding() (ids []string) {
	for _, s := range e.Systems {
		if s.AcknowledgedAt.IsZero() && e.Begun() {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// End implements [request.Ender].
func (e Erasure) End() (items []request.Item, ends bool) {
	if e.Begun() {
		return nil, false
	}
	if e.State == Cancelled {
		return nil, true
	}
	e.rest(Cancelled)
	return []request.Item{e}, true
}

// AddTo implements [request.Item].
func (e Erasure) AddTo(file *request.File) { file.Answer = e }

// Of returns the erasure in the file of a request. It is zero if there is none.
func Of(file request.File) Erasure {
	e, _ := file.Answer.(Erasure)
	return e
}

// next makes the next step of the erasure due at the time given, in a new state.
func (e *Erasure) next(state State, at time.Time) {
	e.State, e.Due = state, work.Due{NextAt: at}
}

// rest leaves nothing due.
func (e *Erasure) rest(state State) { e.next(state, time.Time{}) }

// begin returns the erasure of a request, whose plan is due now.
func begin(r request.Request, id privacy.SubjectID, now time.Time) Erasure {
	e := Erasure{Request: r.ID, Subject: id, ExpiresAt: endsWith(r)}
	e.next(Planning, now)
	return e
}

// endsWith returns when the erasure of a request expires: after the period of a plan, but not after its request, without which nobody finds it. Neither has
// an end while the erasure keeps something only for now.
func endsWith(r request.Request) time.Time {
	own, end := r.Terms.Erasure.After(r.ReceivedAt), r.ExpiresAt()
	if r.Keeps || !end.IsZero() && end.Before(own) {
		return end
	}
	return own
}

// coolingOff returns how long an erasure with this plan waits after everybody was told of it: not at all if it erases marketing data alone (threat T07).
func coolingOff(p *policy.Policy, plan Plan, setting time.Duration) time.Duration {
	switch {
	case plan.marketingAlone():
		return 0
	case setting > 0:
		return setting
	default:
		return time.Duration(p.CoolingOff) * time.Hour
	}
}
