package mail

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
)

// wire stands in for SES and keeps what was sent, as it went over the wire.
type wire struct {
	sent   []map[string]any
	refuse string // the error that is answered instead, by its name
}

func (w *wire) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var m map[string]any
	_ = json.Unmarshal(body, &m)
	w.sent = append(w.sent, m)
	answer.Header().Set("Content-Type", "application/json")
	if w.refuse != "" {
		answer.Header().Set("X-Amzn-Errortype", w.refuse)
		answer.WriteHeader(http.StatusBadRequest)
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
	return Open("privacy@example.com", "mails")
}

// Everything that leaves, member by member: a member more is a mail that says more (threat T04), or to more people (T01).
func TestThreat_T04_AMailIsThisAndNothingElse(t *testing.T) {
	w := &wire{}
	m := Message{To: "Anna@bücher.example", Subject: "Grüße", Text: "plain", HTML: "<p>rich", Unsubscribe: "https://privacy.example.com/v1/unsubscribe/x"}
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
			"Headers": []any{header("Auto-Submitted", "auto-generated"), header("List-Unsubscribe", "<"+m.Unsubscribe+">"),
				header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")},
		}},
	}
	if len(w.sent) != 1 || !reflect.DeepEqual(w.sent[0], want) {
		t.Errorf("sent %v", w.sent)
	}
}

// T15: no control character gets into anything that becomes a header, wherever it stands.
func TestThreat_T15_NoControlCharacterInAHeader(t *testing.T) {
	w := &wire{}
	s := open(t, w)
	good := Message{To: "anna@example.org", Subject: "Your data is ready", Text: "a\r\nb\tc", HTML: "a\nb", Unsubscribe: "https://privacy.example.com/u"}
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
				if err == nil || errors.Is(err, ErrUnmailable) != (name == "To") || strings.Contains(err.Error(), "anna") {
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

// What SES will never take is told apart from what may work later.
func TestUnmailable(t *testing.T) {
	for refuse, want := range map[string]bool{"BadRequestException": true, "MessageRejected": true, "AccountSuspendedException": false, "": false} {
		w := &wire{refuse: refuse}
		err := open(t, w).Send(t.Context(), Message{To: "anna@example.org", Subject: "x"})
		if errors.Is(err, ErrUnmailable) != want || (err == nil) != (refuse == "") {
			t.Errorf("%s: %v", refuse, err)
		}
	}
	w := &wire{}
	s := open(t, w)
	for _, to := range []string{"", "anna", "@example.org", "änna@example.org", "anna@", "anna@-.example"} {
		if err := s.Send(t.Context(), Message{To: to, Subject: "x"}); !errors.Is(err, ErrUnmailable) {
			t.Errorf("%q: %v", to, err)
		}
	}
	if len(w.sent) != 0 {
		t.Errorf("%d were sent", len(w.sent))
	}
}
