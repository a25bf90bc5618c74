package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// rules is what the policy in force says about consents.
var rules = policy.ForConsents().InForce(time.Now())

const origin = "http://localhost:8080"

// rig is the handler on the test service. Each exchange is checked against the contract.
type rig struct {
	*servicetest.Rig
	http.Handler
	raw    http.Handler  // not checked against the contract, for tests with many calls
	client string        // the IP address of the caller, if it is not httptest's
	within time.Duration // the time limit of a call, if it has one
}

func newRig(t testing.TB) *rig {
	s := &rig{Rig: servicetest.New(t)}
	s.ByAddress.Recorder.Log = &s.Consents.Store // without steps of work, since a visitor has no other data
	s.raw = routes(handler{s.ByAddress.Recorder, s.ByAddress, servicetest.Clients}, append(servicetest.Websites, origin)...)
	s.Handler = openapitest.Wrap(t, s.raw)
	return s
}

// call sends a request and returns the status, the body and the headers.
func (s *rig) call(t testing.TB, method, path, body string, headers ...string) (int, map[string]any, http.Header) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if s.client != "" {
		r.RemoteAddr = s.client
	}
	if s.within > 0 {
		ctx, cancel := context.WithTimeout(r.Context(), s.within)
		defer cancel()
		r = r.WithContext(ctx)
	}
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
		t.Fatalf("%s %s answered %d without JSON", method, path, w.Code)
	}
	return w.Code, parsed, w.Header()
}

func decide(visitor, decisions string) string {
	return `{"subject":{"visitor":"` + visitor + `"},"decisions":{` + decisions + `},"policyVersion":"` +
		rules.Version + `","language":"en","surface":"banner"}`
}

// stateOf returns the state of a purpose in an answer.
func stateOf(t testing.TB, answer map[string]any, purpose string) string {
	t.Helper()
	decisions, _ := answer["decisions"].(map[string]any)
	one, _ := decisions[purpose].(map[string]any)
	state, _ := one["state"].(string)
	return state
}

// Each change is a new record. Promise: E02.
func TestRecordReadWithdraw(t *testing.T) {
	s, visitor := newRig(t), uuid.NewString()
	status, answer, _ := s.call(t, "GET", "/v1/consents/"+visitor, "")
	if status != 200 || stateOf(t, answer, "analytics_cookies") != "undecided" {
		t.Fatalf("before any decision: %d %v", status, answer)
	}
	status, answer, header := s.call(t, "POST", "/v1/consents", decide(visitor, `"analytics_cookies":"granted","marketing_cookies":"denied"`), "If-None-Match", "*")
	if status != 201 || header.Get("ETag") != `"1"` || stateOf(t, answer, "analytics_cookies") != "granted" {
		t.Fatalf("recording: %d %v", status, answer)
	}
	status, answer, header = s.call(t, "POST", "/v1/consents", decide(visitor, `"testimonials":"granted"`), "If-Match", `"1"`)
	if status != 201 || header.Get("ETag") != `"2"` || stateOf(t, answer, "analytics_cookies") != "granted" {
		t.Fatalf("a second decision must keep the first: %d %v", status, answer)
	}
	status, _, _ = s.call(t, "POST", "/v1/consents/"+visitor+"/withdraw", `{"purposes":["analytics_cookies"]}`)
	if status != 201 {
		t.Fatalf("withdrawing answered %d", status)
	}
	_, answer, _ = s.call(t, "GET", "/v1/consents/"+visitor, "")
	if stateOf(t, answer, "analytics_cookies") != "denied" || stateOf(t, answer, "testimonials") != "granted" {
		t.Errorf("after the withdrawal: %v", answer)
	}
}

