package feedback

// Recipient is one of the people to whom one call sends the same mail.
type Recipient struct {
	Address string // as it is spelt on record: personal data
	Part    string // which mail of its kind this is, as in [Mail]
}

// Verdict says what became of one mail of a call, as far as the call can tell.
type Verdict string

// The verdicts. After each but Accepted and Uncertain, the mail has certainly not left.
const (
	Accepted   Verdict = "accepted"   // SES took the mail, and will report what becomes of it
	Unmailable Verdict = "unmailable" // no mail can ever reach the address, so SES was not asked
	Refused    Verdict = "refused"    // SES refuses this mail to this address, and would refuse it again
	Postponed  Verdict = "postponed"  // SES could not take the mail now; nothing has to be repaired before it is sent again
	Blocked    Verdict = "blocked"    // SES takes no mail from us until somebody has repaired what Reason names
	Uncertain  Verdict = "uncertain"  // nobody knows whether the mail left (fault F04)
)

// MostRecipients is how many mails SES takes in one call.
const MostRecipients = 50

// The reasons of an answer on which somebody decides. All others are only shown.
const (
	DailyQuota = "daily_quota" // more mails in 24 hours than the account may send
	BadRequest = "bad_request" // SES does not understand the call: a mistake of ours, or one address that it cannot read
)

// Answer is what SES answered about one mail of a call.
type Answer struct {
	Verdict   Verdict
	Reason    string // why the mail was not accepted, in snake case: "throttled", "daily_quota", "paused"; never personal data
	MessageID string // SES's id of an accepted mail
}

// Account is what SES says of the account that sends, at one moment.
type Account struct {
	Production bool // the account is out of SES's sandbox, in which it may send only to verified addresses
	Sending    bool // sending is not paused
	Verified   bool // the sender, its domain or a parent domain is a verified identity
	PerSecond  float64
	PerDay     int // mails in any 24 hours; Unlimited if SES sets no limit
	Sent       int // mails in the last 24 hours
}

// Unlimited is the PerDay of an account without a limit.
const Unlimited = -1
