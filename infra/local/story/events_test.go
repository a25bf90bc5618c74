package story

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

// TestStory_EventsAndPermissions replays every sample event against the real functions. It also does over HTTP what the main job
// does, what only links of mails do, and an erasure. Then it compares the roles of template.yaml with the calls that were recorded meanwhile:
// each function may do exactly what it does. Promise: C03, F04, G04, K02. Fault: F07, F24.
func TestStory_EventsAndPermissions(t *testing.T) {
	data := t.TempDir()
	s := start(t, data, "RECORD_CALLS=1", "COOLING_OFF=3s")
	s.replay(t)
	s.erases(t)
	limits := s.limits(t)
	s.collect(t, records(t))
	s.endContract(t)
	s.consent(t)
	s.consentByAddress(t)
	s.requestOverHTTP(t)
	s.identities(t)
	s.leaves(t)
	s.fire(t, "FulfilSchedule", nil)
	s.fire(t, "ExportSchedule", nil)
	s.lifts(t, limits)
	s.reminds(t)
	s.purge(t, "marketing")
	s.subscribe(t, "retention_over")
	s.campaigns(t)
	s.announced(t)
	s.reports(t)
	s.mailsIn(t)
	s.stop(t)

	file, err := os.Open(filepath.Join(data, "calls.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	calls, err := sam.ReadCalls(file)
	if err != nil || len(calls) < 50 {
		t.Fatalf("%d calls were recorded: %v", len(calls), err)
	}
	template, err := sam.Load(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, difference := range sam.ComparePermissions(template, calls) {
		t.Error(difference)
	}
}

// replay passes every sample event to its function. None may fail, because a mistake in an event is answered with a problem document.
func (s *service) replay(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "events", "*.json"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d sample events: %v", len(files), err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			event, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			function, _, _ := strings.Cut(filepath.Base(name), "-")
			id := strings.ToUpper(function[:1]) + function[1:] + "Function"
			answer, err := s.client.Post(s.origin+"/_local/functions/"+id, "application/json", bytes.NewReader(event))
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			result, err := io.ReadAll(answer.Body)
			if err != nil || answer.StatusCode != http.StatusOK {
				t.Fatalf("the function failed: %d %s %v", answer.StatusCode, result, err)
			}
			if bytes.Contains(event, []byte(`"routeKey"`)) {
				var response events.APIGatewayV2HTTPResponse
				if err := json.Unmarshal(result, &response); err != nil || response.StatusCode < 200 || response.StatusCode >= 500 {
					t.Errorf("the function answered %s", result)
				}
			}
		})
	}
}

func (s *service) endContract(t *testing.T) {
	t.Helper()
	token := s.token(t, "records.write")
	body := map[string]any{"subject": map[string]string{"email": address}, "endedAt": time.Now().UTC().Format(time.RFC3339)}
	s.call(t, http.StatusOK, "POST", "/v1/subjects/contract-end", token, body, nil)
}

// consentByAddress consents by e-mail address, confirms by the link, reads the preferences, stops by one click and asks for a new link.
func (s *service) consentByAddress(t *testing.T) {
	t.Helper()
	var current struct{ Version string }
	s.call(t, http.StatusOK, "GET", "/v1/policy", nil, nil, &current)
	ask := map[string]any{
		"subject": map[string]string{"email": reader}, "decisions": map[string]string{"marketing_email": "granted"},
		"policyVersion": current.Version, "language": "en", "surface": "form",
	}
	s.call(t, http.StatusAccepted, "POST", "/v1/consents", nil, ask, nil)
	session, seen := s.opens(t, 1, reader, nil)
	if len(seen.ids("consent")) != 1 {
		t.Fatalf("the link shows %+v", seen)
	}
	confirm := "/v1/pending/" + seen.ids("consent")[0] + "/confirm"
	var state struct {
		Decisions map[string]struct{ State string }
	}
	s.call(t, http.StatusCreated, "POST", confirm, session, nil, &state)
	if state.Decisions["marketing_email"].State != "granted" {
		t.Errorf("after the button: %v", state)
	}
	s.call(t, http.StatusNotFound, "POST", confirm, session, nil, nil)

	s.subscribe(t, "stored")
	s.decide(t, true)
	letter := s.mails(t, reader)[0]
	oneClick := regexp.MustCompile(`^<(http\S+)>$`).FindStringSubmatch(letter.Headers["List-Unsubscribe"])
	if oneClick == nil || letter.Headers["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click" {
		t.Fatalf("headers %v", letter.Headers)
	}
	s.click(t, oneClick[1])
	s.decide(t, false)
	s.call(t, http.StatusOK, "GET", "/v1/preferences", session, nil, &state)
	if state.Decisions["marketing_email"].State != "denied" {
		t.Errorf("after one click: %v", state)
	}
	s.call(t, http.StatusCreated, "POST", "/v1/preferences", session, map[string]any{"decisions": map[string]string{"marketing_email": "denied"}}, nil)
	s.call(t, http.StatusAccepted, "POST", "/v1/links", session, map[string]any{}, nil)
	s.mailbox(t, 2, reader, nil)
}

// subscribe sends a marketing record of the reader, which is kept until the consent is withdrawn.
func (s *service) subscribe(t *testing.T, want string) {
	t.Helper()
	now := time.Now().UTC().Format(time.RFC3339)
	s.put(t, s.token(t, "records.write"), `{"category":"marketing","id":"news","subject":{"email":"`+reader+`"},"source":"direct","occurredAt":"`+now+
		`","data":{"list":"news","subscribedAt":"`+now+`","interests":[]}}`, want)
}

// decide asks whether the reader may be sent marketing mail. Promises: C01, C03.
func (s *service) decide(t *testing.T, want bool) {
	t.Helper()
	var decision struct{ Allowed bool }
	body := map[string]any{"subject": map[string]string{"email": reader}, "purpose": "marketing_email"}
	if s.call(t, http.StatusOK, "POST", "/v1/decisions", s.token(t, "decisions.read"), body, &decision); decision.Allowed != want {
		t.Errorf("marketing mail allowed: %v, not %v", decision.Allowed, want)
	}
}

// reader is a data subject known by address alone.
const reader = "reader@example.org"

// click does what a mail program does (RFC 8058), after a GET that must change nothing.
func (s *service) click(t *testing.T, url string) {
	t.Helper()
	if answer, err := s.client.Get(url); err != nil || answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a GET of the one-click link: %v %v", answer, err)
	}
	answer, err := s.client.Post(url, "application/x-www-form-urlencoded", strings.NewReader("List-Unsubscribe=One-Click"))
	if err != nil {
		t.Fatal(err)
	}
	if _ = answer.Body.Close(); answer.StatusCode != http.StatusOK {
		t.Errorf("one click answered %d", answer.StatusCode)
	}
}

