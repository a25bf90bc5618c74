package notice

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
)

// reported returns the recipient after an event of SES about the mail at the position of a claim. Events may arrive twice and in any order, and
// before the answer of SES itself is recorded (faults F02, F24). So a recipient only moves forward, to accepted, then delivered, then failed:
// a server may accept a mail and return it later. A note that the recipient is absent is no failure if the mail was delivered.
func (r Recipient) reported(c Claim, position int, e feedback.Event) Recipient {
	if r.Claim > c.Number { // about an earlier attempt
		if e.Outcome == feedback.Complained {
			r.Complained = true
		}
		if arrived(e.Outcome) && r.Outcome != Failed {
			r.Outcome, r.Reason, r.NextAt = Delivered, "", time.Time{}
		}
		return r
	}
	before := r
	if r.Claim < c.Number || r.Revision == 0 { // the answer is not recorded yet
		r = r.tried(c, position, true)
		if r.Outcome != Delivered {
			r.Outcome, r.Reason, r.Permanent = Unknown, "", false
		}
	}
	if r.Outcome == Waiting && !e.At.After(r.Since) {
		return r // staff has had the mail repeated since
	}
	to, reason := Accepted, Reason("")
	switch {
	case arrived(e.Outcome):
		to = Delivered
	case e.Outcome == feedback.Bounced && !e.Permanent && e.Reason == general:
		to, reason = Failed, Returned
	case e.Outcome == feedback.Bounced:
		to, reason = Failed, Bounced
	case e.Outcome == feedback.Rejected:
		to, reason = Failed, Rejected
	case e.Outcome == feedback.NotRendered:
		to, reason = Failed, NotRendered
	}
	r.Complained = r.Complained || e.Outcome == feedback.Complained
	r.MessageID = e.MessageID
	if rank(to, reason) > rank(r.Outcome, r.Reason) {
		r.Outcome, r.Reason, r.Since, r.NextAt = to, reason, e.At, time.Time{}
	}
	if r.Reason == Bounced && e.Permanent {
		r.Permanent = true
	}
	if r.lost() && !before.lost() {
		r.NextAt = e.At // to look for another address
	}
	return r
}

// arrived reports whether an outcome says that the mail reached the recipient. Only what has arrived can be complained about.
func arrived(o feedback.Outcome) bool { return o == feedback.Delivered || o == feedback.Complained }

// general is SES's reason for a bounce that it cannot classify.
const general = "general"

// rank orders what can become of a mail.
func rank(s Outcome, why Reason) int {
	switch {
	case s == Accepted:
		return 1
	case s == Failed && why == Returned:
		return 2
	case s == Delivered:
		return 3
	case s == Failed:
		return 4
	default:
		return 0
	}
}
