package letters_test

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http/httptest"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// arrived sends a letter through SES's stand-in and returns it as the recipient's server receives it.
func arrived(t *testing.T, letter notice.Letter) *netmail.Message {
	t.Helper()
	box, err := ses.OpenMailbox(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(ses.Handler(box, "privacy@example.com", time.Now))
	t.Cleanup(func() { server.Close(); _ = box.Close() })
	for name, value := range map[string]string{"AWS_REGION": engine.Region, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL_SESV2": server.URL} {
		t.Setenv(name, value)
	}
	sender := mail.Open("privacy@example.com", "mails", metric.Meter{Out: io.Discard, Stack: "test", Now: time.Now})
	bulk := mail.BulkMessage{Subject: letter.Subject, Text: letter.Text, HTML: letter.HTML, Kind: feedback.Notice, About: "2031-04-05"}
	answers, err := sender.Bulk(t.Context(), bulk, []feedback.Recipient{{Address: "anna@example.org", Part: "1-0"}})
	if err != nil || answers[0].Verdict != feedback.Accepted {
		t.Fatal(answers, err)
	}
	eml, err := box.All()[0].EML()
	if err != nil {
		t.Fatal(err)
	}
	message, err := netmail.ReadMessage(bytes.NewReader(eml))
	if err != nil {
		t.Fatal(err)
	}
	return message
}

// The notice as it arrives: two parts, both as they were written, headers of a machine's mail, and nothing of a list or of advertising.
func TestPromise_K02_NoticeArrivesAsALegalNotice(t *testing.T) {
	letter, err := letters.Notice(origin, policy.Newest())
	if err != nil {
		t.Fatal(err)
	}
	message := arrived(t, letter)
	var names []string
	for name := range message.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	if got := strings.Join(names, " "); got != "Auto-Submitted Content-Type Date From Message-Id Mime-Version Subject To" {
		t.Errorf("the headers are %s", got)
	}
	if message.Header.Get("Auto-Submitted") != "auto-generated" || message.Header.Get("Subject") != letter.Subject {
		t.Errorf("the headers are %v", message.Header)
	}
	_, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(message.Body, parameters["boundary"])
	for _, want := range [][2]string{{"text/plain", letter.Text}, {"text/html", letter.HTML}} {
		part, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(part)
		if err != nil || !strings.HasPrefix(part.Header.Get("Content-Type"), want[0]) || strings.ReplaceAll(string(text), "\r\n", "\n") != want[1] {
			t.Errorf("the part %s is not what was written: %v", part.Header.Get("Content-Type"), err)
		}
	}
}
