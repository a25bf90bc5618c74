package ses

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The parts of an event that do not depend on its kind, with SES's names ("Examples of event data that Amazon SES publishes to Amazon SNS").
const (
	unwrittenMail = `"timestamp":"2026-11-28T12:00:00.000Z","source":"HelpDesk <privacy@example.com>","sourceArn":"arn:aws:ses:eu-west-2:123456789012:identity/example.com",
		"sendingAccountId":"123456789012","messageId":"ID","destination":["anna@example.org"],"headersTruncated":false`
	writtenMail = unwrittenMail + `,"headers":[{"name":"From","value":"HelpDesk <privacy@example.com>"},{"name":"To","value":"anna@example.org"},{"name":"Subject","value":"Grüße"},
		{"name":"MIME-Version","value":"1.0"},{"name":"Content-Type","value":"multipart/alternative; boundary=\"----=_Part_1\""},{"name":"Auto-Submitted","value":"auto-generated"}],
		"commonHeaders":{"from":["HelpDesk <privacy@example.com>"],"to":["anna@example.org"],"messageId":"ID","subject":"Grüße"}`
	mailTags = `"kind":["notice"],"about":["2026-11-02"],"part":["PART"],"ses:operation":["OPERATION"],"ses:configuration-set":["mails"],"ses:source-ip":["192.0.2.1"],
		"ses:from-domain":["example.com"],"ses:caller-identity":["local"],"ses:source-tls-version":["TLSv1.3"]`
	server = `a1-1.smtp-out.eu-west-2.amazonses.com`
	at     = `"timestamp":"2026-11-28T12:00:00.000Z"`
)

// documented returns an event of the kind, with what only this kind has.
func documented(kind, mail, tags, own string) string {
	return fmt.Sprintf(`{"eventType":%q,"mail":{%s,"tags":{%s}},%s}`, kind, mail, tags, own)
}

var (
	sentEvent      = documented("Send", "SENT", mailTags, `"send":{}`)
	deliveredEvent = documented("Delivery", writtenMail, mailTags+`,"ses:outgoing-ip":["192.0.2.2"]`, `"delivery":{`+at+`,"processingTimeMillis":0,"recipients":["anna@example.org"],
		"smtpResponse":"250 2.6.0 Message received","remoteMtaIp":"192.0.2.3","reportingMTA":"`+server+`"}`)
)

// bouncedEvent returns a bounce with the fields of its one recipient.
func bouncedEvent(kind, subKind, recipient string) string {
	return documented("Bounce", writtenMail, mailTags, fmt.Sprintf(`"bounce":{"bounceType":%q,"bounceSubType":%q,"bouncedRecipients":[{"emailAddress":"anna@example.org"%s}],%s,
		"feedbackId":"FEEDBACK","reportingMTA":"dns; %s"}`, kind, subKind, recipient, at, server))
}

// delayedEvent returns a delay with the fields of its one recipient. SES tries for 14 hours.
func delayedEvent(kind, recipient string) string {
	return documented("DeliveryDelay", unwrittenMail, mailTags, fmt.Sprintf(`"deliveryDelay":{%s,"delayType":%q,"expirationTime":"2026-11-29T02:00:00.000Z",
		"delayedRecipients":[{"emailAddress":"anna@example.org",%s}]}`, at, kind, recipient))
}

