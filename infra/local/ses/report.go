package ses

import "strings"

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
		sent.Headers, sent.CommonHeaders = nil, nil // the template is not rendered yet
	}
	events := []event{{EventType: "Send", Mail: sent, Send: &struct{}{}}}
	to := []recipient{}
	for _, address := range m.To {
		to = append(to, recipient{EmailAddress: address})
	}
	switch fate {
	case Bounces:
		events = append(events, bounced(about, to, "Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown"))
	case BouncesForNow:
		events = append(events, delayed(about, to, "MailboxFull", "4.2.2", "smtp; 452 4.2.2 mailbox full"),
			bounced(about, to, "Transient", "MailboxFull", "5.2.2", "smtp; 552 5.2.2 mailbox full"))
	case AnswersByMachine:
		events = append(events, delivered(about, m.To), bounced(about, to, "Transient", "General", "", ""))
	case IsSuppressed:
		events = append(events, bounced(about, to, "Permanent", "OnAccountSuppressionList", "5.1.1",
			"Amazon SES did not send the message to this address because it is on the suppression list for your account."))
	case IsSuppressedAll:
		events = append(events, bounced(about, to, "Permanent", "Suppressed", "5.1.1",
			"Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid address."))
	case Complains:
		events = append(events, delivered(about, m.To), event{EventType: "Complaint", Mail: about, Complaint: &complaint{
			ComplainedRecipients: to, FeedbackID: feedbackID(), UserAgent: "Amazon SES Mailbox Simulator", ComplaintFeedbackType: "abuse"}})
	case IsRejected:
		events = append(events, event{EventType: "Reject", Mail: about, Reject: &reject{Reason: "Bad content"}})
	case IsNotRendered:
		unrendered := about
		unrendered.Headers, unrendered.CommonHeaders = nil, nil
		events = append(events, event{EventType: "Rendering Failure", Mail: unrendered, Failure: &failure{
			ErrorMessage: "Attribute 'name' is not present in the rendering data.", TemplateName: "inline"}})
	case IsDelayed:
		events = append(events, delayed(about, to, "TransientCommunicationFailure", "4.4.1", "smtp; 421 4.4.1 Unable to connect to remote host"), delivered(about, m.To))
	default:
		events = append(events, delivered(about, m.To))
	}
	a.publisher.add(events)
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
		if !strings.HasSuffix(address, simulatorDomain) {
			a.fates.suppress(address, reason)
		}
	}
}

func delivered(about mailObject, to []string) event {
	tags := make(map[string][]string, len(about.Tags)+1)
	for name, values := range about.Tags {
		tags[name] = values
	}
	tags["ses:outgoing-ip"] = []string{"192.0.2.2"}
	about.Tags = tags
	return event{EventType: "Delivery", Mail: about, Delivery: &delivery{
		Recipients: to, SMTPResponse: "250 2.6.0 Message received", RemoteMtaIP: "192.0.2.3", ReportingMTA: "a1-1.smtp-out.eu-west-2.amazonses.com"}}
}

func bounced(about mailObject, to []recipient, kind, subKind, status, diagnostic string) event {
	return event{EventType: "Bounce", Mail: about, Bounce: &bounce{BounceType: kind, BounceSubType: subKind,
		BouncedRecipients: explained(to, "failed", status, diagnostic), FeedbackID: feedbackID(), ReportingMTA: "dns; a1-1.smtp-out.eu-west-2.amazonses.com"}}
}

func delayed(about mailObject, to []recipient, kind, status, diagnostic string) event {
	return event{EventType: "DeliveryDelay", Mail: about, DeliveryDelay: &deliveryDelay{DelayType: kind, DelayedRecipients: explained(to, "", status, diagnostic)}}
}

// explained adds to each recipient why the mail did not arrive.
func explained(to []recipient, action, status, diagnostic string) []recipient {
	all := make([]recipient, len(to))
	for i, r := range to {
		all[i] = recipient{EmailAddress: r.EmailAddress, DiagnosticCode: diagnostic, Status: status}
		if status != "" {
			all[i].Action = action
		}
	}
	return all
}