// requestOverHTTP files, confirms, downloads, asks again, and withdraws and discards other requests.
func (s *service) requestOverHTTP(t *testing.T) {
	t.Helper()
	var filed struct{ ID string }
	s.call(t, http.StatusAccepted, "POST", "/v1/requests", nil, map[string]string{"right": "access", "email": address}, &filed)
	id, session := filed.ID, s.proves(t, 1, address, nil)
	for range 2 {
		if len(s.open(t, s.link(t, 1, address, "/exports/", nil))) == 0 {
			t.Error("the export is empty")
		}
	}
	bearer := s.statusToken(t, id)
	s.status(t, id, bearer, 1)
	s.call(t, http.StatusAccepted, "POST", "/v1/requests/"+id+"/exports", session, nil, nil)
	s.link(t, 2, address, "/exports/", nil)

	// The answer to the reader holds the request itself and the choice that was sent by the address.
	s.call(t, http.StatusAccepted, "POST", "/v1/requests", nil, map[string]string{"right": "access", "email": reader, "details": "What do you have?"}, &filed)
	s.proves(t, 3, reader, nil)
	files := unpack(t, s.open(t, s.link(t, 1, reader, "/exports/", nil)))
	if !bytes.Contains(files["requests.json"], []byte("What do you have?")) || !bytes.Contains(files["subject.json"], []byte(`"marketing_email": "granted"`)) ||
		!bytes.Contains(files["subject.json"], []byte(reader)) {
		t.Errorf("the answer lacks the request or the choice: %s %s", files["requests.json"], files["subject.json"])
	}

	s.call(t, http.StatusAccepted, "POST", "/v1/requests", nil, map[string]string{"right": "access", "email": "nobody@example.org"}, &filed)
	session, seen := s.opens(t, 1, "nobody@example.org", nil)
	s.call(t, http.StatusOK, "POST", "/v1/pending/"+filed.ID+"/discard", session, nil, nil)
	s.call(t, http.StatusNotFound, "POST", "/v1/requests/"+filed.ID+"/confirm", session, nil, nil)
	s.call(t, http.StatusAccepted, "POST", "/v1/requests", nil, map[string]string{"right": "portability", "email": "nobody@example.org"}, &filed)
	wait(t, "the other request to wait", time.Minute, func() bool {
		s.call(t, http.StatusOK, "GET", "/v1/me", session, nil, &seen)
		return slices.Equal(seen.ids("request"), []string{filed.ID})
	})
	s.call(t, http.StatusOK, "POST", "/v1/requests/"+filed.ID+"/confirm", session, nil, nil)
	_, status := parts(t, s.link(t, 1, "nobody@example.org", "/requests/", nil))
	s.call(t, http.StatusOK, "GET", "/v1/requests/"+filed.ID, map[string]string{"Authorization": "Bearer " + status}, nil, nil)
	s.call(t, http.StatusOK, "POST", "/v1/links/end", session, nil, nil)
	s.call(t, http.StatusUnauthorized, "GET", "/v1/me", session, nil, nil)
}
