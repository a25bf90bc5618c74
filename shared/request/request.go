// Package request handles requests with a right: their files and states, their deadlines, what waits for a proof of the address, and what
// the person behind a request can do (GDPR Art. 12; promises H05, H13, H14). The answer to a right is made by the task that [Rights] names,
// such as that of package export.
//
// Every step is one transaction on the request's file, conditional on the versions that were read. A step that must happen later is a task
// on an item. A stream starts it soon, and a schedule makes sure that it is done.
package request

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// State is where a request stands.
type State string

// The states of a request.
const (
	Verifying  State = "verifying"  // the address is not proven yet
	Open       State = "open"       // proven; nothing done yet
	Fulfilling State = "fulfilling" // the answer is being made
	Fulfilled  State = "fulfilled"
	Refused    State = "refused"
	Withdrawn  State = "withdrawn"
	Lapsed     State = "lapsed" // never proven
)

// Final reports whether nothing more will happen to the request by itself.
func (s State) Final() bool {
	return s == Fulfilled || s == Refused || s == Withdrawn || s == Lapsed
}

// Step is what the service does next about a request.
type Step string

// The steps of a request.
const (
	StepProof  Step = "proof"  // put it behind its mailbox, and have a link mailed
	StepLapse  Step = "lapse"  // the address was not proven in time
	StepAnswer Step = "answer" // hand over to the task that answers the right
	StepTell   Step = "tell"   // mail that the answer has taken effect
	StepExtend Step = "extend" // mail that the answer takes longer
	StepClose  Step = "close"  // mail what the team decided, and close the request
	StepLift   Step = "lift"   // undo what the request imposed, since it was taken back
)

// Request is a request with a right. Its Due is that of Step; Try counts the tries of a mail that has not been accepted.
type Request struct {
	ID            string
	Version       int // of the item; 0 before it is stored
	Right         privacy.Right
	State         State
	Email         string            // as it was typed; once the request is answered, as it is spelt on record (threat T01); empty once it ended unconfirmed
	Mailbox       string            // HMAC of the address, under which the request is listed; empty until its first step, and once it is listed under Subject
	Subject       privacy.SubjectID // whose request it is and under whom it is listed, once its address stands for them no longer (threat T27); else empty
	Jurisdiction  privacy.Jurisdiction
	Language      string
	Details       string       // what was written under "Anything else?"; empty once the request ended unconfirmed
	Messages      []Message    // the mails to the privacy address that it consists of, oldest first; none for what came by the form
	About         string       // the id of the request that its mail answers; empty for none
	Asked                      // what exactly is asked for, if the right leaves a choice
	Unproven      bool         // nothing has to prove the address: whoever files it is believed ([Filing.Unproven])
	PolicyVersion string       // in force when it was received (promise A02)
	Terms         policy.Terms // the parts of that version that apply; not stored, since PolicyVersion is
	ReceivedAt    time.Time
	VerifiedAt    time.Time           // zero until the address is proven
	ClosedAt      time.Time           // zero until final
	Extension     Extension           // of its deadlines; zero if there is none
	Outcome       Outcome             // what the team decided; zero until it has
	RemindedAt    time.Time           // when the person was reminded that it waits for a confirmation; zero if they were not
	On            []privacy.SubjectID // on whom an objection, an opt-out or a restriction was imposed: everybody behind the address at the time
	Keeps         bool                // of an erasure that was answered: something stays only until a contract or a legal hold ends, and goes then
	Stands        []privacy.Purpose   // of an objection that the team has decided: the purposes that stay forbidden
	CutAt         time.Time           // when its links were last cut: those that were mailed before open nothing; zero if never
	Repeats       int                 // how often the same was asked for again before it was confirmed
	RepeatedAt    time.Time           // when it was last asked for again
	Waiting       Wait                // for what the task that answers the right has it wait; empty for nothing
	Attempts      int                 // attempts at an answer so far
	Events        int                 // events recorded so far
	Step          Step                // empty when no step is due
	work.Due
}

// ExpiresAt returns the end of the request's retention, which starts when the request is closed. Before that it is zero (CCPA §7101, promise
// F08). It is zero too while the request has work to do: what it imposed is in force, and the person takes it back by the request; or its erasure goes on
// once a contract or a legal hold has ended.
func (r Request) ExpiresAt() time.Time {
	if r.ClosedAt.IsZero() || r.InForce() || r.Keeps {
		return time.Time{}
	}
	return r.Terms.File.After(r.ClosedAt)
}