// C03: withdrawing takes one unauthenticated POST without a body, and the next read shows it.
func TestPromise_C03_WithdrawalIsOnePost(t *testing.T) {
	s, visitor := newRig(t), uuid.NewString()
	s.call(t, "POST", "/v1/consents", decide(visitor, `"marketing_cookies":"granted","testimonials":"granted"`))
	if status, _, _ := s.call(t, "POST", "/v1/consents/"+visitor+"/withdraw", ""); status != 201 {
		t.Fatalf("status %d", status)
	}
	_, answer, _ := s.call(t, "GET", "/v1/consents/"+visitor, "")
	for _, purpose := range rules.Purposes {
		if got := stateOf(t, answer, string(purpose)); got != "denied" {
			t.Errorf("%s is %s after withdrawing everything", purpose, got)
		}
	}
}

// F17: nobody knows what a browser decided between a backup and the restore of it. What it had agreed to is asked for again, and what it had refused stays
// refused. What it decides after that counts.
func TestFault_F17_ABrowserIsAskedAgainAfterARestore(t *testing.T) {
	s, visitor := newRig(t), uuid.NewString()
	expect := func(when, analytics, marketing string) {
		t.Helper()
		_, answer, _ := s.call(t, "GET", "/v1/consents/"+visitor, "")
		if a, m := stateOf(t, answer, "analytics_cookies"), stateOf(t, answer, "marketing_cookies"); a != analytics || m != marketing {
			t.Errorf("%s: analytics is %s, and marketing %s", when, a, m)
		}
	}
	s.call(t, "POST", "/v1/consents", decide(visitor, `"analytics_cookies":"granted","marketing_cookies":"denied"`))
	expect("before the restore", "granted", "denied")
	s.Consents.RestoredAt = s.Clock.Now().Add(time.Hour)
	s.Clock.Advance(2 * time.Hour)
	expect("after the restore", "expired", "denied")
	s.call(t, "POST", "/v1/consents", decide(visitor, `"analytics_cookies":"granted"`))
	expect("asked again", "granted", "denied")
}

func TestRefusals(t *testing.T) {
	s, visitor := newRig(t), uuid.NewString()
	good := decide(visitor, `"testimonials":"granted"`)
	for name, row := range map[string]struct {
		body    string
		headers []string
		status  int
		pointer string // all fields that the answer names, sorted
	}{
		"malformed":            {body: `{"subject":`, status: 400},
		"nothing":              {body: `{}`, status: 422, pointer: "/decisions /language /policyVersion /subject /surface"},
		"all wrong":            {body: `{"subject":{"visitor":"anna"},"decisions":{"profiling":"granted","testimonials":"maybe"},"policyVersion":"1","language":"*","surface":"wall"}`, status: 422, pointer: "/decisions/profiling /decisions/testimonials /language /policyVersion /subject/visitor /surface"},
		"null":                 {body: `null`, status: 422, pointer: ""},
		"null members":         {body: strings.Replace(strings.Replace(good, `"en"`, `null`, 1), `"granted"`, `null`, 1), status: 422, pointer: "/decisions/testimonials /language"},
		"an array":             {body: `[` + good + `]`, status: 422, pointer: ""},
		"a slash in a purpose": {body: decide(visitor, `"a/b~c":"granted"`), status: 422, pointer: "/decisions/a~1b~0c"},
		"a text for a purpose": {body: decide(visitor, `"`+strings.Repeat("ä", 500)+`":"granted"`), status: 422, pointer: "/decisions/" + strings.Repeat("ä", 64)},
		"two names":            {body: strings.Replace(good, `"visitor"`, `"email":"anna@example.org","visitor"`, 1), status: 422, pointer: "/subject"},
		"a long tag":           {body: strings.Replace(good, `"en"`, `"`+strings.Repeat("e", 36)+`"`, 1), status: 422, pointer: "/language"},
		"a long key":           {body: good, headers: []string{"Idempotency-Key", strings.Repeat("k", 256)}, status: 400},
		"duplicate key":        {body: strings.Replace(good, `"language":"en"`, `"language":"en","language":"fr"`, 1), status: 400, pointer: "/language"},
		"unknown field":        {body: strings.Replace(good, `"language"`, `"tongue":"x","language"`, 1), status: 422, pointer: "/tongue"},
		"wrong type":           {body: strings.Replace(good, `"en"`, `7`, 1), status: 422, pointer: "/language"},
		"unknown purpose":      {body: decide(visitor, `"profiling":"granted"`), status: 422, pointer: "/decisions/profiling"},
		"unknown state":        {body: decide(visitor, `"testimonials":"maybe"`), status: 422, pointer: "/decisions/testimonials"},
		"no decision":          {body: decide(visitor, ``), status: 422, pointer: "/decisions"},
		"unknown version":      {body: strings.Replace(good, rules.Version, "1999-01-01", 1), status: 422, pointer: "/policyVersion"},
		"no visitor":           {body: decide("", `"testimonials":"granted"`), status: 422, pointer: "/subject"},
		"visitor is a name":    {body: decide("anna", `"testimonials":"granted"`), status: 422, pointer: "/subject/visitor"},
		"no address":           {body: strings.Replace(good, `"visitor":"`+visitor+`"`, `"email":"anna\r\n@example.org"`, 1), status: 422, pointer: "/subject/email"},
		"unknown surface":      {body: strings.Replace(good, `banner`, `billboard`, 1), status: 422, pointer: "/surface"},
		"stale If-Match":       {body: good, headers: []string{"If-Match", `"7"`}, status: 412},
		"wrong content type":   {body: good, headers: []string{"Content-Type", "text/plain"}, status: 415},
		"oversize":             {body: `{"language":"` + strings.Repeat("x", 70_000) + `"}`, status: 413},
		"foreign origin":       {body: good, headers: []string{"Origin", "https://evil.example"}, status: 403},
		"null origin":          {body: good, headers: []string{"Origin", "null"}, status: 403},
		"cross-site no origin": {body: good, headers: []string{"Sec-Fetch-Site", "cross-site"}, status: 403},
	} {
		t.Run(name, func(t *testing.T) {
			status, answer, header := s.call(t, "POST", "/v1/consents", row.body, row.headers...)
			if status != row.status || header.Get("Content-Type") != "application/problem+json" {
				t.Fatalf("%d %s, want %d: %v", status, header.Get("Content-Type"), row.status, answer)
			}
			if got := named(answer); got != row.pointer {
				t.Errorf("names %q, want %q", got, row.pointer)
			}
		})
	}
	if _, answer, _ := s.call(t, "GET", "/v1/consents/"+visitor, ""); answer["version"] != 0.0 {
		t.Errorf("a refused request left a record: %v", answer)
	}
}

