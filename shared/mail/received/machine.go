package received

import (
	"strings"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/inbound"
)

// ownField is the name of feedback.OwnHeader as [header] has it.
var ownField = strings.ToLower(feedback.OwnHeader)

// machine tells what shows that no person has written a mail. A mail of this service comes first, because a loop must end at once. Then come
// the signs in the order of what they prove. It reads fields and no words: a person may well write "Automatic reply" in a subject.
//
// One field is left out on purpose. X-Auto-Response-Suppress asks others not to answer automatically, and Outlook also sets it in mails of people.
func machine(root *part, from string, calendarReply bool) inbound.Machine {
	h := root.header
	switch {
	case len(h[ownField]) > 0:
		return inbound.Own
	case reports(root, from):
		return inbound.Report
	case automatic(h) || calendarReply: // a calendar answers an invitation without a person who writes
		return inbound.Automatic
	case list(h):
		return inbound.List
	}
	return inbound.Person
}

// reports reports whether a mail is about the delivery of another one. RFC 3464 and RFC 8098 send such reports as multipart/report. RFC 5321
// has them come from the empty path, so that they are never answered; the receiving server writes the path into Return-Path. Older servers
// are known by the name of their daemon or by a field.
func reports(root *part, from string) bool {
	switch root.kind {
	case "multipart/report", "message/delivery-status", "message/disposition-notification":
		return true
	}
	for _, path := range root.header["return-path"] {
		if strings.Trim(path, " \t") == "<>" {
			return true
		}
	}
	local, _, _ := strings.Cut(strings.ToLower(from), "@")
	if from == "" && len(root.header["from"]) == 1 { // some daemons give no domain: "MAILER-DAEMON (Mail Delivery System)"
		if field := strings.ToLower(root.header["from"][0]); strings.Contains(field, "mailer-daemon") {
			local = "mailer-daemon"
		}
	}
	return local == "mailer-daemon" || local == "postmaster" || len(root.header["x-failed-recipients"]) > 0
}

// automatic reports whether a program wrote a mail. RFC 3834 has programs say so in Auto-Submitted, with any value but "no". The other fields
// are what systems use that are older, or that do not follow it.
func automatic(h header) bool {
	for _, value := range h["auto-submitted"] {
		if token(value) != "no" {
			return true
		}
	}
	for _, name := range []string{"x-autoreply", "x-autorespond", "x-autoresponder"} {
		for _, value := range h[name] {
			if token(value) != "no" {
				return true
			}
		}
	}
	return precedence(h, "auto_reply", "auto-reply")
}

// list reports whether a mail came through a mailing list (RFC 2919) or went out in bulk. Each field that begins with List- belongs to them
// (RFC 2369), and no program of a person's writes one. Feedback-ID alone shows nothing: some providers put it into every mail.
func list(h header) bool {
	return len(h[listFields]) > 0 || precedence(h, "bulk", "list", "junk")
}

func precedence(h header, values ...string) bool {
	for _, field := range h["precedence"] {
		for _, value := range values {
			if token(field) == value {
				return true
			}
		}
	}
	return false
}

// token returns the first word of a field, in lower case and without what comments and parameters add.
func token(field string) string {
	word, _, _ := strings.Cut(strings.ToLower(strings.Trim(field, " \t")), ";")
	word, _, _ = strings.Cut(word, "(")
	return strings.Trim(word, " \t\"")
}
