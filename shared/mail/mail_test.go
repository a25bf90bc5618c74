package mail

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // tests provoke refusals, and each would be logged
	os.Exit(m.Run())
}

// about marks the mails of these tests.
var about = feedback.Mail{Kind: feedback.Request, About: "019a6b1e", Part: "export-1"}

// wire stands in for SES and records each request as it was sent.
type wire struct {
	sent   []map[string]any
	refuse []refusal // the errors to answer, one per call
	counts bytes.Buffer
}

// refusal is an error of SES with its status and name. Status 0 closes the connection without an answer.
type refusal struct {
	status int
	kind   string
}

func (w *wire) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var m map[string]any
	_ = json.Unmarshal(body, &m)
	w.sent = append(w.sent, m)
	answer.Header().Set("Content-Type", "application/json")
	if len(w.refuse) > 0 {
		now := w.refuse[0]
		w.refuse = w.refuse[1:]
		if now.status == 0 {
			panic(http.ErrAbortHandler)
		}
		answer.Header().Set("X-Amzn-Errortype", now.kind)
		answer.WriteHeader(now.status)
	}
	_, _ = io.WriteString(answer, "{}")
}

func open(t *testing.T, w *wire) *Sender {
	t.Helper()
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-2", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL_SESV2": server.URL,
	} {
		t.Setenv(name, value)
	}
	return Open("privacy@example.com", "mails", metric.Meter{Out: &w.counts, Stack: "test", Now: time.Now})
}

