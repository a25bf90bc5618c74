package mail

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
)

// event is an event as SES publishes it, with the tags of a mail about a request, and details of its type.
func event(kind, details string) string {
	return fmt.Sprintf(`{"eventType":%q,"mail":{"timestamp":"2026-11-28T12:00:00.123Z","source":"privacy@example.com","sourceArn":"arn:aws:ses:eu-west-2:123456789012:identity/example.com",
		"sendingAccountId":"123456789012","messageId":"010e-1","destination":["anna@example.org"],"headersTruncated":false,"headers":[{"name":"To","value":"anna@example.org"}],
		"commonHeaders":{"from":["privacy@example.com"],"to":["anna@example.org"],"messageId":"010e-1","subject":"The answer"},
		"tags":{"ses:configuration-set":["mails"],"ses:source-ip":["192.0.2.1"],"ses:from-domain":["example.com"],"kind":["request"],"about":["019ab2c4"],"part":["export-2"]}}%s}`, kind, details)
}

const later = `"timestamp":"2026-11-28T12:00:05.000+01:00"`

// F24: what each type of event means.
func TestFault_F24_WhatSESReports(t *testing.T) {
	sent, after := time.Date(2026, 11, 28, 12, 0, 0, 123e6, time.UTC), time.Date(2026, 11, 28, 11, 0, 5, 0, time.UTC)
	for name, c := range map[string]struct {
		message string
		want    feedback.Event
	}{
		"sent":      {event("Send", `,"send":{}`), feedback.Event{Outcome: feedback.Sent, At: sent}},
		"delivered": {event("Delivery", `,"delivery":{`+later+`,"processingTimeMillis":5,"recipients":["anna@example.org"],"smtpResponse":"250 ok","reportingMTA":"mta"}`), feedback.Event{Outcome: feedback.Delivered, At: after}},
		"no mailbox": {event("Bounce", `,"bounce":{"bounceType":"Permanent","bounceSubType":"NoEmail","bouncedRecipients":[{"emailAddress":"Anna@example.org","action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550"}],`+later+`}`),
			feedback.Event{Outcome: feedback.Bounced, At: after, Permanent: true, Reason: "no_email", Address: "Anna@example.org"}},
		"suppressed":   {event("Bounce", `,"bounce":{"bounceType":"Permanent","bounceSubType":"OnAccountSuppressionList",`+later+`}`), feedback.Event{Outcome: feedback.Bounced, At: after, Permanent: true, Reason: "on_account_suppression_list"}},
		"full":         {event("Bounce", `,"bounce":{"bounceType":"Transient","bounceSubType":"MailboxFull",`+later+`}`), feedback.Event{Outcome: feedback.Bounced, At: after, Reason: "mailbox_full"}},
		"undetermined": {event("Bounce", `,"bounce":{"bounceType":"Undetermined","bounceSubType":"Undetermined",`+later+`}`), feedback.Event{Outcome: feedback.Bounced, At: after, Reason: "undetermined"}},
		"spam": {event("Complaint", `,"complaint":{"complainedRecipients":[{"emailAddress":"anna@example.org"}],"complaintFeedbackType":"abuse",`+later+`}`),
			feedback.Event{Outcome: feedback.Complained, At: after, Reason: "abuse"}},
		"spam without a type": {event("Complaint", `,"complaint":{"complainedRecipients":[],`+later+`}`), feedback.Event{Outcome: feedback.Complained, At: after, Reason: "other"}},
		"virus":               {event("Reject", `,"reject":{"reason":"Bad content"}`), feedback.Event{Outcome: feedback.Rejected, At: sent, Reason: "bad_content"}},
		"template":            {event("Rendering Failure", `,"failure":{"errorMessage":"anna is missing","templateName":"t"}`), feedback.Event{Outcome: feedback.NotRendered, At: sent, Reason: "not_rendered"}},
		"delayed":             {event("DeliveryDelay", `,"deliveryDelay":{"delayType":"TransientCommunicationFailure",`+later+`}`), feedback.Event{Outcome: feedback.Delayed, At: after, Reason: "transient_communication_failure"}},
		"a strange reason":    {event("Bounce", `,"bounce":{"bounceType":"Permanent","bounceSubType":"anna@example.org is gone",`+later+`}`), feedback.Event{Outcome: feedback.Bounced, At: after, Permanent: true, Reason: "other"}},
	} {
		c.want.Mail, c.want.MessageID = feedback.Mail{Kind: feedback.Request, About: "019ab2c4", Part: "export-2"}, "010e-1"
		if c.want.Address == "" {
			c.want.Address = "anna@example.org"
		}
		if got, err := ParseEvent([]byte(c.message)); err != nil || got != c.want {
			t.Errorf("%s: %v\n%+v, want\n%+v", name, err, got, c.want)
		}
	}
}

