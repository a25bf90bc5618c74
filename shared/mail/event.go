package mail

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/helpdeskexpert/privacy/shared/feedback"
)

// ErrIgnored is the error of [ParseEvent] if nothing follows from a message: it is about a mail of another sender, or of a type that this
// service does not ask for, or it is the message with which SES tries the topic out.
var ErrIgnored = errors.New("mail: nothing follows from the message")

// validation is the text, and no JSON, that SES publishes once, when the event destination is created.
const validation = "Successfully validated SNS topic for Amazon SES event publishing."

// report is an event as SES publishes it for a configuration set ("Contents of event data in SNS"). Only what this service reads is here.
type report struct {
	EventType string `json:"eventType"`
	Mail      struct {
		Timestamp   time.Time           `json:"timestamp"`
		MessageID   string              `json:"messageId"`
		Destination []string            `json:"destination"`
		Tags        map[string][]string `json:"tags"`
	} `json:"mail"`
	Bounce struct {
		BounceType    string      `json:"bounceType"`
		BounceSubType string      `json:"bounceSubType"`
		Recipients    []recipient `json:"bouncedRecipients"`
		Timestamp     time.Time   `json:"timestamp"`
	} `json:"bounce"`
	Complaint struct {
		FeedbackType string      `json:"complaintFeedbackType"`
		Recipients   []recipient `json:"complainedRecipients"`
		Timestamp    time.Time   `json:"timestamp"`
	} `json:"complaint"`
	Delivery struct {
		Timestamp time.Time `json:"timestamp"`
	} `json:"delivery"`
	Delay struct {
		Type      string    `json:"delayType"`
		Timestamp time.Time `json:"timestamp"`
	} `json:"deliveryDelay"`
	Reject struct {
		Reason string `json:"reason"`
	} `json:"reject"`
}

type recipient struct {
	Address string `json:"emailAddress"`
}

// ParseEvent reads one event that SES published. It returns [ErrIgnored] for a message from which nothing follows, and another error for one
// that it cannot read. No error repeats anything of the message.
func ParseEvent(message []byte) (feedback.Event, error) {
	if strings.TrimSpace(string(message)) == validation {
		return feedback.Event{}, ErrIgnored
	}
	var r report
	if err := json.Unmarshal(message, &r); err != nil {
		return feedback.Event{}, fmt.Errorf("mail: the message is not an event of SES: %T", err)
	}
	if r.EventType == "" {
		return feedback.Event{}, errors.New("mail: the message is not an event of SES: it has no eventType")
	}
	about, ours := r.about()
	e, known := r.happened()
	if !ours || !known {
		return feedback.Event{}, ErrIgnored
	}
	e.Mail, e.MessageID = about, r.Mail.MessageID
	if e.Address == "" && len(r.Mail.Destination) > 0 {
		e.Address = r.Mail.Destination[0] // each mail of this service has one recipient
	}
	switch {
	case e.MessageID == "":
		return feedback.Event{}, errors.New("mail: the event names no mail")
	case e.At.IsZero():
		return feedback.Event{}, errors.New("mail: the event has no time")
	}
	e.At = e.At.UTC()
	return e, nil
}

// kinds are the values of the tag "kind" of this service's mails.
var kinds = []feedback.Kind{feedback.Request, feedback.Link, feedback.Receipt, feedback.Notice, feedback.Team}

// about reads the tags of the mail. It returns false for a mail that this service has not sent.
func (r report) about() (feedback.Mail, bool) {
	tag := func(name string) string {
		if values := r.Mail.Tags[name]; len(values) == 1 && taggable(values[0]) {
			return values[0]
		}
		return ""
	}
	m := feedback.Mail{Kind: feedback.Kind(tag(tagKind)), About: tag(tagAbout), Part: tag(tagPart)}
	return m, slices.Contains(kinds, m.Kind) && m.About != "" && m.Part != ""
}

// happened says what the event reports. It returns false for a type from which nothing follows.
func (r report) happened() (e feedback.Event, known bool) {
	switch r.EventType {
	case "Send":
		e = feedback.Event{Outcome: feedback.Sent, At: r.Mail.Timestamp}
	case "Delivery":
		e = feedback.Event{Outcome: feedback.Delivered, At: r.Delivery.Timestamp}
	case "DeliveryDelay":
		e = feedback.Event{Outcome: feedback.Delayed, At: r.Delay.Timestamp, Reason: word(r.Delay.Type)}
	case "Bounce":
		e = feedback.Event{Outcome: feedback.Bounced, At: r.Bounce.Timestamp, Reason: word(r.Bounce.BounceSubType),
			Permanent: r.Bounce.BounceType == "Permanent", Address: first(r.Bounce.Recipients)}
	case "Complaint":
		e = feedback.Event{Outcome: feedback.Complained, At: r.Complaint.Timestamp, Reason: word(r.Complaint.FeedbackType), Address: first(r.Complaint.Recipients)}
		return e, e.Reason != "not_spam" // a report that the mail was wrongly taken for spam
	case "Reject":
		e = feedback.Event{Outcome: feedback.Rejected, At: r.Mail.Timestamp, Reason: word(r.Reject.Reason)}
	case "Rendering Failure": // the text of the error could repeat the mail
		e = feedback.Event{Outcome: feedback.NotRendered, At: r.Mail.Timestamp, Reason: "not_rendered"}
	default:
		return e, false
	}
	return e, true
}

func first(all []recipient) string {
	if len(all) == 0 {
		return ""
	}
	return all[0].Address
}

// longestWord is more than any word of SES's is long.
const longestWord = 40

// word writes a word of SES's, such as MailboxFull or not-spam, in snake case. It returns "other" for a text that is no such word, so that no
// text with a person's data is stored for one.
func word(s string) string {
	var out strings.Builder
	before := ' ' // the letter, space or dash before the one that is read
	for _, r := range s {
		lower, upper, gap := 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', r == ' ' || r == '-'
		switch {
		case len(s) > longestWord, !lower && !upper && !gap, gap && (before == ' ' || before == '-'):
			return "other"
		case gap:
			out.WriteByte('_')
		case upper && 'a' <= before && before <= 'z':
			out.WriteByte('_')
			fallthrough
		default:
			out.WriteRune(unicode.ToLower(r))
		}
		before = r
	}
	if before == ' ' || before == '-' {
		return "other"
	}
	return out.String()
}
