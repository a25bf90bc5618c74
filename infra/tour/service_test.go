package tour

import (
	"context"
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

// person is who the tour is about. Nobody: the domain is reserved (RFC 2606).
const person = "ada@example.com"

// service is the running service.
type service struct {
	origin string
	to     string // the address whose mails are read; empty for everybody's
	client http.Client
	old    int // mails that were there before
}

// call sends a request and decodes the JSON answer into out.
func (s *service) call(t *testing.T, method, path, contentType, token, body string, out any) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, s.origin+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s %s: %s %s %v", method, path, answer.Status, text, err)
	}
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
}

// mail is a message in the local inbox.
type mail struct {
	ID      string
	To      []string
	Subject string
	Text    string
}

// mails returns what has come for the address since the tour began.
func (s *service) mails(t *testing.T) []mail {
	t.Helper()
	var all []mail
	s.call(t, "GET", "/_local/mail.json", "", "", "", &all)
	return slices.DeleteFunc(all[min(s.old, len(all)):], func(m mail) bool { return s.to != "" && !slices.Contains(m.To, s.to) })
}

// later leaves out the mails that have come so far.
func (s *service) later(t *testing.T) {
	t.Helper()
	var all []mail
	s.call(t, "GET", "/_local/mail.json", "", "", "", &all)
	s.old = len(all)
}

// writes has the person write to the privacy address.
func (s *service) writes(t *testing.T) {
	t.Helper()
	message := "From: " + person + "\r\nSubject: My data\r\n\r\nHello,\r\n\r\nwould you please send me a copy of my data? I am moving to another provider.\r\n\r\nAda Byron\r\n"
	var taken struct{ ID string }
	s.call(t, "POST", "/_local/mail/inbound", "message/rfc822", "", message, &taken)
}

// erased waits for the mail that ends an erasure, and returns its link to the status of the request.
func (s *service) erased(t *testing.T) string {
	t.Helper()
	own := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(s.origin+"/requests/") + `\S+$`)
	for range 300 {
		for _, m := range s.mails(t) {
			if strings.HasPrefix(m.Subject, "We have deleted your data") {
				return own.FindString(m.Text)
			}
		}
		time.Sleep(time.Second)
	}
	t.Fatal("nothing was erased: run the service with COOLING_OFF=5s")
	return ""
}

// link waits for a mail with a link to the path and returns both.
func (s *service) link(t *testing.T, path string) (link string, m mail) {
	t.Helper()
	return s.newer(t, path, "")
}

// newer waits for a mail with another link to the path than the given one, and returns both.
func (s *service) newer(t *testing.T, path, than string) (link string, m mail) {
	t.Helper()
	own := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(s.origin+path) + `\S+$`)
	for range 300 {
		for _, m := range s.mails(t) {
			if found := own.FindString(m.Text); found != "" && found != than {
				return found, m
			}
		}
		time.Sleep(300 * time.Millisecond)
	}
	t.Fatalf("no mail with a link to %s came", path)
	return "", mail{}
}

// newest returns the name of the newest version of the policy.
func (s *service) newest(t *testing.T) string {
	t.Helper()
	var list []struct{ Version string }
	s.call(t, "GET", "/v1/policy/versions", "", "", "", &list)
	if len(list) == 0 {
		t.Fatal("the service lists no version of the policy")
	}
	return list[0].Version
}

// records sends in what the company's systems know about the person.
func (s *service) records(t *testing.T) {
	t.Helper()
	var grant struct {
		Token string `json:"access_token"`
	}
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"records.write"}}
	s.call(t, "POST", "/_local/oauth/token", "application/x-www-form-urlencoded", "", form.Encode(), &grant)
	ago := func(days int, clock string) string {
		return time.Now().UTC().AddDate(0, 0, -days).Format(time.DateOnly) + "T" + clock + "Z"
	}
	type data = map[string]any
	var lines []string
	add := func(category, id, source, at string, d data) {
		line, err := json.Marshal(data{"category": category, "id": id, "subject": data{"email": person}, "source": source, "occurredAt": at, "data": d})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	add("identity", "self", "direct", ago(420, "09:12:00"), data{"firstName": "Ada", "lastName": "Example", "jobTitle": "Head of Support"})
	add("contact", "primary", "direct", ago(420, "09:12:00"), data{"email": person, "phone": "+44 20 7946 0018", "company": "Example Ltd"})
	add("account", "acct-1", "direct", ago(419, "10:00:00"), data{"username": "ada", "passwordHash": "$2a$12$XNfyZrHqUXm2XmAwn6xATeO107tYPztUJwOlr6Rl1vV.ABMqtDdEO", "status": "active", "contractStartedAt": ago(419, "10:00:00")})
	add("preference", "main", "direct", ago(400, "11:30:00"), data{"supportChannel": "live_chat", "serviceTier": "gold", "language": "en"})
	for i, days := range []int{300, 200, 100} {
		number := []string{"INV-2041", "INV-2187", "INV-2305"}[i]
		add("transaction", number, "automatic", ago(days, "08:00:00"), data{"invoiceNumber": number, "issuedAt": ago(days, "08:00:00"), "currency": "GBP", "amount": "480.00",
			"status": "paid", "description": "Live chat agents, one quarter", "cardLast4": "4242", "lines": []data{{"description": "Agent seats", "quantity": 4, "unitPrice": "120.00"}}})
	}
	add("communication", "chat-1", "direct", ago(12, "14:09:00"), data{"channel": "live_chat", "startedAt": ago(12, "14:03:00"), "endedAt": ago(12, "14:09:00"), "agent": "agent-7", "messages": []data{
		{"at": ago(12, "14:03:00"), "from": "subject", "name": "Ada", "text": "Can I move our seats to the new team?"},
		{"at": ago(12, "14:05:00"), "from": "other", "name": "Grace Sample", "text": "Ada, write to me at grace@example.org, please."},
		{"at": ago(12, "14:08:00"), "from": "agent", "name": "Bo", "text": "Done. Grace Sample sees it from tomorrow on."}}})
	add("security_log", "log-1", "automatic", ago(3, "07:55:00"), data{"at": ago(3, "07:55:00"), "event": "login", "ip": "203.0.113.24", "userAgent": "Mozilla/5.0", "sessionId": "s-1"})
	var answers []struct{ Error any }
	s.call(t, "POST", "/v1/records", "application/x-ndjson", grant.Token, strings.Join(lines, "\n"), &answers)
	for i, a := range answers {
		if a.Error != nil {
			t.Errorf("line %d was refused: %v", i+1, a.Error)
		}
	}
}

// agree states a consent by e-mail address, as a form of the website would.
func (s *service) agree(t *testing.T) {
	t.Helper()
	var policy struct{ Version string }
	s.call(t, "GET", "/v1/policy", "", "", "", &policy)
	var asked struct{ State string }
	s.call(t, "POST", "/v1/consents", "application/json", "", `{"subject":{"email":"`+person+`"},"decisions":{"marketing_email":"granted","testimonials":"granted","analytics_cookies":"denied"},"policyVersion":"`+
		policy.Version+`","language":"en","surface":"form"}`, &asked)
	if asked.State != "confirming" {
		t.Fatalf("the consent is %q", asked.State)
	}
}
