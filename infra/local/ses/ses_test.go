package ses

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
)

func text(s string) *types.Content { return &types.Content{Data: aws.String(s)} }

func client(t *testing.T, box *Mailbox) *sesv2.Client {
	t.Helper()
	server := httptest.NewServer(Handler(box, "privacy@example.com", time.Now))
	t.Cleanup(server.Close)
	return connect(t, server.URL)
}

func message(from string, to ...string) *sesv2.SendEmailInput {
	return &sesv2.SendEmailInput{
		FromEmailAddress: aws.String(from), Destination: &types.Destination{ToAddresses: to},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: text("Grüße"), Body: &types.Body{Text: text("plain"), Html: text("<p>rich<script>alert(1)</script>")},
			Headers: []types.MessageHeader{{Name: aws.String("Auto-Submitted"), Value: aws.String("auto-generated")}},
		}},
	}
}

func TestMailIsKeptAndShown(t *testing.T) {
	dir := t.TempDir()
	box, err := OpenMailbox(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, box)
	for _, to := range []string{"one@example.com", "Two <two@example.com>"} {
		if _, err := c.SendEmail(t.Context(), message("HelpDesk <privacy@example.com>", to)); err != nil {
			t.Fatal(err)
		}
	}
	_ = box.Close()
	if box, err = OpenMailbox(dir); err != nil { // a restart
		t.Fatal(err)
	}
	server := httptest.NewServer(Inbox(box, "/_local"))
	defer server.Close()
	var mails []Mail
	if err := json.Unmarshal([]byte(get(t, server.URL+"/_local/mail.json").body), &mails); err != nil || len(mails) != 2 {
		t.Fatalf("%v, %v", mails, err)
	}
	m := mails[1]
	if m.To[0] != "two@example.com" || m.Subject != "Grüße" || m.Text != "plain" || m.Headers["Auto-Submitted"] != "auto-generated" {
		t.Errorf("mail %+v", m)
	}
	page := get(t, server.URL+"/_local/mail")
	if strings.Count(page.body, "<script") != 1 || !strings.Contains(page.body, `src="/_local/mail/inbox.js"`) || !strings.Contains(page.body, `sandbox="allow-popups`) {
		t.Error("the inbox is not safe")
	}
	framed := get(t, server.URL+"/_local/mail/"+m.ID)
	if !strings.HasPrefix(framed.header.Get("Content-Security-Policy"), "sandbox ") {
		t.Error("a mail may run")
	}
	if get(t, server.URL+"/_local/mail/none").status != 404 {
		t.Error("a mail that is not there")
	}
}

func TestWhatSESRefusesIsRefused(t *testing.T) {
	box, err := OpenMailbox(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, box)
	_, err = c.SendEmail(t.Context(), message("someone@example.com", "one@example.com"))
	var rejected *types.MessageRejected
	if !errors.As(err, &rejected) {
		t.Errorf("a sender that is not verified: %v", err)
	}
	for name, to := range map[string][]string{"none": {}, "no address": {"nobody"}, "too many": make([]string, 51)} {
		var bad *types.BadRequestException
		if _, err := c.SendEmail(t.Context(), message("privacy@example.com", to...)); !errors.As(err, &bad) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(box.All()) != 0 {
		t.Error("refused mail was kept")
	}
}

// T04, T01: the stand-in refuses what SES would send but this service never may. So a function that starts to send it fails its tests.
func TestThreat_T04_NothingIsAttachedOrCopied(t *testing.T) {
	box, err := OpenMailbox(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, box)
	for name, change := range map[string]func(*sesv2.SendEmailInput){
		"an attachment": func(m *sesv2.SendEmailInput) {
			m.Content.Simple.Attachments = []types.Attachment{{FileName: aws.String("export.zip"), RawContent: []byte("PK")}}
		},
		"a raw message": func(m *sesv2.SendEmailInput) {
			m.Content = &types.EmailContent{Raw: &types.RawMessage{Data: []byte("To: x")}}
		},
		"a template": func(m *sesv2.SendEmailInput) {
			m.Content = &types.EmailContent{Template: &types.Template{TemplateName: aws.String("x")}}
		},
		"a copy":          func(m *sesv2.SendEmailInput) { m.Destination.CcAddresses = []string{"two@example.com"} },
		"a hidden copy":   func(m *sesv2.SendEmailInput) { m.Destination.BccAddresses = []string{"two@example.com"} },
		"another reply":   func(m *sesv2.SendEmailInput) { m.ReplyToAddresses = []string{"two@example.com"} },
		"bounces of ours": func(m *sesv2.SendEmailInput) { m.FeedbackForwardingEmailAddress = aws.String("two@example.com") },
		"a tag of another name": func(m *sesv2.SendEmailInput) {
			m.EmailTags = []types.MessageTag{{Name: aws.String("to"), Value: aws.String("anna")}}
		},
		"an address as a tag": func(m *sesv2.SendEmailInput) {
			m.EmailTags = []types.MessageTag{{Name: aws.String("about"), Value: aws.String("anna@example.org")}}
		},
	} {
		m := message("privacy@example.com", "one@example.com")
		change(m)
		var bad *types.BadRequestException
		if _, err := c.SendEmail(t.Context(), m); !errors.As(err, &bad) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(box.All()) != 0 {
		t.Error("refused mail was kept")
	}
}

type page struct {
	status int
	header http.Header
	body   string
}

func get(t *testing.T, url string) page {
	t.Helper()
	response, err := http.Get(url) //nolint:noctx // a test's own server
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, _ := io.ReadAll(response.Body)
	return page{response.StatusCode, response.Header, string(body)}
}