// The test checks every member that is sent. Another member would reveal more (threat T04), or reveal it to more people (T01).
func TestThreat_T04_AMailIsThisAndNothingElse(t *testing.T) {
	w := &wire{}
	m := Message{To: "Anna@bücher.example", Subject: "Grüße", Text: "plain", HTML: "<p>rich", Unsubscribe: "https://privacy.example.com/v1/unsubscribe/x", Thread: "019a6b1e@privacy.example.com", Mail: about}
	if err := open(t, w).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	text := func(s string) any { return map[string]any{"Charset": "UTF-8", "Data": s} }
	header := func(name, value string) any { return map[string]any{"Name": name, "Value": value} }
	want := map[string]any{
		"FromEmailAddress": "privacy@example.com", "ConfigurationSetName": "mails",
		"Destination": map[string]any{"ToAddresses": []any{"Anna@xn--bcher-kva.example"}},
		"Content": map[string]any{"Simple": map[string]any{
			"Subject": text("Grüße"), "Body": map[string]any{"Text": text("plain"), "Html": text("<p>rich")},
			"Headers": []any{header("Auto-Submitted", "auto-generated"), header("X-Privacy-Service", "1"), header("References", "<019a6b1e@privacy.example.com>"),
				header("List-Unsubscribe", "<"+m.Unsubscribe+">"),
				header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")},
		}},
		"EmailTags": []any{header("kind", "request"), header("about", "019a6b1e"), header("part", "export-1")},
	}
	if len(w.sent) != 1 || !reflect.DeepEqual(w.sent[0], want) {
		t.Errorf("sent %v", w.sent)
	}
}

// T15: a control character reaches no header, wherever it is.
func TestThreat_T15_NoControlCharacterInAHeader(t *testing.T) {
	w := &wire{}
	s := open(t, w)
	good := Message{To: "anna@example.org", Subject: "Your data is ready", Text: "a\r\nb\tc", HTML: "a\nb", Unsubscribe: "https://privacy.example.com/u", Mail: about}
	fields := map[string]func(*Message) *string{
		"To":          func(m *Message) *string { return &m.To },
		"Subject":     func(m *Message) *string { return &m.Subject },
		"Unsubscribe": func(m *Message) *string { return &m.Unsubscribe },
	}
	for code := range rune(0xa0) {
		if code >= 0x20 && code < 0x7f {
			continue
		}
		for name, field := range fields {
			for _, put := range []string{"%" + good.To, good.To + "%", strings.Replace(good.To, "anna", "an%na", 1), strings.Replace(good.To, "org", "o%rg", 1), good.To + "%Bcc: b@example.org"} {
				m := good
				*field(&m) = strings.Replace(put, "%", string(code), 1)
				err := s.Send(t.Context(), m)
				if err == nil || errors.Is(err, subject.ErrUnmailable) != (name == "To") || strings.Contains(err.Error(), "anna") {
					t.Errorf("%U in %s: %v", code, name, err)
				}
			}
		}
	}
	if len(w.sent) != 0 {
		t.Fatalf("%d were sent", len(w.sent))
	}
	if err := s.Send(t.Context(), good); err != nil || len(w.sent) != 1 {
		t.Errorf("the message without them: %v", err)
	}
}

// F23: a mail is given up only because of its address, since any other reason for a refusal can be repaired. The error says whether the
// mail may have left, and each mail that SES did not accept is counted once.
func TestFault_F23_WhatBecomesOfAMail(t *testing.T) {
	var all sync.WaitGroup
	for _, c := range []struct {
		name   string
		refuse []refusal
		want   error
		sent   int
	}{
		{"accepted", nil, nil, 1},
		{"sandbox", []refusal{{400, "MessageRejected"}}, subject.ErrMailRefused, 1},
		{"bad request", []refusal{{400, "BadRequestException"}}, subject.ErrMailRefused, 1},
		{"paused", []refusal{{400, "SendingPausedException"}}, subject.ErrMailRefused, 1},
		{"suspended", []refusal{{400, "AccountSuspendedException"}}, subject.ErrMailRefused, 1},
		{"MAIL FROM", []refusal{{400, "MailFromDomainNotVerifiedException"}}, subject.ErrMailRefused, 1},
		{"over quota", []refusal{{400, "LimitExceededException"}, {400, "LimitExceededException"}, {400, "LimitExceededException"}}, subject.ErrMailRefused, 3},
		{"no configuration set", []refusal{{404, "NotFoundException"}}, subject.ErrMailRefused, 1},
		{"no grant", []refusal{{403, "AccessDeniedException"}}, subject.ErrMailRefused, 1},
		{"throttled", []refusal{{429, "TooManyRequestsException"}, {429, "TooManyRequestsException"}, {429, "TooManyRequestsException"}}, subject.ErrMailRefused, 3},
		{"throttled once", []refusal{{429, "TooManyRequestsException"}}, nil, 2},
		{"failing", []refusal{{500, "InternalFailure"}, {503, ""}, {500, "InternalFailure"}}, subject.ErrMailUncertain, 3},
		{"silent, then paused", []refusal{{}, {400, "SendingPausedException"}}, subject.ErrMailUncertain, 2},
	} {
		w := &wire{refuse: c.refuse}
		s := open(t, w)
		all.Go(func() { // in parallel, since most of the time the SDK waits for its next attempt
			err := s.Send(t.Context(), Message{To: "anna@example.org", Subject: "x", Mail: about})
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || len(w.sent) != c.sent {
				t.Errorf("%s: %v after %d tries", c.name, err, len(w.sent))
			}
			if counted := strings.Count(w.counts.String(), `"MailsNotAccepted":1`); (counted == 1) != (err != nil) {
				t.Errorf("%s: counted %d times", c.name, counted)
			}
		})
	}
	all.Wait()
	w := &wire{}
	for _, to := range []string{"", "anna", "änna@example.org", "anna@-.example"} {
		if err := open(t, w).Send(t.Context(), Message{To: to, Subject: "x"}); !errors.Is(err, subject.ErrUnmailable) {
			t.Errorf("%q: %v", to, err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := open(t, w).Send(gone, Message{To: "anna@example.org", Subject: "x", Mail: about}); !errors.Is(err, subject.ErrMailUncertain) {
		t.Errorf("without time: %v", err)
	}
	if len(w.sent) != 0 {
		t.Errorf("%d were sent", len(w.sent))
	}
}

// The log names the type and the code of SES's error. It names neither the address nor SES's text, which contains the address.
func TestFault_F23_TheLogNamesTheError(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	w := &wire{refuse: []refusal{{400, "MessageRejected"}}}
	_ = open(t, w).Send(t.Context(), Message{To: "anna@example.org", Subject: "x", Mail: about})
	if !strings.Contains(log.String(), "about=019a6b1e") || !strings.Contains(log.String(), "MessageRejected") || strings.Contains(log.String(), "anna") {
		t.Error(log.String())
	}
}

// If SES is silent, Send gives up early enough for the function to store the outcome of the mail.
func TestFault_F23_ASilentSES(t *testing.T) {
	hanging := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hanging }))
	t.Cleanup(func() { close(hanging); server.Close() })
	w := &wire{}
	_ = open(t, w) // sets the environment
	t.Setenv("AWS_ENDPOINT_URL_SESV2", server.URL)
	s := Open("privacy@example.com", "mails", metric.Meter{Out: &w.counts, Stack: "test", Now: time.Now})
	s.patience = 50 * time.Millisecond
	if err := s.Send(t.Context(), Message{To: "anna@example.org", Subject: "x", Mail: about}); !errors.Is(err, subject.ErrMailUncertain) || !strings.Contains(w.counts.String(), "MailsNotAccepted") {
		t.Errorf("%v, counted: %s", err, w.counts.String())
	}
}
