package letters_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
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
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// arrived returns a mail as the recipient's server receives it, after it went through SES's stand-in.
func arrived(t *testing.T, send func(*mail.Sender) error) *netmail.Message {
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
	if err := send(mail.Open("privacy@example.com", "mails", metric.Meter{Out: io.Discard, Stack: "test", Now: time.Now})); err != nil {
		t.Fatal(err)
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

// headers returns the names of a mail's headers.
func headers(m *netmail.Message) string {
	return strings.Join(slices.Sorted(maps.Keys(m.Header)), " ")
}

// holdsBoth checks that a mail consists of two parts, both as they were written.
func holdsBoth(t *testing.T, m *netmail.Message, text, html string) {
	t.Helper()
	_, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(m.Body, parameters["boundary"])
	for _, want := range [][2]string{{"text/plain", text}, {"text/html", html}} {
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

// The notice as it arrives: two parts, both as they were written, headers of a machine's mail, and nothing of a list or of advertising.
func TestPromise_K02_NoticeArrivesAsALegalNotice(t *testing.T) {
	letter, err := letters.Notice(origin, policy.Newest())
	if err != nil {
		t.Fatal(err)
	}
	message := arrived(t, func(s *mail.Sender) error {
		bulk := mail.BulkMessage{Subject: letter.Subject, Text: letter.Text, HTML: letter.HTML, Kind: feedback.Notice, About: "2031-04-05"}
		answers, err := s.Bulk(t.Context(), bulk, []feedback.Recipient{{Address: "anna@example.org", Part: "1-0"}})
		if err == nil && answers[0].Verdict != feedback.Accepted {
			err = fmt.Errorf("%+v", answers)
		}
		return err
	})
	if got := headers(message); got != plainHeaders {
		t.Errorf("the headers are %s", got)
	}
	if message.Header.Get("Auto-Submitted") != "auto-generated" || message.Header.Get("Subject") != letter.Subject {
		t.Errorf("the headers are %v", message.Header)
	}
	holdsBoth(t, message, letter.Text, letter.HTML)
}

const plainHeaders = "Auto-Submitted Content-Type Date From Message-Id Mime-Version Subject To X-Privacy-Service"

// aboutRequest are those of a mail about a request: an answer to it leads back to the request.
const aboutRequest = "Auto-Submitted Content-Type Date From Message-Id Mime-Version References Subject To X-Privacy-Service"

// C03: every mail about a mailbox arrives as it was written. One of them about a consent has the headers of one click, the others none.
func TestPromise_C03_MailsAboutAMailboxArriveAsWritten(t *testing.T) {
	for _, name := range mailboxNames() {
		m := mailboxMails(t, small())[name]
		message := arrived(t, func(s *mail.Sender) error { return s.Send(t.Context(), m) })
		want := plainHeaders
		if m.Unsubscribe != "" {
			want = strings.Replace(want, "Message-Id", "List-Unsubscribe List-Unsubscribe-Post Message-Id", 1)
			if message.Header.Get("List-Unsubscribe") != "<"+oneStop+">" || message.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
				t.Errorf("%s: the headers are %v", name, message.Header)
			}
		}
		if got := headers(message); got != want || message.Header.Get("Subject") != m.Subject {
			t.Errorf("%s: the headers are %s", name, got)
		}
		holdsBoth(t, message, m.Text, m.HTML)
	}
}