// F24: nothing follows from these, so they must not fail: a failure would come again and end among the dead letters.
func TestFault_F24_WhatIsIgnored(t *testing.T) {
	bounce := event("Bounce", `,"bounce":{"bounceType":"Permanent","bounceSubType":"General",`+later+`}`)
	for name, message := range map[string]string{
		"SES tries the topic":      validation + "\n",
		"an opened mail":           event("Open", `,"open":{}`),
		"a type of the future":     event("Subscription", ""),
		"not spam after all":       event("Complaint", `,"complaint":{"complaintFeedbackType":"not-spam",`+later+`}`),
		"a mail without tags":      `{"eventType":"Bounce","mail":{"messageId":"1"}}`,
		"a mail of another sender": strings.Replace(bounce, `"kind":["request"]`, `"kind":["newsletter"]`, 1),
		"half of the tags":         strings.Replace(bounce, `"about":["019ab2c4"],`, "", 1),
		"a tag twice":              strings.Replace(bounce, `"part":["export-2"]`, `"part":["export-2","export-3"]`, 1),
		"a tag that SES refuses":   strings.Replace(bounce, `"about":["019ab2c4"]`, `"about":["anna@example.org"]`, 1),
		"a tag without end":        strings.Replace(bounce, `"about":["019ab2c4"]`, `"about":["`+strings.Repeat("a", 250_000)+`"]`, 1),
		"an empty tag":             strings.Replace(bounce, `"about":["019ab2c4"]`, `"about":[""]`, 1),
	} {
		if _, err := ParseEvent([]byte(message)); !errors.Is(err, ErrIgnored) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// F19: a message that cannot be read fails, and no error repeats anything of it.
func TestFault_F19_WhatCannotBeRead(t *testing.T) {
	bounce := event("Bounce", `,"bounce":{"bounceType":"Permanent","bounceSubType":"General",`+later+`}`)
	for name, message := range map[string]string{
		"nothing": "", "text": "anna@example.org", "a number": "1", "a list": `["anna@example.org"]`, "null": "null", "an empty object": "{}", "cut off": bounce[:len(bounce)/2],
		"an envelope of SNS": `{"Type":"Notification","TopicArn":"arn:aws:sns:eu-west-2:1:other","Message":"{}"}`, "another service": `{"Service":"Amazon S3","Event":"s3:TestEvent"}`,
		"SES's older shape":   `{"notificationType":"Bounce","bounce":{"bouncedRecipients":[{"emailAddress":"anna@example.org"}]},"mail":{"destination":["anna@example.org"]}}`,
		"a type that is none": `{"eventType":["anna@example.org"]}`, "a time that is none": strings.ReplaceAll(bounce, "2026-11-28T12:00:05.000+01:00", "anna@example.org"),
		"no message id": strings.Replace(bounce, `"messageId":"010e-1","destination"`, `"destination"`, 1), "no time": strings.Replace(bounce, ","+later, "", 1),
	} {
		_, err := ParseEvent([]byte(message))
		if err == nil || errors.Is(err, ErrIgnored) || strings.Contains(err.Error(), "anna") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add([]byte(event("Bounce", `,"bounce":{"bounceType":"Permanent","bounceSubType":"NoEmail",`+later+`}`)))
	f.Add([]byte(validation))
	f.Fuzz(func(t *testing.T, message []byte) {
		e, err := ParseEvent(message)
		if err == nil && (e.MessageID == "" || e.About == "" || e.Part == "" || e.At.IsZero() || e.Outcome == "" || len(e.Reason) > 60 || len(e.About) > 256 || len(e.Part) > 256 || strings.Contains(e.About+e.Part, "@") || !json.Valid(message)) {
			t.Errorf("%+v", e)
		}
	})
}

// F24: SES's words become words of our own. A text that is none of its words could repeat what a person wrote, so it is not kept.
func TestFault_F24_WordsOfSES(t *testing.T) {
	for said, want := range map[string]string{
		"General": "general", "NoEmail": "no_email", "MailboxFull": "mailbox_full", "OnAccountSuppressionList": "on_account_suppression_list",
		"not-spam": "not_spam", "Bad content": "bad_content", "IPFailure": "ipfailure", "x": "x", strings.Repeat("a", 40): strings.Repeat("a", 40),
		"": "other", " a": "other", "a ": "other", "a--b": "other", "a_b": "other", "anna@example.org": "other", "b2": "other", "Ä": "other", strings.Repeat("a", 41): "other",
	} {
		if got := word(said); got != want {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
}
