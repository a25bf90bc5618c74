package ses

import (
	"bytes"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// dateLayout is the form of a date in a mail (RFC 5322).
const dateLayout = "Mon, 02 Jan 2006 15:04:05 -0700"

// longestSubject keeps a subject within one line (RFC 5322).
const longestSubject = 200

// draft is a mail that somebody writes in the form of the inbox.
type draft struct {
	From, Subject, Text string
	Answers             string // the id of the mail in the inbox that it replies to; empty if it replies to none
	To                  string // the subject of that mail, to show

	references []string // what a mail program writes about the mails before: their message ids in angle brackets, the newest last
}

// replying returns what a mail program begins a reply with.
func replying(m Mail) draft {
	l := draft{Subject: m.Subject, Answers: m.ID, To: m.Subject}
	if len(m.To) > 0 {
		l.From = m.To[0]
	}
	if !strings.HasPrefix(strings.ToLower(l.Subject), "re:") {
		l.Subject = "Re: " + l.Subject
	}
	before := m.header("References")
	if before == "" {
		before = m.header("In-Reply-To")
	}
	l.references = append(strings.Fields(before), m.MessageID())
	return l
}

// problem says what is wrong with a draft, or nothing.
func (l draft) problem() string {
	switch _, ok := bare(l.From); {
	case !ok:
		return "Enter your email address, such as ada@example.com."
	case len(l.Subject) > longestSubject:
		return fmt.Sprintf("The subject has more than %d characters.", longestSubject)
	case strings.TrimSpace(l.Subject+l.Text) == "":
		return "Write a few words."
	}
	return ""
}

// message returns the draft as a mail program writes it (RFC 5322, RFC 2045 to 2047).
func (l draft) message(to, id string, at time.Time) ([]byte, error) {
	from, _ := bare(l.From)
	_, domain, _ := strings.Cut(from, "@")
	subject := mime.QEncoding.Encode("utf-8", strings.Join(strings.Fields(l.Subject), " "))
	headers := [][2]string{
		{"From", from}, {"To", to}, {"Subject", strings.ReplaceAll(subject, "?= =?", "?=\r\n =?")}, {"Date", at.UTC().Format(dateLayout)}, {"Message-ID", "<" + id + "@" + domain + ">"},
		{"MIME-Version", "1.0"}, {"Content-Type", "text/plain; charset=utf-8"}, {"Content-Transfer-Encoding", "quoted-printable"},
	}
	if n := len(l.references); n > 0 {
		headers = append(headers, [2]string{"In-Reply-To", l.references[n-1]}, [2]string{"References", strings.Join(l.references, "\r\n ")})
	}
	var b bytes.Buffer
	for _, h := range headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	b.WriteString("\r\n")
	body := quotedprintable.NewWriter(&b)
	if _, err := body.Write([]byte(strings.TrimRight(l.Text, "\r\n") + "\r\n")); err != nil {
		return nil, err
	}
	if err := body.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// form takes what was typed into the form of the inbox. It leads back to the inbox, or shows the form again with what is wrong.
func (o Receiving) form(w http.ResponseWriter, r *http.Request, e envelope) {
	r.Body = http.MaxBytesReader(w, r.Body, longestForm)
	if err := r.ParseForm(); err != nil || !r.PostForm.Has("from") {
		http.Error(w, "this is not the form of the inbox; send a message with the header Content-Type: message/rfc822", http.StatusBadRequest)
		return
	}
	l := draft{Answers: r.PostForm.Get("to")}
	problem := ""
	if m, ok := o.Box.Find(l.Answers); ok {
		l = replying(m)
	} else if l.Answers != "" {
		problem = "The email that you reply to is no longer in the inbox."
		l.Answers = ""
	}
	l.From, l.Subject, l.Text = strings.TrimSpace(r.PostForm.Get("from")), strings.TrimSpace(r.PostForm.Get("subject")), r.PostForm.Get("text")
	if problem == "" {
		problem = l.problem()
	}
	if problem != "" {
		render(w, http.StatusUnprocessableEntity, "inbox.html", view{Prefix: o.Inbox, Write: l, Open: true, Problem: problem}, o.Box.All())
		return
	}
	message, err := l.message(o.Privacy, newReceivedID(), o.Now())
	if err != nil {
		http.Error(w, "the message was not written", http.StatusInternalServerError)
		return
	}
	id, err := o.take(message, e)
	if err != nil {
		http.Error(w, "the message was not kept", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, o.Inbox+"/mail?"+url.Values{"sent": {id}}.Encode()+"#written", http.StatusSeeOther)
}
