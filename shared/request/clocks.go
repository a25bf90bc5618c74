package request

import (
	"time"
	_ "time/tzdata" // the controller's time zone, on machines that have no database of zones

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// The laws whose clocks run, and what a clock is for.
const (
	lawPolicy     = "policy"
	lawEU         = "eu"
	lawUK         = "uk"
	lawCalifornia = "california"

	acknowledge = "acknowledge"
	answer      = "answer"
)

// Clock is one deadline of a request. Deadlines are computed, never stored (promise H13).
type Clock struct {
	Law      string    `json:"law"`  // policy, eu, uk, california
	Kind     string    `json:"kind"` // acknowledge, answer
	StartsAt time.Time `json:"startsAt"`
	DueAt    time.Time `json:"dueAt"`   // 23:59:59 in the controller's time zone, in UTC
	Binding  bool      `json:"binding"` // the earliest of all answer clocks
}

// Clocks returns every clock that runs for a request; exactly one answer clock binds. Without a jurisdiction every law's clock runs. The
// days and the time zone are those of the policy version under which the request was received (promise A02). An extension that is in force has
// moved the clocks ([Request.Extended]).
//
// Sources: the policy's own 30 days, or its 3 days for a report about a child's data (promise I02); GDPR Art. 12(3), one calendar month from
// receipt; UK GDPR Art. 12A, one month from the later of receipt and proof of identity; CCPA regulations §7021, acknowledged within 10 business
// days and answered within 45 calendar days of receipt, however long verification takes; §7026, an opt-out within 15 business days; UK DPA 2018
// s.164A, a complaint acknowledged within the days that the policy repeats (promise L03).
func Clocks(r Request) []Clock {
	clocks := originalClocks(r)
	if r.Extended() {
		extendClocks(clocks, r.zone())
	}
	clocks[binding(clocks)].Binding = true
	return clocks
}

// DueAt returns the deadline that binds.
func DueAt(r Request) time.Time {
	clocks := Clocks(r)
	return clocks[binding(clocks)].DueAt
}

// Overdue reports whether the request is not closed although its deadline has passed. It is so in any state that is not final: a person who has not
// got an answer does not care why (promise H13).
func (r Request) Overdue(now time.Time) bool { return !r.State.Final() && now.After(DueAt(r)) }

// Extended reports whether an extension is in force: SES accepted its notice, no later than on the day when the answer was due without it.
func (r Request) Extended() bool {
	return !r.Extension.NoticeSent.IsZero() && !r.Extension.NoticeSent.After(r.originalDue())
}

// originalDue returns the deadline that binds without an extension.
func (r Request) originalDue() time.Time {
	clocks := originalClocks(r)
	return clocks[binding(clocks)].DueAt
}

// binding returns the index of the answer clock that is due first.
func binding(clocks []Clock) int {
	first := -1
	for i, c := range clocks {
		if c.Kind == answer && (first < 0 || c.DueAt.Before(clocks[first].DueAt)) {
			first = i
		}
	}
	return first // every request has a policy clock for its answer
}

// originalClocks returns the clocks as they run without an extension.
func originalClocks(r Request) []Clock {
	received := r.ReceivedAt.In(r.zone())
	every := r.Jurisdiction == ""
	switch r.Right {
	case privacy.Complaint:
		return complaintClocks(r, received)
	case privacy.Question: // no law sets a day for its answer
		return []Clock{clock(lawPolicy, answer, received, received.AddDate(0, 0, r.Terms.QuestionWithin))}
	case privacy.ChildErasure:
		return append([]Clock{clock(lawPolicy, answer, received, received.AddDate(0, 0, r.Terms.ChildWithin))}, lawClocks(r, received)...)
	case privacy.OptOut:
		clocks := append([]Clock{clock(lawPolicy, answer, received, received.AddDate(0, 0, r.Terms.AnswerWithin))}, europeanClocks(r, received)...)
		if every || r.Jurisdiction == privacy.California {
			clocks = append(clocks, clock(lawCalifornia, answer, received, addUSBusinessDays(received, 15)))
		}
		return clocks
	default:
		return append([]Clock{clock(lawPolicy, answer, received, received.AddDate(0, 0, r.Terms.AnswerWithin))}, lawClocks(r, received)...)
	}
}

// lawClocks returns the clocks that the laws set for an answer.
func lawClocks(r Request, received time.Time) []Clock {
	clocks := europeanClocks(r, received)
	if r.Jurisdiction == "" || r.Jurisdiction == privacy.California {
		clocks = append(clocks,
			clock(lawCalifornia, acknowledge, received, addUSBusinessDays(received, 10)),
			clock(lawCalifornia, answer, received, received.AddDate(0, 0, 45)))
	}
	return clocks
}

// europeanClocks returns the clocks of the EU and the UK.
func europeanClocks(r Request, received time.Time) (clocks []Clock) {
	identified := received
	if r.VerifiedAt.After(r.ReceivedAt) {
		identified = r.VerifiedAt.In(received.Location())
	}
	if r.Jurisdiction == "" || r.Jurisdiction == privacy.EU {
		clocks = append(clocks, clock(lawEU, answer, received, privacy.AddMonths(received, 1)))
	}
	if r.Jurisdiction == "" || r.Jurisdiction == privacy.UK {
		clocks = append(clocks, clock(lawUK, answer, identified, privacy.AddMonths(identified, 1)))
	}
	return clocks
}

// complaintClocks returns the clocks of a complaint. No law says when it must be answered, so the policy's own days do. The day after the receipt is
// the first day of the acknowledgement. By UK law it may be sent on the next working day if it is due on another; the policy does not wait for that.
func complaintClocks(r Request, received time.Time) []Clock {
	due := received.AddDate(0, 0, r.Terms.ComplaintAck)
	clocks := []Clock{
		clock(lawPolicy, answer, received, received.AddDate(0, 0, r.Terms.AnswerWithin)),
		clock(lawPolicy, acknowledge, received, due),
	}
	if r.Jurisdiction == "" || r.Jurisdiction == privacy.UK {
		clocks = append(clocks, clock(lawUK, acknowledge, received, nextUKWorkday(due)))
	}
	return clocks
}

// The longest extensions that the laws allow: GDPR Art. 12(3), the same in the UK, and CCPA regulations §7021(b).
const (
	extensionMonths = 2
	extensionDays   = 45
)

// extendClocks moves the clocks for an answer by the extension of their law, each from its original day. The policy's clock moves to the first of them.
// If no law's clock runs, it moves by the extension of the GDPR, which binds the controller wherever the person lives.
func extendClocks(clocks []Clock, zone *time.Location) {
	var first time.Time
	for i, c := range clocks {
		if c.Kind != answer || c.Law == lawPolicy {
			continue
		}
		due := c.DueAt.In(zone)
		if c.Law == lawCalifornia {
			due = due.AddDate(0, 0, extensionDays)
		} else {
			due = privacy.AddMonths(due, extensionMonths)
		}
		clocks[i].DueAt = due.UTC()
		if first.IsZero() || due.Before(first) {
			first = due
		}
	}
	for i, c := range clocks {
		if c.Kind != answer || c.Law != lawPolicy {
			continue
		}
		if first.IsZero() {
			first = privacy.AddMonths(c.DueAt.In(zone), extensionMonths)
		}
		clocks[i].DueAt = first.UTC()
	}
}

// extendable reports whether a law allows more time for an answer, or none forbids it. Nothing allows more for what protects a child, and for an
// opt-out.
func (r Request) extendable() bool {
	return r.Right != privacy.ChildErasure && r.Right != privacy.OptOut
}

// zone returns the controller's time zone, in which days are counted.
func (r Request) zone() *time.Location {
	zone, err := time.LoadLocation(r.Terms.TimeZone)
	if err != nil {
		panic("request: the policy names an unknown time zone") // validated when the policy is compiled
	}
	return zone
}

func clock(law, kind string, start, due time.Time) Clock {
	end := time.Date(due.Year(), due.Month(), due.Day(), 23, 59, 59, 0, due.Location())
	return Clock{Law: law, Kind: kind, StartsAt: start.UTC(), DueAt: end.UTC()}
}