// named returns the pointers of a problem document, sorted.
func named(answer map[string]any) string {
	var pointers []string
	errors, _ := answer["errors"].([]any)
	for _, e := range errors {
		pointers = append(pointers, e.(map[string]any)["pointer"].(string))
	}
	slices.Sort(pointers)
	return strings.Join(pointers, " ")
}

// If-Match and If-None-Match follow RFC 9110: they may be lists, a weak tag never matches If-Match, and tags are compared byte by byte.
func TestFormsOfPreconditions(t *testing.T) {
	s, visitor := newRig(t), uuid.NewString()
	body := decide(visitor, `"testimonials":"granted"`)
	s.call(t, "POST", "/v1/consents", body)
	s.call(t, "POST", "/v1/consents", body)
	for tag, want := range map[string]int{
		`"1"`: 412, `W/"2"`: 412, `2`: 412, `"02"`: 412, `"+2"`: 412, `"2`: 412, `""2""`: 412, `"1", "3"`: 412, `"two"`: 412, `,`: 412, `"-2"`: 412,
		`"99999999999999999999"`: 412,
	} {
		if status, _, _ := s.call(t, "POST", "/v1/consents", body, "If-Match", tag); status != want {
			t.Errorf("If-Match %s on version 2: %d", tag, status)
		}
	}
	for i, tag := range []string{`"2"`, `"1", "3"`, `W/"9","4" , "x"`, `*`} {
		if status, answer, _ := s.call(t, "POST", "/v1/consents", body, "If-Match", tag); status != 201 || answer["version"] != float64(3+i) {
			t.Errorf("If-Match %s on version %d: %d %v", tag, 2+i, status, answer)
		}
	}
	for _, tag := range []string{`*`, `"6"`, `W/"6"`, `"6", *`} {
		if status, _, _ := s.call(t, "POST", "/v1/consents/"+visitor+"/withdraw", "", "If-None-Match", tag); status != 412 {
			t.Errorf("If-None-Match %s: %d", tag, status)
		}
	}
}

