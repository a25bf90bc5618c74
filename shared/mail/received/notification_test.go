package received

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/inbound"
)

// arrived is what SES publishes about a mail, as its documentation shows it.
const arrived = `{"notificationType":"Received","receipt":{"timestamp":"2026-11-29T10:00:00.123Z","processingTimeMillis":321,"recipients":["privacy@mail.example.com"],
"spamVerdict":{"status":"PASS"},"virusVerdict":{"status":"PASS"},"spfVerdict":{"status":"GRAY"},"dkimVerdict":{"status":"FAIL"},"dmarcVerdict":{"status":"PROCESSING_FAILED"},
"action":{"type":"S3","topicArn":"arn:aws:sns:eu-west-2:000000000000:topic","bucketName":"bucket","objectKeyPrefix":"mail/","objectKey":"mail/abc"}},
"mail":{"timestamp":"2026-11-29T10:00:00.000Z","source":"anna@example.org","messageId":"abc","destination":["privacy@mail.example.com"],"headersTruncated":false,"headers":[],"commonHeaders":{}}}`

func TestPromise_H12_ANotificationOfSES(t *testing.T) {
	got, err := ParseNotification([]byte(arrived))
	want := inbound.Arrival{Object: "mail/abc", At: time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC), Verdicts: inbound.Verdicts{Spam: inbound.Pass, Virus: inbound.Pass, SPF: inbound.Gray, DKIM: inbound.Fail}}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for _, source := range []string{`"source":""`, `"source":"<>"`} { // an empty return path (RFC 5321 §6.1)
		if got, err := ParseNotification([]byte(strings.Replace(arrived, `"source":"anna@example.org"`, source, 1))); err != nil || !got.Bounce {
			t.Errorf("%s: %+v, %v", source, got, err)
		}
	}
	if got, err := ParseNotification([]byte(strings.Replace(arrived, `"source":"anna@example.org",`, "", 1))); err != nil || got.Bounce {
		t.Errorf("without a source: %+v, %v", got, err)
	}
}

// A verdict is logged, so it is one of SES's words or nothing (threat T12).
func TestThreat_T12_AVerdictIsAWordOfSES(t *testing.T) {
	got, err := ParseNotification([]byte(strings.Replace(arrived, `"spamVerdict":{"status":"PASS"}`, `"spamVerdict":{"status":"anna@example.org"}`, 1)))
	if err != nil || got.Spam != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

// What is no report about a mail that was stored is ignored if SES sends it by itself, and fails otherwise: then it waits among the dead letters. No error
// repeats what it says (threat T12).
func TestFault_F19_OtherNotifications(t *testing.T) {
	for _, message := range []string{
		"Successfully validated SNS topic for Amazon SES event publishing.", ` Successfully validated SNS topic for receiving.`, `{"notificationType":"AMAZON_SES_SETUP_NOTIFICATION"}`,
		strings.Replace(arrived, `"type":"S3"`, `"type":"Stop"`, 1),
	} {
		if _, err := ParseNotification([]byte(message)); !errors.Is(err, ErrIgnored) {
			t.Errorf("%.60s: %v", message, err)
		}
	}
	for _, message := range []string{
		"", "null", "[]", "{", `"anna@example.org"`, `{"notificationType":"Bounce"}`, strings.Replace(arrived, `"objectKey":"mail/abc"`, `"objectKey":""`, 1),
		strings.Replace(arrived, `"timestamp":"2026-11-29T10:00:00.123Z",`, "", 1), strings.Replace(arrived, "2026-11-29T10:00:00.123Z", "anna@example.org", 1),
	} {
		if _, err := ParseNotification([]byte(message)); err == nil || errors.Is(err, ErrIgnored) || strings.Contains(err.Error(), "anna") {
			t.Errorf("%.60s: %v", message, err)
		}
	}
}
