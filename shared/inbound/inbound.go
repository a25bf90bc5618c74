// Package inbound takes in mails to the privacy address (promises H12, L02).
//
// The policy tells people to use their rights by writing there. So a mail begins a request, as the form does. The request waits until the sender of the
// mail has opened a link that is mailed to them, and has said which right they mean. Anybody can write in anybody's name: a mail alone changes nothing
// (threats T01, T02). What SES found out about it decides only whether its sender is mailed at all.
//
// [Receiver] takes a mail in. Package request puts it behind the mailbox of its sender, has the link mailed ([request.Fulfilment]), and does what the sender
// chooses ([request.Requester.Choose]). [Receiver.Sweep] deletes the mails as they arrived once nobody needs them.
package inbound

import (
	"slices"
	"time"
)

// Arrival is what SES reports about a mail that has arrived.
type Arrival struct {
	Object string    // the key of the mail, as it arrived, in the bucket; random
	At     time.Time // in UTC, in whole seconds
	Bounce bool      // its return path is empty, so nobody may be mailed because of it (RFC 5321 §6.1)
	Verdicts
}

// Verdict is what SES found out about one thing, in its words.
type Verdict string

// The verdicts. Any other says that SES could not find it out.
const (
	Pass Verdict = "PASS"
	Fail Verdict = "FAIL"
	Gray Verdict = "GRAY" // there was nothing to find out
)

// Verdicts is what SES found out about a mail.
type Verdicts struct{ Spam, Virus, SPF, DKIM, DMARC Verdict }

// harmful reports whether the mail is spam or has a virus.
func (v Verdicts) harmful() bool { return v.Spam == Fail || v.Virus == Fail }

// vouched reports whether the sender's domain vouches for the sender, so that they may be mailed. If the domain does not say who may send in its name
// (DMARC), one of the older ways to vouch is enough, and somebody may still abuse the name of somebody else. They get no further with that than with the
// form, into which anybody can type any address (threat T09).
func (v Verdicts) vouched() bool {
	clean := func(found Verdict) bool { return found == Pass || found == Gray }
	return clean(v.Spam) && clean(v.Virus) && (v.DMARC == Pass || v.DMARC == Gray && slices.Contains([]Verdict{v.SPF, v.DKIM}, Pass))
}

// Outcome is what became of a mail. Besides ids, it is all that a log says about the mail. If a machine sent the mail, the outcome is that [Machine].
type Outcome string

// The outcomes of other mails.
const (
	Taken   Outcome = "taken"   // it waits for its sender, or for the team
	Harmful Outcome = "harmful" // SES found spam or a virus, so nobody reads it here
	Gone    Outcome = "gone"    // it was dealt with before, and is deleted
)
