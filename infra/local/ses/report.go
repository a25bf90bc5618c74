package ses

import (
	"maps"
	"strings"
)

// report publishes what becomes of a mail. SES reports about each recipient of a mail; mails of this service have one.
func (a *Account) report(m Mail, c call) {
	fate := a.fate(m, c)
	if reason := learned[fate]; reason != "" {
		a.learn(m, reason)
	}
	if a.options.Sink == nil {
		return
	}
	about := a.about(m, c.operation)
	sent := about
	if c.operation == "SendBulkEmail" {
		sent = unwritten(about)
	}
	a.publisher.add(append([]event{{EventType: "Send", Mail: sent, Send: &struct{}{}}}, following(fate, about)...))
}

// unwritten describes a mail without its headers, as SES does while it has not rendered a template, and when a mail is late.
func unwritten(about mailObject) mailObject {
	about.Headers, about.CommonHeaders = nil, nil
	return about
}

// following returns the events after a mail was sent.
func following(fate Fate, about mailObject) []event {
	to := about.Destination
	switch fate {
	case Bounces:
		return []event{bounced(about, "Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown")}
	case BouncesForNow:
		return []event{delayed(about, "MailboxFull", "4.2.2", "smtp; 452 4.2.2 mailbox full"),
			bounced(about, "Transient", "MailboxFull", "5.2.2", "smtp; 552 5.2.2 mailbox full")}
	case AnswersByMachine:
		return []event{delivered(about), bounced(about, "Transient", "General", "", "")}
	case IsSuppressed:
		return []event{bounced(about, "Permanent", "OnAccountSuppressionList", "5.1.1",
			"Amazon SES did not send the message to this address because it is on the suppression list for your account.")}
	case IsSuppressedAll:
		return []event{bounced(about, "Permanent", "Suppressed", "5.1.1",
			"Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid address.")}
	case Complains:
		return []event{delivered(about), {EventType: "Complaint", Mail: about, Complaint: &complaint{
			ComplainedRecipients: explained(to, "", "", ""), FeedbackID: feedbackID(), UserAgent: "Amazon SES Mailbox Simulator", ComplaintFeedbackType: "abuse"}}}
	case IsRejected:
		return []event{{EventType: "Reject", Mail: about, Reject: &reject{Reason: "Bad content"}}}
	case IsNotRendered:
		return []event{{EventType: "Rendering Failure", Mail: unwritten(about), Failure: &failure{
			ErrorMessage: "Attribute 'name' is not present in the rendering data.", TemplateName: "inline"}}}
	case IsDelayed:
		return []event{delayed(about, "TransientCommunicationFailure", "4.4.1", "smtp; 421 4.4.1 Unable to connect to remote host"), delivered(about)}
	default:
		return []event{delivered(about)}
	}
}

// fate decides about a mail: a template that cannot be rendered is not sent, and the suppression list comes before the mailbox.
func (a *Account) fate(m Mail, c call) Fate {
	switch {
	case c.unrendered:
		return IsNotRendered
	case a.options.Suppresses && a.fates.isSuppressed(m.To[0]):
		return IsSuppressed
	}
	return a.fates.of(m.To[0])
}

// learned says for which fates SES puts the address on the account's suppression list, and why.
var learned = map[Fate]string{Bounces: "BOUNCE", Complains: "COMPLAINT"}

// learn puts the recipients on the account's suppression list, except those of the mailbox simulator.
func (a *Account) learn(m Mail, reason string) {
	for _, address := range m.To {
		if !strings.HasSuffix(strings.ToLower(address), "@"+simulatorDomain) {
			a.fates.suppress(address, reason)
		}
	}
}

func delivered(about mailObject) event {
	about.Tags = maps.Clone(about.Tags)
	about.Tags["ses:outgoing-ip"] = []string{"192.0.2.2"}
	return event{EventType: "Delivery", Mail: about, Delivery: &delivery{
		Recipients: about.Destination, SMTPResponse: "250 2.6.0 Message received", RemoteMtaIP: "192.0.2.3", ReportingMTA: "a1-1.smtp-out.eu-west-2.amazonses.com"}}
}

func bounced(about mailObject, kind, subKind, status, diagnostic string) event {
	action := "failed"
	if status == "" {
		action = "" // an absence note is no report of a mail server
	}
	return event{EventType: "Bounce", Mail: about, Bounce: &bounce{BounceType: kind, BounceSubType: subKind,
		BouncedRecipients: explained(about.Destination, action, status, diagnostic), FeedbackID: feedbackID(),
		ReportingMTA: "dns; a1-1.smtp-out.eu-west-2.amazonses.com"}}
}

func delayed(about mailObject, kind, status, diagnostic string) event {
	return event{EventType: "DeliveryDelay", Mail: unwritten(about), DeliveryDelay: &deliveryDelay{
		DelayType: kind, DelayedRecipients: explained(about.Destination, "", status, diagnostic)}}
}

// explained says about each recipient why the mail did not arrive.
func explained(to []string, action, status, diagnostic string) []recipient {
	all := make([]recipient, len(to))
	for i, address := range to {
		all[i] = recipient{EmailAddress: address, Action: action, Status: status, DiagnosticCode: diagnostic}
	}
	return all
}
