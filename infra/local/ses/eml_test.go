package ses

import (
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/mail"
	"strings"
	"testing"
	"time"
)

// What comes out of the file is what went into the mail, whatever it contains.
func TestAMailIsAFileOfItsOwn(t *testing.T) {
	box, server := serve(t)
	long := strings.Repeat("a long line. ", 200)
	sent := Mail{
		ID: "id-1", At: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), From: "a@example.org", To: []string{"b@example.org", "c@example.org"},
		Subject: "Änderungen – “new”", Text: "Hello,\n\n.\n--\nFrom here = there\n" + long, HTML: "<p>ä = <b>x</b>\t\n" + long,
		Headers: map[string]string{"Auto-Submitted": "auto-generated", "X-Evil": "a\r\nBcc: d@example.org", "References": "<1@example.org>"},
	}
	if err := box.add(sent); err != nil {
		t.Fatal(err)
	}
	answer, err := http.Get(server.URL + "/_local/mail/id-1.eml")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "message/rfc822" {
		t.Fatal(answer.Status, answer.Header)
	}
	got, err := mail.ReadMessage(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
	to, failed := got.Header.AddressList("To")
	at, undated := got.Header.Date()
	if err != nil || failed != nil || undated != nil || subject != sent.Subject || len(to) != 2 || to[1].Address != "c@example.org" || !at.Equal(sent.At) {
		t.Errorf("subject %q, to %v, at %v; %v, %v, %v", subject, to, at, err, failed, undated)
	}
	if id, before := got.Header.Get("Message-ID"), got.Header.Get("References"); id != "<id-1@eu-west-2.amazonses.com>" || before != "<1@example.org>" {
		t.Errorf("the mail is %s, after %s", id, before)
	}
	if got.Header.Get("Bcc") != "" || got.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("the headers are %v", got.Header)
	}
	kind, parameters, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatal(kind, err)
	}
	parts := multipart.NewReader(got.Body, parameters["boundary"])
	for _, want := range [][2]string{{"text/plain; charset=UTF-8", sent.Text}, {"text/html; charset=UTF-8", sent.HTML}} {
		part, err := parts.NextPart() // which undoes the transfer encoding
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(part)
		if err != nil || part.Header.Get("Content-Type") != want[0] || strings.ReplaceAll(string(text), "\r\n", "\n") != want[1] {
			t.Errorf("%s: %q, %v", part.Header.Get("Content-Type"), text, err)
		}
	}
	if _, err := parts.NextPart(); err != io.EOF {
		t.Errorf("a third part, or %v", err)
	}
	if missing, err := http.Get(server.URL + "/_local/mail/id-2.eml"); err != nil || missing.StatusCode != http.StatusNotFound {
		t.Errorf("a mail that nobody sent: %v, %v", missing.Status, err)
	} else {
		_ = missing.Body.Close()
	}
}
