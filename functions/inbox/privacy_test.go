package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/mail/received"
)

// canaries stand where a mail says who wrote it, and what.
var canaries = []string{"canaryfrom", "canaryname", "canarysubject", "canarytext", "canaryfile", "canaryreply", "canaryid"}

const canaryMail = "From: Canaryname <canaryfrom@example.org>\r\nReply-To: canaryreply@example.org\r\nMessage-ID: <canaryid@example.org>\r\nReferences: <canaryid@privacy.example.com>\r\nSubject: Canarysubject\r\n" +
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nCanarytext\r\n--b\r\nContent-Type: application/pdf; name=\"Canaryfile.pdf\"\r\nContent-Disposition: attachment; filename=\"Canaryfile.pdf\"\r\n\r\nx\r\n--b--\r\n"

// T12: the log of this function has nothing of a mail, whatever becomes of it, and no key of the tables has. What is stored of it is the text alone: neither
// the names of its files, nor who else it names.
func TestThreat_T12_NoMailInTheLog(t *testing.T) {
	s := servicetest.New(t)
	s.Inbox.Read = received.Read
	h := handler{receiver: s.Inbox, now: s.Clock.Now}
	logged.Reset()
	failing := errors.New("about canaryfrom@example.org: canarytext")
	for i, raw := range []string{canaryMail, canaryMail, "Auto-Submitted: auto-replied\r\n" + canaryMail, strings.Replace(canaryMail, "canaryfrom@example.org", "canaryfrom, canaryfrom@example.org", 1), canaryMail, canaryMail} {
		key := fmt.Sprint("object-", i)
		s.Arrived.Put(key, []byte(raw))
		body := strings.ReplaceAll(report(key), "anna@example.org", "canaryfrom@example.org")
		switch i {
		case 3:
			body = strings.ReplaceAll(body, `"dmarcVerdict":{"status":"PASS"}`, `"dmarcVerdict":{"status":"FAIL"}`)
		case 4:
			s.Arrived.Fails = func(string) error { return failing }
		case 5:
			s.Arrived.Fails = nil
			body = strings.ReplaceAll(body, `"spamVerdict":{"status":"PASS"}`, `"spamVerdict":{"status":"FAIL"}`)
		}
		answer, err := h.handle(t.Context(), batch(body))
		if err != nil || len(answer.BatchItemFailures) != map[int]int{4: 1}[i] {
			t.Errorf("mail %d: %+v, %v", i, answer, err)
		}
	}
	for _, canary := range append(canaries, "example.org", "canary") {
		if strings.Contains(strings.ToLower(logged.String()), canary) {
			t.Errorf("the log has %q: %s", canary, logged.String())
		}
	}
	for _, outcome := range []string{`"outcome":"taken"`, `"outcome":"automatic"`, `"outcome":"harmful"`, "was not taken in"} {
		if !strings.Contains(logged.String(), outcome) {
			t.Errorf("the log has no %s: %s", outcome, logged.String())
		}
	}
	items := s.Scan("RequestsTable")
	if len(items) != 3 {
		t.Errorf("%d items", len(items))
	}
	for _, item := range items {
		for name, value := range item {
			text := strings.ToLower(fmt.Sprint(name, flat(value)))
			for _, canary := range canaries {
				kept := name == "messages" && (canary == "canarysubject" || canary == "canarytext") || name == "email" && canary == "canaryfrom"
				if strings.Contains(text, canary) && !kept {
					t.Errorf("%s has %q", name, canary)
				}
			}
		}
	}
}

// flat writes a stored value out.
func flat(value types.AttributeValue) string {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberL:
		var all string
		for _, one := range v.Value {
			all += " " + flat(one)
		}
		return all
	case *types.AttributeValueMemberM:
		var all string
		for name, one := range v.Value {
			all += " " + name + " " + flat(one)
		}
		return all
	}
	return ""
}
