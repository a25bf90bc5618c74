package request

import "github.com/helpdeskexpert/privacy/shared/feedback"

// How the tags of the mails about what a request imposed and about what the team decided begin. The version of the request follows.
const (
	PartLimited  = "limited-"
	PartExtended = "extended-"
	PartClosed   = "closed-"
)

// LimitedMail returns the tags of the mail that says what is in force, which is about to be sent about the request as it is stored.
func (r Request) LimitedMail() feedback.Mail { return r.Mail(PartLimited, r.Version) }

// ExtendedMail returns the tags of the notice of a longer time, likewise.
func (r Request) ExtendedMail() feedback.Mail { return r.Mail(PartExtended, r.Version) }

// ClosedMail returns the tags of the mail with what the team decided, likewise.
func (r Request) ClosedMail() feedback.Mail { return r.Mail(PartClosed, r.Version) }
