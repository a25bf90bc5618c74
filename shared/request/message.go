package request

import (
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Message is a mail to the privacy address, as it is kept with the request that it began or joined. Its attachments are not kept.
type Message struct {
	At          time.Time // when it arrived
	Text        string    // its subject and its words, at most [LongestMessage] characters; empty if they could not be read
	Cut         bool      // some of its words are missing
	Attachments int       // how many there were
	Sure        bool      // the domain of its sender vouches for it. Otherwise anybody may have sent it: nobody is mailed because of it, and [Message.Words] hides its words
}

// Words returns what the holder of the address is shown of a mail. They are hidden if nothing vouches for its sender: a stranger may have written them, also
// if the mail came to wait with one of the holder's own (threat T32).
func (m Message) Words() (text string, hidden bool) {
	if !m.Sure {
		return "", true
	}
	return m.Text, false
}

// What is kept of mails. A request is stored as one item, which holds no more than 400 kB.
const (
	LongestMessage = 10_000 // characters: a letter of three pages
	mostMessages   = 6      // of one request; further ones are counted
)

// Why a mail waits for the team, besides those of other requests.
const (
	WhyUnopened = "unopened"  // nobody opened the link that was mailed because of it
	WhyUnsure   = "unsure"    // nothing vouches for its sender, so no link was mailed
	WhyNoSender = "no_sender" // it names nobody who could be answered
)

// isMail reports whether the request is a mail whose sender has not said yet what they mean by it.
func (r Request) isMail() bool { return r.Right == privacy.Question && r.State == Verifying }

// Unopened reports whether the request is a mail that nobody has confirmed and that waits for the team. Its sender can still confirm it.
func (r Request) Unopened() bool { return r.isMail() && r.Step == "" }

// AwaitsSender reports whether the request is a mail that waits until its sender says what they mean by it. Until then it is needed as it arrived.
func (r Request) AwaitsSender() bool { return r.isMail() && !r.Unopened() }

// sure reports whether one of its messages may be answered.
func (r Request) sure() bool {
	for _, m := range r.Messages {
		if m.Sure {
			return true
		}
	}
	return false
}

// with returns the request with another message of the same sender. One that says the same as another, or comes when enough are kept, is only counted. But
// a message that its sender's domain vouches for takes the place of the newest one that anybody may have sent: nobody can keep the holder of an address
// from being heard (threats T09, T32).
func (r Request) with(m Message) Request {
	r.Messages = slices.Clone(r.Messages)
	for i, kept := range r.Messages {
		if kept.Text == m.Text {
			r.Messages[i].Sure = kept.Sure || m.Sure
			return r.again(m.At)
		}
	}
	if len(r.Messages) < mostMessages {
		r.Messages = append(r.Messages, m)
		return r
	}
	for i, kept := range slices.Backward(r.Messages) {
		if m.Sure && !kept.Sure {
			r.Messages = append(slices.Delete(r.Messages, i, i+1), m)
			break
		}
	}
	return r.again(m.At)
}

// again counts a repetition.
func (r Request) again(at time.Time) Request {
	r.Repeats++
	if at.After(r.RepeatedAt) {
		r.RepeatedAt = at
	}
	return r
}
