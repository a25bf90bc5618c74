package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
)

// T09, T21: one client can file 60 times a minute, no matter which forwarding headers it sends. Other clients and the next minute are not
// affected.
func TestThreat_T09_SixtyAMinutePerClient(t *testing.T) {
	s := newRig(t)
	codes := map[int]int{}
	for i := range 70 {
		w := s.send("POST", "/v1/requests", filing(fmt.Sprintf("a%d@example.org", i)), "192.0.2.1",
			"X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i), "Forwarded", fmt.Sprintf("for=198.51.100.%d", i), "X-Real-Ip", fmt.Sprintf("198.51.100.%d", i))
		codes[w.Code]++
		if w.Code == http.StatusTooManyRequests && w.Header().Get("Retry-After") == "" {
			t.Error("a 429 does not say when to try again")
		}
		if w.Code == http.StatusTooManyRequests && !strings.Contains(w.Body.String(), "from this network") { // "address" would mean an e-mail address here
			t.Errorf("a 429 does not say what is limited: %s", w.Body)
		}
	}
	if codes[http.StatusAccepted] != 60 || codes[http.StatusTooManyRequests] != 10 {
		t.Errorf("answers %v", codes)
	}
	if w := s.send("POST", "/v1/requests", filing("b@example.org"), "192.0.2.2"); w.Code != http.StatusAccepted {
		t.Errorf("another client: %d", w.Code)
	}
	s.Clock.Advance(time.Minute)
	if w := s.send("POST", "/v1/requests", filing("b@example.org"), "192.0.2.1"); w.Code != http.StatusAccepted {
		t.Errorf("a minute later: %d", w.Code)
	}
}

// T09, T32: 100 filings for one address (1,000 in a full run) lead to three mails a day and six lines, no matter the spelling and the client. Another
// address gets its mail as usual.
func TestThreat_T09_AThousandFilings(t *testing.T) {
	filings := soak.Pick(100, 1000)
	s := newRig(t)
	spellings := []string{"victim@example.org", "Victim@example.org", "VICTIM@EXAMPLE.ORG", "victim@Example.Org"}
	for i := range filings {
		body := fmt.Sprintf(`{"right":"access","email":%q,"details":"canary %d"}`, spellings[i%len(spellings)], i)
		w := s.send("POST", "/v1/requests", body, fmt.Sprintf("192.0.2.%d", i/50))
		if w.Code != http.StatusAccepted {
			t.Fatalf("filing %d: %d", i, w.Code)
		}
	}
	s.file("bystander@example.org")
	due, err := s.Queue.Due(t.Context(), s.Clock.Now())
	if err != nil || len(due) != filings+1 {
		t.Fatalf("%d due, %v", len(due), err)
	}
	for _, task := range due {
		s.Fulfil(task.Ref)
		s.Post("victim@example.org")
	}
	s.Post("bystander@example.org")
	mails := map[string]int{}
	for _, m := range s.Mails {
		mails[strings.ToLower(m.To)]++
	}
	if mails["victim@example.org"] != 3 || mails["bystander@example.org"] != 1 {
		t.Errorf("mails %v", mails)
	}
	for _, m := range s.Mails[:3] { // each of the three opens everything that waits
		w := s.tryLink(m.About, m.Token)
		var seen meSeen
		if err := json.Unmarshal(w.Body.Bytes(), &seen); err != nil || len(seen.Pending) != 6 || strings.Contains(w.Body.String(), "canary") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
}

// T10: opening the page of a link any number of times does not use it up, and neither does a HEAD or a GET of any route. One POST does.
func TestThreat_T10_ScannersConsumeNothing(t *testing.T) {
	s := newRig(t)
	id := s.file("anna@example.org")
	m := s.mailed(id)
	consent := s.ask(t, "anna@example.org", mailGranted)
	p := s.later(t, "anna@example.org")
	for i := range 50 {
		method := []string{"GET", "HEAD"}[i%2]
		for _, path := range []string{"/v1/requests/" + id, "/v1/requests/" + id + "/confirm", "/v1/requests/" + id + "/withdraw", "/v1/requests/" + id + "/exports", "/v1/links/" + m.About + "/open",
			"/v1/links/end", "/v1/pending/" + consent + "/confirm", "/v1/pending/" + id + "/discard", "/v1/preferences", "/v1/me", "/v1/unsubscribe/" + m.Unsubscribe} {
			r := httptest.NewRequest(method, path, nil) // API Gateway does not route most of these here
			s.do(s.bare, r, "Authorization", "Bearer "+string(m.Token), "Cookie", cookie+"="+p.session)
		}
	}
	waiting, requests := s.me(t, p).ids()
	if len(waiting) != 2 || len(requests) != 0 {
		t.Errorf("%v, %v", waiting, requests)
	}
	w := s.tryLink(m.About, m.Token)
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), `{"fresh":true`) {
		t.Errorf("after 50 visits: %d %s", w.Code, w.Body)
	}
}

// T03: no route of the contract accepts a document.
func TestThreat_T03_NothingTakesADocument(t *testing.T) {
	s := newRig(t)
	for _, kind := range []string{"multipart/form-data; boundary=x", "application/pdf", "image/jpeg", "application/octet-stream"} {
		if w := s.send("POST", "/v1/requests", "--x", "192.0.2.1", "Content-Type", kind); w.Code != http.StatusUnsupportedMediaType {
			t.Errorf("%s: %d", kind, w.Code)
		}
	}
}