// eventsOfFates are the events that SES publishes about a mail with each fate, in their order.
var eventsOfFates = map[Fate][]string{
	Delivers: {sentEvent, deliveredEvent},
	Bounces:  {sentEvent, bouncedEvent("Permanent", "General", `,"action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"`)},
	BouncesForNow: {sentEvent, delayedEvent("MailboxFull", `"status":"4.2.2","diagnosticCode":"smtp; 452 4.2.2 mailbox full"`),
		bouncedEvent("Transient", "MailboxFull", `,"action":"failed","status":"5.2.2","diagnosticCode":"smtp; 552 5.2.2 mailbox full"`)},
	Complains: {sentEvent, deliveredEvent, documented("Complaint", writtenMail, mailTags, `"complaint":{"complainedRecipients":[{"emailAddress":"anna@example.org"}],`+at+`,
		"feedbackId":"FEEDBACK","complaintSubType":null,"userAgent":"Amazon SES Mailbox Simulator","complaintFeedbackType":"abuse","arrivalDate":"2026-11-28T12:00:00.000Z"}`)},
	AnswersByMachine: {sentEvent, deliveredEvent, bouncedEvent("Transient", "General", "")},
	IsRejected:       {sentEvent, documented("Reject", writtenMail, mailTags, `"reject":{"reason":"Bad content"}`)},
	IsNotRendered: {sentEvent, documented("Rendering Failure", unwrittenMail, mailTags,
		`"failure":{"errorMessage":"Attribute 'name' is not present in the rendering data.","templateName":"inline"}`)},
	IsDelayed: {sentEvent, delayedEvent("TransientCommunicationFailure", `"status":"4.4.1","diagnosticCode":"smtp; 421 4.4.1 Unable to connect to remote host"`), deliveredEvent},
	IsSuppressed: {sentEvent, bouncedEvent("Permanent", "OnAccountSuppressionList", `,"action":"failed","status":"5.1.1",
		"diagnosticCode":"Amazon SES did not send the message to this address because it is on the suppression list for your account."`)},
	IsSuppressedAll: {sentEvent, bouncedEvent("Permanent", "Suppressed", `,"action":"failed","status":"5.1.1",
		"diagnosticCode":"Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid address."`)},
}

var feedback = regexp.MustCompile(`^[0-9a-f-]{40}-000000$`)

// F07: the events of each fate have exactly the members that SES documents, after a mail of its own and after one of a bulk call.
func TestFault_F07_TheEventsOfEachFate(t *testing.T) {
	if len(eventsOfFates) != len(Fates()) {
		t.Errorf("%d fates are tested of %d", len(eventsOfFates), len(Fates()))
	}
	for _, fate := range Fates() {
		for _, operation := range []string{"SendEmail", "SendBulkEmail"} {
			r, sent, part := newRig(t, Options{}), writtenMail, "1"
			r.SetFate("Anna@example.org", fate)
			if operation == "SendEmail" {
				_, _ = r.client.SendEmail(t.Context(), single("anna@example.org"))
			} else {
				_, _ = r.client.SendBulkEmail(t.Context(), bulk("Anna <anna@example.org>"))
				sent, part = unwrittenMail, "1-0" // the template is not rendered yet
			}
			mails, events := r.taken()
			if len(mails) != 1 || len(events) != len(eventsOfFates[fate]) {
				t.Errorf("%s by %s: %d mails, events %v", fate, operation, len(mails), kinds(events))
				continue
			}
			for i, e := range events {
				for _, name := range []string{"bounce", "complaint"} {
					if own, ok := e[name].(map[string]any); ok && feedback.MatchString(fmt.Sprint(own["feedbackId"])) {
						own["feedbackId"] = "FEEDBACK"
					}
				}
				text := strings.NewReplacer("ID", mails[0].ID, "OPERATION", operation, "PART", part).Replace(strings.Replace(eventsOfFates[fate][i], "SENT", sent, 1))
				var want map[string]any
				if err := json.Unmarshal([]byte(text), &want); err != nil {
					t.Fatalf("%v: %s", err, text)
				}
				if !reflect.DeepEqual(e, want) {
					got, _ := json.Marshal(e)
					t.Errorf("%s by %s, event %d:\n%s, want\n%s", fate, operation, i, got, text)
				}
			}
		}
	}
}

