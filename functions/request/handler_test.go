package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const origin = "http://localhost:8080"

// service is the handler on real tables, with the steps that fulfil would run, a clock that tests move and a mailer that remembers.
type service struct {
	http.Handler
	t       testing.TB
	store   *requests.Store
	fulfil  *request.Fulfilment
	deliver *request.Delivery
	known   bool // whether every address is on record

	mu     sync.Mutex
	clock  time.Time
	verify subject.Token // of the last challenge
	status subject.Token // of the last mail
	mailed []string      // addresses, in order
}

func newService(t testing.TB) *service {
	tables := engine.DynamoDB(t)
	s := &service{t: t, clock: time.Now().UTC().Truncate(time.Second), known: true}
	key := subject.Key("a key of tests")
	s.store = &requests.Store{Client: tables.Client, Table: tables.Name("RequestsTable"), Now: s.now}
	log := &consents.ByMail{Store: consents.Store{Client: tables.Client, Table: tables.Name("ConsentsTable")}, Requests: tables.Name("RequestsTable")}
	h := handler{
		desk: &request.Desk{Register: s.store, Tokens: key, Now: s.now}, clients: s.store, clientKey: subject.Key("another key"), now: s.now,
		byMail: &consent.ByMail{
			Recorder: &consent.Recorder{Log: log, Now: s.now}, Tokens: key,
			Confirmations: &confirmations.Store{Client: tables.Client, Table: tables.Name("RequestsTable"), Now: s.now},
		},
	}
	s.fulfil = &request.Fulfilment{Register: s.store, Addresses: s, Limiter: s, Mailer: s, Tokens: key, Now: s.now}
	s.deliver = &request.Delivery{Register: s.store, Bundles: s, Mailer: s, Tokens: key, Now: s.now}
	s.Handler = openapitest.Wrap(t, routes(h, origin))
	return s
}

func (s *service) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock
}

func (s *service) wait(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = s.clock.Add(d)
}

func (s *service) Find(_ context.Context, a subject.Address) (privacy.SubjectID, string, bool, error) {
	return privacy.SubjectID("sid"), a.Spelling, s.known, nil
}

func (s *service) MayChallenge(ctx context.Context, a subject.Address, id string, now time.Time) (bool, error) {
	return s.store.CountChallenge(ctx, a.Lookup, id, now)
}

func (s *service) remember(to string, verify, status subject.Token) error {
	s.verify, s.status, s.mailed = verify, status, append(s.mailed, to)
	return nil
}

func (s *service) Challenge(_ context.Context, to string, _ request.Request, verify, status subject.Token) error {
	return s.remember(to, verify, status)
}

func (s *service) NothingHeld(_ context.Context, to string, _ request.Request, status subject.Token) error {
	return s.remember(to, "", status)
}

func (s *service) ExportReady(_ context.Context, r request.Request, _ request.Export, _ subject.Token, _ string, status subject.Token) error {
	return s.remember(r.Email, "", status)
}

func (s *service) Seal(context.Context, request.Request, request.Export) (int64, string, error) {
	return 42, "identity", nil
}
func (s *service) Discard(context.Context, string) error { return nil }

