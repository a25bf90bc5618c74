// Package feedback says what SES tells us about mails. About each mail of a call it answers at once, see [Answer]. What became of a mail
// after that it reports in events, each about one mail, which may arrive twice and in any order (faults F02, F24).
package feedback

import "time"

// Kind says which concept a mail belongs to.
type Kind string

// The kinds of mails.
const (
	Request Kind = "request" // about a request with a right
	Notice  Kind = "notice"  // about a change of the policy
	Link    Kind = "link"    // brings a link to a mailbox
	Receipt Kind = "receipt" // tells what was done from a mailbox; nothing follows from its coming back
	Team    Kind = "team"    // reminds the privacy team; nothing follows from its coming back
)

// Mail says which mail an event is about. SES returns it from the tags that the mail was sent with. It never contains personal data, and its
// values consist of ASCII letters, digits, "-" and "_", since SES accepts nothing else in a tag.
type Mail struct {
	Kind  Kind
	About string // id of the request or of the mailbox, the policy version of a notice, or the day of a reminder
	Part  string // which mail about it, such as "export-2", "link-2", or the claim and the position of a notice, "17-3"
}

// Outcome is what SES reports.
type Outcome string

// The outcomes.
const (
	Sent        Outcome = "sent"         // SES accepted the mail and will try to deliver it
	Delivered   Outcome = "delivered"    // the server of the recipient accepted it
	Bounced     Outcome = "bounced"      // it came back, or SES has given it up
	Complained  Outcome = "complained"   // the recipient reported it as spam
	Rejected    Outcome = "rejected"     // SES accepted it and then refused to send it
	NotRendered Outcome = "not_rendered" // SES accepted it and then could not write it
	Delayed     Outcome = "delayed"      // SES has not delivered it yet and goes on trying
)

// Event is one report of SES about one mail.
type Event struct {
	Mail
	Outcome   Outcome
	At        time.Time // when it happened, in UTC
	MessageID string    // SES's id of the mail
	Permanent bool      // of a bounce: no later mail will reach the address
	Reason    string    // why it bounced, was delayed or was rejected, in SES's words in snake case: "general", "no_email", "suppressed", "mailbox_full"
	Address   string    // the recipient: personal data, so it is neither logged nor stored
}

// Failed reports whether the mail did not reach the recipient, as far as SES knows: it came back, or SES did not send it.
func (e Event) Failed() bool {
	return e.Outcome == Bounced || e.Outcome == Rejected || e.Outcome == NotRendered
}

// OwnHeader is a field of every mail of this service. By it the service recognises a mail of its own that comes back to the privacy address.
const OwnHeader = "X-Privacy-Service"