// The mailbox simulator has the fates that SES documents, whatever follows a "+" and also in the sandbox. It puts nobody on a list.
func TestTheMailboxSimulator(t *testing.T) {
	r := newRig(t, Options{Suppresses: true})
	r.Set(Sandbox)
	for local, want := range map[string][]string{
		"success": {"Send", "Delivery"}, "bounce": {"Send", "Bounce"}, "ooto": {"Send", "Delivery", "Bounce"}, "complaint": {"Send", "Delivery", "Complaint"},
		"suppressionlist": {"Send", "Bounce"}, "success+7": {"Send", "Delivery"}, "nobody": {"Send", "Bounce"},
	} {
		for range 2 { // the second mail would be suppressed
			if got := r.accepted(t, bulk(local+"@Simulator.amazonses.com")); got != 1 {
				t.Errorf("%s is not accepted", local)
			}
			_, events := r.taken()
			if !slices.Equal(kinds(events), want) {
				t.Errorf("%s: %v", local, kinds(events))
			}
			if bounce, ok := events[len(events)-1]["bounce"].(map[string]any); ok && bounce["bounceSubType"] == "OnAccountSuppressionList" {
				t.Errorf("%s is on the account's list", local)
			}
		}
	}
}

// F07: a bounce for good and a complaint put an address on the account's suppression list. SES accepts a mail to it and does not send it,
// unless the configuration set overrides the list, as that of this service does.
func TestFault_F07_TheSuppressionList(t *testing.T) {
	for _, suppresses := range []bool{true, false} {
		for fate, listed := range map[Fate]bool{
			Bounces: true, Complains: true, BouncesForNow: false, AnswersByMachine: false, IsRejected: false, IsDelayed: false, IsNotRendered: false, Delivers: false,
		} {
			r := newRig(t, Options{Suppresses: suppresses})
			r.SetFate("anna@example.org", fate)
			r.accepted(t, bulk("anna@example.org"))
			r.taken()
			r.SetFate("anna@example.org", Delivers)
			if got := r.accepted(t, bulk("ANNA@example.org")); got != 1 {
				t.Fatalf("%s: SES accepts a suppressed address too", fate)
			}
			_, events := r.taken()
			want := []string{"Send", "Delivery"}
			if suppresses && listed {
				want = []string{"Send", "Bounce"}
			}
			if !slices.Equal(kinds(events), want) {
				t.Errorf("in force %v, after %s: %v", suppresses, fate, kinds(events))
			}
		}
		r := newRig(t, Options{Suppresses: suppresses})
		r.Suppress("Ben@example.org")
		_, _ = r.client.SendEmail(t.Context(), single("ben@example.org"))
		if _, events := r.taken(); (kinds(events)[1] == "Bounce") != suppresses {
			t.Errorf("in force %v, listed by hand: %v", suppresses, kinds(events))
		}
	}
}

// SES accepts a template that it cannot render, and says so later. Only a bulk mail is a template.
func TestATemplateIsNotRendered(t *testing.T) {
	r := newRig(t, Options{})
	for _, change := range []func(*string, *string, *string){
		func(subject, _, _ *string) { *subject = "{{x}}" }, func(_, text, _ *string) { *text = "a {{{x}}}" }, func(_, _, html *string) { *html = "<p>{{" },
	} {
		m := bulk(crowd(2)...)
		content := m.DefaultContent.Template.TemplateContent
		change(content.Subject, content.Text, content.Html)
		if got := r.accepted(t, m); got != 2 {
			t.Errorf("%d are accepted", got)
		}
		if _, events := r.taken(); !slices.Equal(kinds(events), []string{"Send", "Rendering Failure", "Send", "Rendering Failure"}) {
			t.Errorf("%v", kinds(events))
		}
	}
	m := single("anna@example.org")
	*m.Content.Simple.Subject.Data = "{{x}}"
	_, _ = r.client.SendEmail(t.Context(), m)
	if mails, events := r.taken(); len(mails) != 1 || mails[0].Subject != "{{x}}" || !slices.Equal(kinds(events), []string{"Send", "Delivery"}) {
		t.Errorf("a simple mail: %v", kinds(events))
	}
}
