package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/request"
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

// T09: 100 filings for one address (1,000 in a full run) lead to three mails a day, no matter the spelling and the client. A challenge that was
// mailed can still be used, and another address gets its mail as usual.
func TestThreat_T09_AThousandFilings(t *testing.T) {
	filings := soak.Pick(100, 1000)
	s := newRig(t)
	s.Fulfilment.Limiter = s.Limits
	spellings := []string{"victim@example.org", "Victim@example.org", "VICTIM@EXAMPLE.ORG", "victim@Example.Org"}
	for i := range filings {
		w := s.send("POST", "/v1/requests", filing(spellings[i%len(spellings)]), fmt.Sprintf("192.0.2.%d", i/50))
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
	}
	mails := map[string]int{}
	for _, m := range s.Mails {
		mails[strings.ToLower(m.To)]++
		if code, _ := s.open("POST", "/v1/requests/"+m.About+"/verify", m.Token); code != http.StatusOK {
			t.Errorf("a challenge that was mailed: %d", code)
		}
	}
	if mails["victim@example.org"] != 3 || mails["bystander@example.org"] != 1 {
		t.Errorf("mails %v", mails)
	}
}

// T11: of 200 concurrent POSTs with one token, one succeeds. The others get the same 404 as a wrong token.
func TestThreat_T11_TwoHundredPosts(t *testing.T) {
	s := newRig(t)
	id := s.file("anna@example.org")
	verify, _ := s.mailed(id)
	var wins, others atomic.Int32
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			switch code, _ := s.open("POST", "/v1/requests/"+id+"/verify", verify); code {
			case http.StatusOK:
				wins.Add(1)
			case http.StatusNotFound:
			default:
				others.Add(1)
			}
		})
	}
	wg.Wait()
	if wins.Load() != 1 || others.Load() != 0 {
		t.Errorf("%d succeeded, %d were neither 200 nor 404", wins.Load(), others.Load())
	}
}

// T11: a challenge ends after seven days, to the second.
func TestThreat_T11_ExpiryToTheSecond(t *testing.T) { enginetest.BothTTLs(t, expiryToTheSecond) }

func expiryToTheSecond(t *testing.T) {
	s := newRig(t)
	before, after := s.file("a@example.org"), s.file("b@example.org")
	inTime, _ := s.mailed(before)
	late, _ := s.mailed(after)
	s.Clock.Advance(linkLife - time.Second)
	if code, _ := s.open("POST", "/v1/requests/"+before+"/verify", inTime); code != http.StatusOK {
		t.Errorf("a second before its end: %d", code)
	}
	s.Clock.Advance(time.Second)
	if code, _ := s.open("POST", "/v1/requests/"+after+"/verify", late); code != http.StatusNotFound {
		t.Errorf("at its end: %d", code)
	}
}

// T10: opening a link any number of times does not use it up. One POST does.
func TestThreat_T10_ScannersConsumeNothing(t *testing.T) {
	s := newRig(t)
	id := s.file("anna@example.org")
	verify, status := s.mailed(id)
	for i := range 50 {
		method := []string{"GET", "HEAD"}[i%2]
		for _, path := range []string{"", "/verify", "/withdraw", "/exports"} {
			r := httptest.NewRequest(method, "/v1/requests/"+id+path, nil) // API Gateway does not route most of these here
			r.Header.Set("Authorization", "Bearer "+string(status))
			s.bare.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
	code, body := s.open("GET", "/v1/requests/"+id, status)
	var file struct{ State request.State }
	if err := json.Unmarshal([]byte(body), &file); err != nil || code != http.StatusOK || file.State != request.Verifying {
		t.Fatalf("%d %s", code, body)
	}
	if code, _ := s.open("POST", "/v1/requests/"+id+"/verify", verify); code != http.StatusOK {
		t.Errorf("after 50 visits: %d", code)
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