// work does what is due, as the schedules would.
func (s *service) work() {
	s.t.Helper()
	for range 3 {
		due, err := s.store.Due(context.Background(), s.now())
		if err != nil {
			s.t.Fatal(err)
		}
		for _, reference := range due {
			id, _ := requests.ParsePK(reference.PK)
			if attempt, export := requests.ParseExport(reference.SK); export {
				err = s.deliver.Run(context.Background(), id, attempt)
			} else {
				err = s.fulfil.Run(context.Background(), id)
			}
			if err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

// call sends a request and returns the status, the body and its parsed form.
func (s *service) call(method, path, body string, headers ...string) (int, string, map[string]any) {
	s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = "203.0.113.7"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var parsed map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &parsed); err != nil {
		s.t.Fatalf("%s %s answered %d without JSON", method, path, w.Code)
	}
	return w.Code, w.Body.String(), parsed
}

// file files a request and runs its challenge.
func (s *service) file(right, email string) (id string) {
	s.t.Helper()
	status, text, answer := s.call("POST", "/v1/requests", `{"right":"`+right+`","email":"`+email+`"}`)
	if status != http.StatusAccepted || answer["state"] != "verifying" {
		s.t.Fatalf("%d %s", status, text)
	}
	s.work()
	return answer["id"].(string)
}

func (s *service) bearer() []string { return []string{"Authorization", "Bearer " + string(s.status)} }

func TestFileVerifyFollowExportAgain(t *testing.T) {
	s := newService(t)
	id := s.file("access", "anna@example.org")
	status, text, answer := s.call("POST", "/v1/requests/"+id+"/verify", `{"token":"`+string(s.verify)+`"}`)
	if status != http.StatusOK || answer["state"] != "open" || len(answer["clocks"].([]any)) != 5 {
		t.Fatalf("%d %s", status, text)
	}
	s.work()
	status, text, answer = s.call("GET", "/v1/requests/"+id, "", s.bearer()...)
	exports, _ := answer["exports"].([]any)
	if status != http.StatusOK || answer["state"] != "fulfilled" || len(exports) != 1 || exports[0].(map[string]any)["usesLeft"] != 10.0 {
		t.Fatalf("%d %s", status, text)
	}
	if strings.Contains(text, "anna") {
		t.Error("the status names the address: its link may have been forwarded")
	}
	if status, text, _ = s.call("POST", "/v1/requests/"+id+"/exports", "", s.bearer()...); status != http.StatusAccepted {
		t.Fatalf("%d %s", status, text)
	}
	s.work()
	if _, _, answer = s.call("GET", "/v1/requests/"+id, "", s.bearer()...); len(answer["exports"].([]any)) != 2 {
		t.Errorf("%v", answer)
	}
	if status, _, _ = s.call("POST", "/v1/requests/"+id+"/withdraw", "", s.bearer()...); status != http.StatusConflict {
		t.Errorf("withdrawing what was answered: %d", status)
	}
}

func TestWithdrawing(t *testing.T) {
	s := newService(t)
	id := s.file("portability", "anna@example.org")
	status, text, answer := s.call("POST", "/v1/requests/"+id+"/withdraw", "", s.bearer()...)
	if status != http.StatusOK || answer["state"] != "withdrawn" {
		t.Fatalf("%d %s", status, text)
	}
	if status, _, _ = s.call("POST", "/v1/requests/"+id+"/exports", "", s.bearer()...); status != http.StatusConflict {
		t.Errorf("an export of what was withdrawn: %d", status)
	}
}

func TestFilingRefusals(t *testing.T) {
	s := newService(t)
	good := `{"right":"access","email":"anna@example.org"}`
	for name, row := range map[string]struct {
		body    string
		headers []string
		status  int
		pointer string
	}{
		"malformed":          {body: `{"right":`, status: 400},
		"duplicate key":      {body: `{"right":"access","right":"access","email":"a@example.org"}`, status: 400, pointer: "/right"},
		"unknown field":      {body: `{"right":"access","email":"a@example.org","file":"passport.png"}`, status: 422, pointer: "/file"},
		"wrong type":         {body: `{"right":"access","email":7}`, status: 422, pointer: "/email"},
		"a right not yet":    {body: `{"right":"erasure","email":"a@example.org"}`, status: 422, pointer: "/right"},
		"no address":         {body: `{"right":"access"}`, status: 422, pointer: "/email"},
		"two addresses":      {body: `{"right":"access","email":"a@example.org,b@example.org"}`, status: 422, pointer: "/email"},
		"a header":           {body: `{"right":"access","email":"a@example.org\r\nBcc: b@example.org"}`, status: 422, pointer: "/email"},
		"elsewhere":          {body: `{"right":"access","email":"a@example.org","jurisdiction":"mars"}`, status: 422, pointer: "/jurisdiction"},
		"long details":       {body: `{"right":"access","email":"a@example.org","details":"` + strings.Repeat("x", 2001) + `"}`, status: 422, pointer: "/details"},
		"control characters": {body: `{"right":"access","email":"a@example.org","details":"\u0000"}`, status: 422, pointer: "/details"},
		"oversize":           {body: `{"details":"` + strings.Repeat("x", 70_000) + `"}`, status: 413},
		"wrong content type": {body: good, headers: []string{"Content-Type", "text/plain"}, status: 415},
		"a form":             {body: "right=access", headers: []string{"Content-Type", "application/x-www-form-urlencoded"}, status: 415},
		"foreign origin":     {body: good, headers: []string{"Origin", "https://evil.example"}, status: 403},
		"null origin":        {body: good, headers: []string{"Origin", "null"}, status: 403},
	} {
		t.Run(name, func(t *testing.T) {
			status, text, answer := s.call("POST", "/v1/requests", row.body, row.headers...)
			if status != row.status {
				t.Fatalf("%d %s, want %d", status, text, row.status)
			}
			if row.pointer != "" {
				at, _ := answer["errors"].([]any)
				if len(at) == 0 || at[0].(map[string]any)["pointer"] != row.pointer {
					t.Errorf("%v, want %s", answer["errors"], row.pointer)
				}
			}
		})
	}
	if s.work(); len(s.mailed) != 0 {
		t.Errorf("a refused filing was mailed: %d", len(s.mailed))
	}
}

// T23: whatever is wrong with an id or a secret, the answer is the same; another request's secret is wrong as well.
func TestThreat_T23_ForeignIds(t *testing.T) {
	s := newService(t)
	own := s.file("access", "anna@example.org")
	verify, bearer := string(s.verify), s.bearer()
	other := s.file("access", "berta@example.org")
	var first string
	for _, id := range []string{other, uuid.NewString(), "nonsense", strings.ToUpper(own), own + ".1"} {
		for _, call := range []struct {
			method, path, body string
			headers            []string
		}{
			{"POST", "/verify", `{"token":"` + verify + `"}`, nil},
			{"GET", "", "", bearer}, {"POST", "/withdraw", "", bearer}, {"POST", "/exports", "", bearer},
		} {
			status, text, _ := s.call(call.method, "/v1/requests/"+id+call.path, call.body, call.headers...)
			if first == "" {
				first = text
			}
			if status != http.StatusNotFound || text != first {
				t.Errorf("%s %s%s: %d %s", call.method, id, call.path, status, text)
			}
		}
	}
	if status, _, _ := s.call("GET", "/v1/requests/"+own, ""); status != http.StatusUnauthorized {
		t.Errorf("no token: %d", status)
	}
	if status, _, _ := s.call("GET", "/v1/requests/"+own, "", bearer...); status != http.StatusOK {
		t.Errorf("the own token: %d", status)
	}
}

// T09: one client files 60 requests a minute at most; another is not affected, and a forwarding header makes no new client (T21).
func TestThreat_T09_PerClient(t *testing.T) {
	s := newService(t)
	s.clock = s.clock.Truncate(time.Minute)
	refused := 0
	for i := range 70 {
		status, _, _ := s.call("POST", "/v1/requests", `{"right":"access","email":"a`+uuid.NewString()+`@example.org"}`, "X-Forwarded-For", uuid.NewString())
		if status == http.StatusTooManyRequests {
			refused++
		} else if i >= 60 {
			t.Errorf("call %d: %d", i+1, status)
		}
	}
	if refused != 10 {
		t.Errorf("%d calls were refused", refused)
	}
	s.wait(time.Minute)
	if status, _, _ := s.call("POST", "/v1/requests", `{"right":"access","email":"a@example.org"}`); status != http.StatusAccepted {
		t.Errorf("a minute later: %d", status)
	}
}

// T14: known and unknown addresses get the same bytes, up to the random id.
func TestThreat_T14_TheSameBytes(t *testing.T) {
	s := newService(t)
	var answers []string
	for _, known := range []bool{true, false, true, false} {
		s.known = known
		_, text, answer := s.call("POST", "/v1/requests", `{"right":"access","email":"anna@example.org"}`)
		answers = append(answers, strings.Replace(text, answer["id"].(string), "", 1))
	}
	for _, a := range answers {
		if a != answers[0] {
			t.Errorf("%s and %s", a, answers[0])
		}
	}
}
