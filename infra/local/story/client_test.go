package story

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// call sends a request and decodes the JSON answer into out, unless that is nil. Any other status than want fails.
func (s *service) call(t *testing.T, want int, method, path string, headers map[string]string, body, out any) http.Header {
	t.Helper()
	var content io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.origin+path, content)
	if err != nil {
		t.Fatal(err)
	}
	if content != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	answer, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != want {
		t.Fatalf("%s %s: %s, want %d: %s", method, path, answer.Status, want, raw)
	}
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, raw)
		}
	}
	return answer.Header
}

// token gets an access token for the scope and returns it as a header.
func (s *service) token(t *testing.T, scope string) map[string]string {
	t.Helper()
	var grant struct {
		Token string `json:"access_token"`
		Type  string `json:"token_type"`
	}
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}
	s.call(t, http.StatusOK, "POST", "/_local/oauth/token", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, form.Encode(), &grant)
	if !strings.EqualFold(grant.Type, "Bearer") {
		t.Fatalf("token type %q", grant.Type)
	}
	return map[string]string{"Authorization": "Bearer " + grant.Token}
}

// line is one answer of POST /v1/records.
type line struct {
	Line    int             `json:"line"`
	Outcome string          `json:"outcome"`
	Error   json.RawMessage `json:"error"`
}

// send sends records as NDJSON.
func (s *service) send(t *testing.T, token map[string]string, lines []string) []line {
	t.Helper()
	var out []line
	headers := map[string]string{"Authorization": token["Authorization"], "Content-Type": "application/x-ndjson"}
	s.call(t, http.StatusOK, "POST", "/v1/records", headers, strings.Join(lines, "\n"), &out)
	if len(out) != len(lines) {
		t.Fatalf("%d answers for %d lines", len(out), len(lines))
	}
	return out
}

// mail is a message in the local inbox.
type mail struct {
	ID      string
	From    string
	To      []string
	Subject string
	Text    string
	HTML    string
	Headers map[string]string
}

func (s *service) mails(t *testing.T, to string) []mail {
	t.Helper()
	var all []mail
	s.call(t, http.StatusOK, "GET", "/_local/mail.json", nil, nil, &all)
	return slices.DeleteFunc(all, func(m mail) bool { return !slices.Contains(m.To, to) })
}

// links returns the links to the path that were mailed to the address, oldest first. Each stands alone on its line.
func (s *service) links(t *testing.T, to, path string) []string {
	t.Helper()
	own := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(s.origin+path) + `\S+$`)
	var found []string
	for _, m := range s.mails(t, to) {
		found = append(found, own.FindAllString(m.Text, -1)...)
	}
	for _, link := range found {
		_, secret := parts(t, link)
		if strings.HasPrefix(path, "/me#") {
			_, secret, _ = strings.Cut(secret, ".") // what stands before the dot is the id of the mailbox
		}
		s.secrets = append(s.secrets, strings.Split(secret, ".")...)
	}
	return found
}

// link waits for the nth mail with a link to the path. nudge, if any, is called while waiting.
func (s *service) link(t *testing.T, nth int, to, path string, nudge func()) string {
	t.Helper()
	var found []string
	wait(t, "a mail with a link to "+path, 90*time.Second, func() bool {
		if found = s.links(t, to, path); len(found) >= nth {
			return true
		}
		if nudge != nil {
			nudge()
		}
		return false
	})
	return found[nth-1]
}

// parts splits a link of a mail into its last path segment and its fragment.
func parts(t *testing.T, link string) (id, secret string) {
	t.Helper()
	address, secret, found := strings.Cut(link, "#")
	if !found || secret == "" {
		t.Fatalf("a link without a secret in its fragment")
	}
	return address[strings.LastIndex(address, "/")+1:], secret
}

// fire runs a schedule now and decodes the function's result.
func (s *service) fire(t *testing.T, schedule string, out any) {
	t.Helper()
	s.call(t, http.StatusOK, "POST", "/_local/schedules/"+schedule, nil, nil, out)
}