// A refused withdrawal names every unknown purpose.
func TestRefusedWithdrawals(t *testing.T) {
	s := newRig(t)
	for body, want := range map[string]string{
		`{"purposes":["billing","testimonials","x"]}`: "422 /purposes/0 /purposes/2", `{"purposes":[]}`: "422 /purposes", `{"purposes":null}`: "422 /purposes",
		`null`: "422 ", `{"purposes":[null]}`: "422 /purposes/0", `{"purposes":`: "400 ", ` `: "400 ", `{"purposes":[["x"]]}`: "422 /purposes/0",
	} {
		status, answer, _ := s.call(t, "POST", "/v1/consents/"+uuid.NewString()+"/withdraw", body)
		if got := fmt.Sprint(status, " ", named(answer)); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

// A03: only the websites of an allow-list may embed the banner. Unless a deployment sets the list, it is the policy's scope.
func TestPromise_A03_TheWebsitesAreTheAllowListOfOrigins(t *testing.T) {
	s := newRig(t)
	for origin, want := range map[string]int{
		origin: 201, servicetest.Websites[0]: 201, servicetest.Websites[1]: 201,
		"https://evil.example": 403, servicetest.Websites[0] + ".evil.example": 403, "http://localhost:3001": 403, "http://localhost": 403, policy.Newest().Scope.Origins[0]: 403,
	} {
		if status, _, _ := s.call(t, "POST", "/v1/consents", decide(uuid.NewString(), `"testimonials":"denied"`), "Origin", origin); status != want {
			t.Errorf("origin %s: %d, want %d", origin, status, want)
		}
	}
}

// I01: nothing is stored about somebody who says that they are under 16.
func TestPromise_I01_Under16IsNotStored(t *testing.T) {
	s, visitor := newRig(t), uuid.NewString()
	body := strings.Replace(decide(visitor, `"testimonials":"granted"`), `"language"`, `"under16":true,"language"`, 1)
	status, answer, _ := s.call(t, "POST", "/v1/consents", body)
	if status != 200 || stateOf(t, answer, "testimonials") != "denied" {
		t.Fatalf("%d %v", status, answer)
	}
	if _, answer, _ = s.call(t, "GET", "/v1/consents/"+visitor, ""); answer["version"] != 0.0 {
		t.Errorf("something was stored: %v", answer)
	}
}

// D01: the Global Privacy Control signal denies the purposes that count as sharing. It is recorded and shown in the answer.
func TestPromise_D01_GlobalPrivacyControl(t *testing.T) {
	s := newRig(t)
	for signal, want := range map[string]string{"1": "denied", "0": "granted", "": "granted", "1,1": "denied"} {
		visitor := uuid.NewString()
		s.call(t, "POST", "/v1/consents", decide(visitor, `"marketing_cookies":"granted"`), "Sec-GPC", signal)
		_, answer, _ := s.call(t, "GET", "/v1/consents/"+visitor, "")
		if got := stateOf(t, answer, "marketing_cookies"); got != want || answer["gpc"] != (want == "denied") {
			t.Errorf("Sec-GPC %q: %s, gpc %v", signal, got, answer["gpc"])
		}
	}
}

// D01: the signal does not hide mistakes: the answer still names them.
func TestPromise_D01_TheSignalCoversNoMistake(t *testing.T) {
	s := newRig(t)
	for decisions, pointer := range map[string]string{`"marketing_cookies":"maybe"`: "/decisions/marketing_cookies", "": "/decisions"} {
		status, answer, _ := s.call(t, "POST", "/v1/consents", decide(uuid.NewString(), decisions), "Sec-GPC", "1")
		if status != http.StatusUnprocessableEntity || !strings.Contains(fmt.Sprint(answer["errors"]), "pointer:"+pointer) {
			t.Errorf("%s: %d %v", decisions, status, answer)
		}
	}
}

func TestDecisionsExpireAndNoOlderGrantResurfaces(t *testing.T) {
	enginetest.BothTTLs(t, noOlderGrantResurfaces)
}

// The proof of a denial is kept for three years and that of a grant for six months longer. A denial after a grant is kept as long as the
// grant, so that the grant is never the newest record.
func noOlderGrantResurfaces(t *testing.T) {
	s, visitor := newRig(t), uuid.NewString()
	key, _ := consent.Visitor(visitor)
	newest := func(version int) consent.Record {
		t.Helper()
		r, err := s.Consents.Newest(t.Context(), key)
		if err != nil || r.Version != version {
			t.Fatalf("version %d is on record, not %d: %v", r.Version, version, err)
		}
		return r
	}
	state := func(label, want string) {
		t.Helper()
		if _, answer, _ := s.call(t, "GET", "/v1/consents/"+visitor, ""); stateOf(t, answer, "testimonials") != want {
			t.Errorf("%s: %v", label, answer)
		}
	}
	s.call(t, "POST", "/v1/consents", decide(visitor, `"testimonials":"granted"`))
	granted := newest(1)
	s.Clock.AdvanceDate(0, 0, 1)
	s.call(t, "POST", "/v1/consents", decide(visitor, `"testimonials":"denied"`))
	if denied := newest(2); denied.ExpiresAt.Before(granted.ExpiresAt) {
		t.Fatalf("the denial is kept until %s, the grant before it until %s", denied.ExpiresAt, granted.ExpiresAt)
	}
	s.Clock.AdvanceDate(0, 6, 1)
	state("after six months", "expired")
	s.Clock.AdvanceDate(2, 6, 0) // three years after the denial, when the grant's proof is still kept
	newest(2)
	state("while the proof of the grant is kept", "expired")
	s.Clock.AdvanceDate(0, 6, 0)
	state("after the proof's retention", "undecided")
}

func TestTheSameActSentAgainIsOneRecord(t *testing.T) {
	s, visitor := newRig(t), uuid.NewString()
	body := decide(visitor, `"testimonials":"granted"`)
	_, first, _ := s.call(t, "POST", "/v1/consents", body, "Idempotency-Key", "abc")
	status, second, _ := s.call(t, "POST", "/v1/consents", body, "Idempotency-Key", "abc")
	if status != 201 || first["id"] != second["id"] || second["version"] != 1.0 {
		t.Errorf("%d %v %v", status, first, second)
	}
}

func TestVisitorsThatAreNone(t *testing.T) {
	s := newRig(t)
	for _, visitor := range []string{"x", "%00", "00000000-0000-0000-0000-000000000000", "{" + uuid.NewString() + "}"} {
		if status, _, _ := s.call(t, "GET", "/v1/consents/"+visitor, ""); status != 404 {
			t.Errorf("%q answered %d", visitor, status)
		}
	}
}

// A repeated act does not undo later acts. If a key is used again with other content, it is another act.
func TestARepeatedActUndoesNothing(t *testing.T) {
	s, visitor := newRig(t), uuid.NewString()
	grant := decide(visitor, `"testimonials":"granted"`)
	s.call(t, "POST", "/v1/consents", grant, "Idempotency-Key", "k")
	status, answer, _ := s.call(t, "POST", "/v1/consents/"+visitor+"/withdraw", "", "Idempotency-Key", "k")
	if status != 201 || stateOf(t, answer, "testimonials") != "denied" {
		t.Errorf("a withdrawal under the key of a grant: %d %v", status, answer)
	}
	if status, answer, _ = s.call(t, "POST", "/v1/consents", grant, "Idempotency-Key", "k"); status != 201 || stateOf(t, answer, "testimonials") != "denied" {
		t.Errorf("the grant, sent again after the withdrawal: %d %v", status, answer)
	}
	if _, answer, _ = s.call(t, "GET", "/v1/consents/"+visitor, ""); answer["version"] != 2.0 {
		t.Errorf("%v", answer)
	}
}