// InForce reports whether what the request imposed holds: an objection, an opt-out or a restriction that nobody has taken back or refused, or the part
// of an objection that stands.
func (r Request) InForce() bool {
	return len(r.On) > 0 && r.State != Withdrawn && (r.State != Refused || len(r.Stands) > 0)
}

// Answerable reports whether an answer may be made and read: the address was proven, and nobody withdrew the request.
func (r Request) Answerable() bool { return r.State == Fulfilling || r.State == Fulfilled }

// Confirmed reports whether the request counts: the address was proven, or nothing had to prove it. Until then anybody may have sent it.
func (r Request) Confirmed() bool { return r.Unproven || !r.VerifiedAt.IsZero() }

// Wait is for what an open request waits.
type Wait string

// What an open request may wait for.
const (
	NoWait  Wait = ""
	ForTeam Wait = "team" // nothing may be answered automatically, or the answer came back
	ForDays Wait = "days" // its address is new on record (threat T33)

	// An erasure waits for these besides.
	ForService Wait = "service"     // its plan is being made; the person has to wait for nothing
	ForYou     Wait = "you"         // the person has to agree to its plan
	ForCooling Wait = "cooling_off" // it can still be cancelled (threat T07)
)

// WaitsFor says for what an open request waits at the time given. While a mail about it is tried again, it waits for nothing.
func (r Request) WaitsFor(now time.Time) Wait {
	switch {
	case r.Unopened():
		return ForTeam
	case r.State != Open:
		return NoWait
	case r.Waiting == ForService && r.rests():
		return NoWait
	case r.Waiting != NoWait && r.rests():
		return r.Waiting
	case r.Step == "":
		return ForTeam
	case r.Step == StepAnswer && r.Try == 0 && r.NextAt.After(now):
		return ForDays
	default:
		return NoWait
	}
}

// rests reports whether nothing is due, but for a notice that the answer takes longer: the task that answers the right goes on beside it.
func (r Request) rests() bool { return r.Step == "" || r.Step == StepExtend }

// Next makes a step due at the time given, with no tries so far.
func (r *Request) Next(step Step, at time.Time) { r.Step, r.Due = step, work.Due{NextAt: at} }

// headStart is how long the caller who stores a step may take to do it at once. Only then is the step due for everybody else, who would race
// against the caller.
const headStart = time.Minute

// headStart makes a step due that the caller does at once ([Fulfilment.AtOnce]).
func (r *Request) headStart(step Step, now time.Time) {
	r.Step, r.Due = step, work.Due{NextAt: now.Add(headStart), Try: 1}
}

// LateRuns is how long a run may go on that has read a request: the longest timeout of a function that answers requests, and a minute for clocks that
// differ.
const LateRuns = 2 * time.Minute

// LiftAgain makes the lift due once more when no run is left that had read the request before it was closed: such a run may impose what the first lift
// has not found, and be killed before it notes that (fault F03).
func (r *Request) LiftAgain(now time.Time) {
	if last := r.ClosedAt.Add(LateRuns); now.Before(last) {
		r.Next(StepLift, last)
	}
}

// Rest leaves no step due.
func (r *Request) Rest() { r.Next("", time.Time{}) }

// ToTeam leaves the request to the team, for a reason such as a [subject.Doubt] about its address: nothing is due any more (threats T27, T33). A request
// that was answered before stays answered; what waits is another copy of its answer.
func (r *Request) ToTeam(why string, now time.Time) Event {
	if !r.State.Final() {
		r.State = Open
	}
	r.Waiting = NoWait
	r.Rest()
	event := r.Record(EventForTeam, now)
	event.Reason = why
	return event
}

// Close puts the request into a final state. A request that nobody confirmed loses its address, the text that was sent with it and
// who it names, because nothing needs them any more (GDPR Art. 5(1)(e)).
func (r *Request) Close(state State, now time.Time) {
	r.State, r.ClosedAt, r.Waiting = state, now, NoWait
	r.Rest()
	if !r.Confirmed() {
		r.Forget()
	}
}

// Forget deletes what was typed into the request and names somebody: nothing needs it any more (GDPR Art. 5(1)(e)).
func (r *Request) Forget() {
	r.Email, r.Details, r.Child, r.Agent, r.Messages, r.About = "", "", "", Agent{}, nil, ""
}

// Forgotten reports whether nothing is left in the request that was typed and names somebody. Nobody can be mailed about it any more.
func (r Request) Forgotten() bool {
	return r.Email == "" && r.Details == "" && r.Child == "" && r.Agent == Agent{} && len(r.Messages) == 0
}
