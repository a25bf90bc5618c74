package notice

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
)

// reported returns the recipient after an event of SES about the mail at the position of a claim. Events may arrive twice and in any order, and
// before the answer of SES itself is recorded (faults F02, F24). So a recipient only moves forward, to accepted, then delivered, then failed:
// a server may accept a mail and return it later.
func (r Recipient) reported(c Claim, position int, e feedback.Event) Recipient {
	if r.Claim > c.Number { // about an earlier attempt
		if e.Outcome == feedback.Complained {
			r.Complained = true
		}
		if arrived(e.Outcome) && r.Standing != Failed {
			r.Standing, r.NextAt = Delivered, time.Time{}
		}
		return r
	}
	if r.Claim < c.Number || r.Revision == 0 { // the answer is not recorded yet
		r = r.tried(c, position, true)
		if r.Standing != Delivered {
			r.Standing, r.Reason, r.Permanent = Unknown, "", false
		}
	}
	if r.Standing == Waiting && !e.At.After(r.Since) {
		return r // staff has had the mail repeated since
	}
	to, reason := Accepted, Reason("")
	switch {
	case arrived(e.Outcome):
		to = Delivered
	case e.Outcome == feedback.Bounced:
		to, reason = Failed, Bounced
	case e.Outcome == feedback.Rejected:
		to, reason = Failed, Rejected
	case e.Outcome == feedback.NotRendered:
		to, reason = Failed, NotRendered
	}
	r.Complained = r.Complained || e.Outcome == feedback.Complained
	r.MessageID = e.MessageID
	if rank(to) > rank(r.Standing) {
		r.Standing, r.Reason, r.Since, r.NextAt = to, reason, e.At, time.Time{}
	}
	if r.Reason == Bounced && e.Permanent {
		r.Permanent = true
	}
	return r
}

// arrived reports whether an outcome says that the mail reached the recipient. Only what has arrived can be complained about.
func arrived(o feedback.Outcome) bool { return o == feedback.Delivered || o == feedback.Complained }

// rank orders what can become of a mail.
func rank(s Standing) int {
	switch s {
	case Accepted:
		return 1
	case Delivered:
		return 2
	case Failed:
		return 3
	default:
		return 0
	}
}
