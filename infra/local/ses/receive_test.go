package ses

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// post is a stand-in that receives mails, with what it stored and published.
type post struct {
	Receiving
	stored  map[string]string
	notices []receivedNotice
	fails   error
}

func newPost(t *testing.T) *post {
	t.Helper()
	box, err := OpenMailbox(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := &post{stored: map[string]string{}}
	p.Receiving = Receiving{
		Address: "privacy@mail.example.com", Privacy: "privacy@example.com", Bucket: "mails", Prefix: "mail/", Topic: "Notices", Box: box, Inbox: "/_local",
		Now: func() time.Time { return noon },
		Store: func(key string, message []byte) error {
			p.stored[key] = string(message)
			return p.fails
		},
		Notify: func(text []byte) error {
			if _, there := p.stored["mail/"+id(t, text)]; !there {
				t.Error("the topic learnt of a mail before the bucket had it")
			}
			var n receivedNotice
			if err := json.Unmarshal(text, &n); err != nil {
				t.Error(err)
			}
			p.notices = append(p.notices, n)
			return nil
		},
	}
	return p
}

// id returns the id of the mail in a notice.
func id(t *testing.T, notice []byte) string {
	t.Helper()
	var n struct{ Mail struct{ MessageID string } }
	if err := json.Unmarshal(notice, &n); err != nil {
		t.Fatal(err)
	}
	return n.Mail.MessageID
}

// send posts a body to the route.
func (p *post) send(query, kind, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/_local/mail/inbound"+query, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

const plain = "From: Ada Byron <ada@example.org>\r\nTo: privacy@example.com\r\nSubject: =?utf-8?q?=C3=84nderung?=\r\nDate: Sat, 28 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@example.org>\r\nX-Long: a\r\n b\r\n\r\nHello\r\n"

// A message is stored as SES stores it, and the topic learns of it in SES's words.
func TestAMailIsTakenAsBySES(t *testing.T) {
	p := newPost(t)
	answer := p.send("", "message/rfc822", plain)
	var said struct{ ID string }
	if err := json.Unmarshal(answer.Body.Bytes(), &said); err != nil || answer.Code != http.StatusAccepted || len(said.ID) != 40 || len(p.notices) != 1 {
		t.Fatal(answer.Code, answer.Body, err)
	}
	stored := p.stored["mail/"+said.ID]
	if !strings.HasPrefix(stored, "Return-Path: <ada@example.org>\r\n") || !strings.HasSuffix(stored, plain) {
		t.Errorf("stored %q", stored)
	}
	read, err := mail.ReadMessage(strings.NewReader(stored))
	if err != nil || read.Header.Get("X-SES-Spam-Verdict") != "PASS" || !strings.Contains(read.Header.Get("Received"), said.ID) {
		t.Errorf("%v, %v", read, err)
	}
	n := p.notices[0]
	action := receiptAction{"S3", "arn:aws:sns:eu-west-2:000000000000:Notices", "mails", "mail/", "mail/" + said.ID}
	if n.NotificationType != "Received" || n.Receipt.Action != action || !slices.Equal(n.Receipt.Recipients, []string{p.Address}) || n.Mail.Source != "ada@example.org" || !n.Mail.Timestamp.Equal(noon) {
		t.Errorf("%+v", n)
	}
	common := n.Mail.CommonHeaders
	if common.Subject != "Änderung" || common.MessageID != "<1@example.org>" || common.From[0] != "Ada Byron <ada@example.org>" || common.ReturnPath != "ada@example.org" {
		t.Errorf("%+v", common)
	}
	if !slices.Contains(n.Mail.Headers, nameValue{"X-Long", "a b"}) || n.Mail.HeadersTruncated {
		t.Errorf("%+v", n.Mail.Headers)
	}
}

// Verdicts and the sender of the envelope are set by the query. Anything else is refused by its name.
func TestTheQuerySaysHowSESJudgesAMail(t *testing.T) {
	p := newPost(t)
	if answer := p.send("?spf=FAIL&dkim=GRAY&dmarc=FAIL&spam=PROCESSING_FAILED&virus=PASS&source=", "message/rfc822", plain); answer.Code != http.StatusAccepted {
		t.Fatal(answer.Code, answer.Body)
	}
	r, m := p.notices[0].Receipt, p.notices[0].Mail
	if have := []string{r.SPF.Status, r.DKIM.Status, r.DMARC.Status, r.Spam.Status, r.Virus.Status, r.DMARCPolicy, m.Source}; !slices.Equal(have, []string{"FAIL", "GRAY", "FAIL", "PROCESSING_FAILED", "PASS", "none", ""}) {
		t.Errorf("%q", have)
	}
	if stored := p.stored[r.Action.ObjectKey]; !strings.HasPrefix(stored, "Return-Path: <>\r\n") {
		t.Errorf("a bounce is stored as %q", stored)
	}
	p.send("?source=bounces%40lists.example.net", "message/rfc822", plain)
	if n := p.notices[1]; n.Mail.Source != "bounces@lists.example.net" {
		t.Errorf("%+v", n.Mail)
	}
	for query, named := range map[string]string{
		"?spf=pass": `spf is "pass"`, "?dkim=": `dkim is ""`, "?virus=NO&spf=PASS": `virus is "NO"`, "?source=x": `source is "x"`, "?source=a%40b.example%0d%0aBcc:c%40d.example": "source", "?spff=PASS": `"spff" is none of`,
	} {
		if answer := p.send(query, "message/rfc822", plain); answer.Code != http.StatusBadRequest || !strings.Contains(answer.Body.String(), named) {
			t.Errorf("%s: %d %s", query, answer.Code, answer.Body)
		}
	}
	if len(p.notices) != 2 {
		t.Errorf("%d mails were taken", len(p.notices))
	}
}

// Whatever a mail looks like, SES takes it and the notice is one that SNS publishes: no control characters, and few headers.
func TestBrokenMailsAreTaken(t *testing.T) {
	p := newPost(t)
	for name, message := range map[string]string{
		"empty": "", "no header": "hello", "only a header": "From: ada@example.org", "no address": "From: nobody\r\n\r\nx", "control characters": "Subject: a\x00b\x07\ufffe\r\n\r\nx",
		"no UTF-8": "Subject: \xff\xfe\r\n\r\nx", "folded first": " a\r\nb\r\n\r\nx", "a Unix file": "From: a@example.org\nSubject: b\n\nc\n", "long": "X: " + strings.Repeat("x", 300<<10) + "\r\nSubject: y\r\n\r\nz",
	} {
		before := len(p.notices)
		answer := p.send("", "message/rfc822", message)
		if answer.Code != http.StatusAccepted || len(p.notices) != before+1 {
			t.Errorf("%s: %d %s", name, answer.Code, answer.Body)
			continue
		}
		n := p.notices[before]
		if text, _ := json.Marshal(n); len(text) > 32<<10 || bytes.Contains(text, []byte(`\u0000`)) || bytes.Contains(text, []byte("\ufffe")) {
			t.Errorf("%s: the notice is %.200s", name, text)
		}
		if n.Mail.HeadersTruncated != (name == "long") {
			t.Errorf("%s: headers truncated: %t", name, n.Mail.HeadersTruncated)
		}
		if stored := p.stored[n.Receipt.Action.ObjectKey]; name == "a Unix file" && !strings.HasSuffix(stored, "From: a@example.org\r\nSubject: b\r\n\r\nc\r\n") {
			t.Errorf("stored %q", stored)
		}
	}
}

// SES takes 40 MB. What is no message is refused, and what cannot be stored is said.
func TestWhatIsNotTaken(t *testing.T) {
	p := newPost(t)
	whole := strings.Repeat("x", longestMessage)
	if answer := p.send("", "application/octet-stream", whole); answer.Code != http.StatusAccepted {
		t.Errorf("40 MB: %d", answer.Code)
	}
	for name, c := range map[string]struct {
		kind, body string
		want       int
	}{
		"too long":            {"message/rfc822", whole + "x", http.StatusRequestEntityTooLarge},
		"a form with files":   {"multipart/form-data; boundary=x", "--x--", http.StatusUnsupportedMediaType},
		"curl's own type":     {formType, "From: ada@example.org\n\nhello", http.StatusBadRequest},
		"a form that is long": {formType, "from=ada%40example.org&text=" + strings.Repeat("x", longestForm), http.StatusBadRequest},
	} {
		if answer := p.send("", c.kind, c.body); answer.Code != c.want || len(p.notices) != 1 {
			t.Errorf("%s: %d %s", name, answer.Code, answer.Body)
		}
	}
	p.fails = errors.New("full")
	if answer := p.send("", "message/rfc822", plain); answer.Code != http.StatusInternalServerError || len(p.notices) != 1 {
		t.Errorf("a bucket that fails: %d", answer.Code)
	}
	if answer := p.send("", formType, "from=ada%40example.org&text=x"); answer.Code != http.StatusInternalServerError || len(p.notices) != 1 {
		t.Errorf("a bucket that fails: %d", answer.Code)
	}
}

// typed posts the form, and returns the message that was stored.
func (p *post) typed(t *testing.T, values url.Values) (*mail.Message, string) {
	t.Helper()
	answer := p.send("", formType, values.Encode())
	if answer.Code != http.StatusSeeOther || !strings.HasPrefix(answer.Header().Get("Location"), "/_local/mail?sent=") {
		t.Fatalf("%d %s", answer.Code, answer.Header())
	}
	stored := p.stored[p.notices[len(p.notices)-1].Receipt.Action.ObjectKey]
	m, err := mail.ReadMessage(strings.NewReader(stored))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(stored) {
		if !strings.HasSuffix(line, "\r\n") || len(line) > 998 {
			t.Errorf("the line %q", line)
		}
	}
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	return m, string(text)
}

// The form writes a message as a mail program does, whatever is typed into it.
func TestTheFormWritesAMail(t *testing.T) {
	p := newPost(t)
	subject, text := strings.Repeat("Löschen Sie „alles“, 全部 ", 4)+"\r\nBcc: x@example.org", "Grüße,\r\n.\r\nFrom Ada = Byron\r\n"+strings.Repeat("lang ", 300)
	m, body := p.typed(t, url.Values{"from": {" ada@example.org "}, "subject": {subject}, "text": {text}})
	decoded, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || decoded != strings.Join(strings.Fields(subject), " ") || m.Header.Get("Bcc") != "" {
		t.Errorf("the subject is %q, %v", decoded, err)
	}
	if strings.TrimRight(body, "\r\n") != strings.TrimRight(text, "\r\n") {
		t.Errorf("the text is %q", body)
	}
	for name, want := range map[string]string{"From": "ada@example.org", "To": "privacy@example.com", "Content-Type": "text/plain; charset=utf-8", "Date": noon.Format(dateLayout), "In-Reply-To": "", "References": ""} {
		if have := m.Header.Get(name); have != want {
			t.Errorf("%s: %q", name, have)
		}
	}
	other, _ := p.typed(t, url.Values{"from": {"ada@example.org"}, "text": {"x"}})
	if one, two := m.Header.Get("Message-Id"), other.Header.Get("Message-Id"); !strings.HasSuffix(one, "@example.org>") || one == two {
		t.Errorf("the ids are %s and %s", one, two)
	}
}

// A reply names the mail and all those before it, so that the service finds what it is about.
func TestAReplyNamesTheMailsBefore(t *testing.T) {
	p := newPost(t)
	for _, m := range []Mail{
		{ID: "a", To: []string{"ada@example.org"}, Subject: "Please confirm", Headers: map[string]string{"references": "<1@x.example> <2@x.example>", "In-Reply-To": "<2@x.example>"}},
		{ID: "b", To: []string{"ada@example.org"}, Subject: "RE: Ändern", Headers: map[string]string{"In-Reply-To": "<3@x.example>"}},
		{ID: "c", To: []string{"ada@example.org"}},
	} {
		if err := p.Box.add(m); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[string][3]string{
		"a": {"Re: Please confirm", "<1@x.example> <2@x.example> <a@eu-west-2.amazonses.com>"},
		"b": {"RE: Ändern", "<3@x.example> <b@eu-west-2.amazonses.com>"},
		"c": {"Re: ", "<c@eu-west-2.amazonses.com>"},
	} {
		found, _ := p.Box.Find(id)
		if l := replying(found); l.From != "ada@example.org" || l.Subject != want[0] || l.Answers != id {
			t.Errorf("%s: %+v", id, l)
		}
		m, _ := p.typed(t, url.Values{"from": {"ada@example.org"}, "subject": {want[0]}, "text": {"yes"}, "to": {id}})
		if have := m.Header.Get("References"); have != want[1] || m.Header.Get("In-Reply-To") != found.MessageID() {
			t.Errorf("%s: In-Reply-To: %s, References: %s", id, m.Header.Get("In-Reply-To"), have)
		}
	}
}

// A form with a mistake comes back with what was typed, and says what is wrong.
func TestTheFormSaysWhatIsWrong(t *testing.T) {
	p := newPost(t)
	for _, c := range []struct {
		values url.Values
		want   string
	}{
		{url.Values{"from": {"ada"}, "text": {"kept <b>"}}, "Enter your email address"},
		{url.Values{"from": {"ada@example.org"}, "text": {"kept <b>"}, "to": {"gone"}}, "no longer in the inbox"},
		{url.Values{"from": {"ada@example.org"}, "text": {"kept <b>"}, "subject": {strings.Repeat("x", longestSubject+1)}}, "more than 200 characters"},
		{url.Values{"from": {"ada@example.org"}, "text": {"  "}}, "Write a few words"},
	} {
		answer := p.send("", formType, c.values.Encode())
		body := answer.Body.String()
		if answer.Code != http.StatusUnprocessableEntity || !strings.Contains(body, c.want) || !strings.Contains(body, `id="write" open`) {
			t.Errorf("%v: %d %.300s", c.values, answer.Code, body)
		}
		if text := c.values.Get("text"); strings.TrimSpace(text) != "" && !strings.Contains(body, "kept &lt;b&gt;") {
			t.Errorf("%v: what was typed is gone", c.values)
		}
	}
	if len(p.notices) != 0 {
		t.Errorf("%d mails were taken", len(p.notices))
	}
}
