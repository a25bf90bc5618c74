package notice

import "time"

// Standing says what became of the notice to one recipient.
type Standing string

// What became of a notice.
const (
	Waiting   Standing = "waiting"   // SES did not take the mail for now; it is sent again at NextAt
	Unknown   Standing = "unknown"   // nobody knows whether SES took the mail; an event of SES settles it, or it is sent again at NextAt
	Accepted  Standing = "accepted"  // SES took the mail
	Delivered Standing = "delivered" // the server of the recipient took the mail: only now the recipient counts as told
	Failed    Standing = "failed"    // the mail did not reach the recipient; Reason says why
)

// Standings lists what can become of a notice, in the order in which it is shown.
var Standings = [...]Standing{Delivered, Accepted, Waiting, Unknown, Failed}

// The reasons why a recipient was not told or waits.
const (
	NoAddress   Reason = "no_address"   // no address is on record any more
	Unmailable  Reason = "unmailable"   // no mail can ever reach the address
	Refused     Reason = "refused"      // SES refuses this mail for good
	RefusedNow  Reason = "refused_now"  // SES refuses this mail for now
	Throttled   Reason = "throttled"    // more mails a second than the account may send
	QuotaEnded  Reason = "quota_ended"  // more mails a day than the account may send
	Bounced     Reason = "bounced"      // the mail came back
	Rejected    Reason = "rejected"     // SES took the mail and then refused to send it
	NotRendered Reason = "not_rendered" // SES took the mail and then could not write it
)

// Recipient is one address that a campaign tells. Two people with one address are one recipient.
type Recipient struct {
	Alias      string // the HMAC of the address, as in the index of people
	Standing   Standing
	Reason     Reason    // of a recipient who failed or waits
	Permanent  bool      // of a recipient who failed: no later mail will reach the address, so a retry leaves it alone
	Attempt    int       // how many mails were handed to SES
	Since      time.Time // when this standing began
	Claim      int       // the call to SES of the last attempt
	Position   int       // and the position in it
	MessageID  string    // SES's id of the mail
	Doubled    bool      // the notice may have been mailed twice (fault F04)
	Complained bool      // the recipient reported the notice as spam
	NextAt     time.Time // when it is sent again; zero if it is not
	ExpiresAt  time.Time // when its retention ends
	Revision   int       // counts the writes of the stored item; 0 if there is none
}

// Claim is the recipients of one call to SES, in order. It is stored before the call and never changes.
type Claim struct {
	Version string
	Number  int // from 1
	At      time.Time
	Aliases []string
}
