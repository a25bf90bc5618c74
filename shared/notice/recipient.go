package notice

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Outcome says what became of the notice to one recipient.
type Outcome string

// What became of a notice.
const (
	Waiting   Outcome = "waiting"   // SES did not take the mail for now; it is sent again at NextAt
	Unknown   Outcome = "unknown"   // nobody knows whether SES took the mail; an event of SES settles it, or it is sent again at NextAt
	Accepted  Outcome = "accepted"  // SES took the mail
	Delivered Outcome = "delivered" // the server of the recipient took the mail: only now the recipient counts as told
	Failed    Outcome = "failed"    // the mail did not reach the recipient; Reason says why
)

// Outcomes lists what can become of a notice, in the order in which it is shown.
var Outcomes = [...]Outcome{Delivered, Accepted, Waiting, Unknown, Failed}

// The reasons why a recipient was not told or waits, besides those of [feedback.Answer].
const (
	NoAddress   Reason = "no_address"   // no address is on record any more
	Unmailable  Reason = "unmailable"   // the address cannot receive mail
	Bounced     Reason = "bounced"      // the mail came back
	Returned    Reason = "returned"     // the mail came back, or a machine answered that the recipient is absent: SES reports both in the same way
	Rejected    Reason = "rejected"     // SES took the mail and then refused to send it
	NotRendered Reason = "not_rendered" // SES took the mail and then could not write it
)

// Recipient is one address that a campaign tells. Two people with one address are one recipient.
type Recipient struct {
	Alias      string // the HMAC of the address, as in the index of people
	Outcome    Outcome
	Reason     Reason    // of a recipient who failed or waits
	Permanent  bool      // of a recipient who failed: no later mail will reach the address, so a retry leaves it alone
	Attempt    int       // how often the notice was handed to SES
	Since      time.Time // when this outcome began
	Claim      int       // the call to SES of the last attempt
	Position   int       // and the position in it
	MessageID  string    // SES's id of the mail
	Doubled    bool      // the notice may have been mailed twice (fault F04)
	Unsettled  bool      // nobody knows whether SES took the mail of an earlier attempt
	Complained bool      // the recipient reported the notice as spam
	Followed   bool      // of a recipient who failed: the campaign goes on at another address of whoever is behind this one
	NextAt     time.Time // when it is sent again, or when another address is looked for; zero if never
	ExpiresAt  time.Time // when its retention ends
	Revision   int       // counts the writes of the stored item; 0 if there is none
}

// Claim is the recipients of one call to SES, in order. It is stored before the call and never changes.
type Claim struct {
	Version string
	Number  int // from 1
	At      time.Time
	Again   bool // the recipients were mailed before
	Aliases []string
}

// settling is how long a mail stays unknown before it is sent again, provided that a report about another mail has arrived since: the report
// about this one would have arrived too.
const settling = 30 * time.Minute

// answered returns the recipient after SES has answered a claim at the position. It changes nothing if more is known already: an event of SES
// may come before the answer, and an invocation that lost its lease may come late.
func (r Recipient) answered(c Claim, position int, a feedback.Answer, now time.Time) Recipient {
	late := r.Claim > c.Number || r.Claim == c.Number && r.Revision > 0 && r.Outcome != Unknown
	told := r.Outcome == Accepted || r.Outcome == Delivered
	left := a.Verdict == feedback.Accepted || a.Verdict == feedback.Uncertain
	if late || told && !left {
		return r
	}
	if r.Claim != c.Number {
		r = r.tried(c, position, left)
	}
	if told && a.Verdict == feedback.Uncertain || r.Outcome == Delivered {
		return r
	}
	r.Since, r.NextAt, r.Reason, r.Permanent, r.MessageID = now, time.Time{}, Reason(a.Reason), false, a.MessageID
	switch a.Verdict {
	case feedback.Accepted:
		r.Outcome, r.Reason = Accepted, ""
	case feedback.Uncertain:
		r.Outcome, r.Reason, r.NextAt = Unknown, "", now.Add(settling)
	case feedback.Postponed:
		r.Outcome, r.NextAt = Waiting, now.Add(subject.MailAgain(r.Attempt))
	case feedback.Blocked:
		r.Outcome, r.NextAt = Waiting, now
		if r.Reason == feedback.BadRequest && len(c.Aliases) == 1 { // it is this address that SES cannot read
			r.Outcome, r.NextAt = Failed, time.Time{}
		}
	default: // refused, unmailable, or without an address
		r.Outcome, r.Permanent = Failed, a.Verdict == feedback.Unmailable
		if r.lost() {
			r.NextAt = now
		}
	}
	return r
}

// lost reports whether no later mail will reach the recipient: the mail came back for good, the address can receive no mail, or it is not on record
// any more. Whoever is behind the address is mailed at another one.
func (r Recipient) lost() bool { return r.Outcome == Failed && (r.Permanent || r.Reason == NoAddress) }

// tried returns the recipient with another attempt. left says that its mail may have left.
func (r Recipient) tried(c Claim, position int, left bool) Recipient {
	maybe := r.Unsettled || r.Outcome == Unknown || r.Outcome == Accepted || r.Outcome == Delivered
	r.Claim, r.Position, r.Attempt, r.Followed = c.Number, position, r.Attempt+1, false
	r.Doubled, r.Unsettled = r.Doubled || maybe && left, maybe && !left
	return r
}
