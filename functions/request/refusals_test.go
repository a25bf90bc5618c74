package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// T15, T23: each mistake in a filing has its status and names the field. Nothing of the filing is repeated or stored.
func TestThreat_T23_RefusedFilings(t *testing.T) {
	s := newRig(t)
	for name, c := range map[string]struct {
		body    string
		status  int
		pointer string // all fields that the answer names
		headers []string
	}{
		"nothing":                {body: `{}`, status: 422, pointer: "/right /email"},
		"all wrong":              {body: `{"right":"canary","email":"canary","jurisdiction":"canary","language":"canary_","details":"canary\u0000"}`, status: 422, pointer: "/right /email /jurisdiction /language /details"},
		"null":                   {body: `null`, status: 422},
		"null members":           {body: `{"right":"access","email":"canary@example.org","jurisdiction":null,"details":null}`, status: 422, pointer: "/jurisdiction /details"},
		"a byte order mark":      {body: "\ufeff" + filing("canary@example.org"), status: 400},
		"lone surrogate":         {body: `{"right":"access","email":"canary@example.org","details":"\ud800"}`, status: 400},
		"duplicate key below":    {body: `{"right":{"canary":1},"email":{"x":1,"x":2}}`, status: 400, pointer: "/email/x"},
		"no JSON":                {body: `{`, status: 400},
		"two values":             {body: filing("a@example.org") + `{}`, status: 400},
		"not UTF-8":              {body: "{\"right\":\"access\",\"email\":\"a\xff@example.org\"}", status: 400},
		"duplicate key":          {body: `{"right":"access","email":"canary@example.org","email":"canary2@example.org"}`, status: 400, pointer: "/email"},
		"unknown field":          {body: `{"right":"access","email":"canary@example.org","role":"canary"}`, status: 422, pointer: "/role"},
		"other case of a field":  {body: `{"Right":"access","email":"canary@example.org"}`, status: 422, pointer: "/Right"},
		"an array":               {body: `[]`, status: 422},
		"wrong type":             {body: `{"right":"access","email":["canary@example.org"]}`, status: 422, pointer: "/email"},
		"number for a right":     {body: `{"right":7,"email":"canary@example.org"}`, status: 422, pointer: "/right"},
		"unknown right":          {body: `{"right":"canary","email":"canary@example.org"}`, status: 422, pointer: "/right"},
		"a right of no form":     {body: `{"right":"non_discrimination","email":"canary@example.org"}`, status: 422, pointer: "/right"},
		"of another right":       {body: `{"right":"access","email":"canary@example.org","ground":"claims"}`, status: 422, pointer: "/ground"},
		"a choice is missing":    {body: `{"right":"restriction","email":"canary@example.org"}`, status: 422, pointer: "/ground"},
		"a name of two lines":    {body: `{"right":"erasure","email":"canary@example.org","onBehalfOf":{"name":"canary\nChild x@example.org","email":"canary@example.com","relation":"other"}}`, status: 422, pointer: "/onBehalfOf/name"},
		"a purpose twice":        {body: `{"right":"objection","email":"canary@example.org","purposes":["marketing_email","marketing_email"]}`, status: 422, pointer: "/purposes/1"},
		"a contract":             {body: `{"right":"objection","email":"canary@example.org","purposes":["invoicing"]}`, status: 422, pointer: "/purposes/0"},
		"address and browser":    {body: `{"right":"opt_out","email":"canary@example.org","visitor":"0192a6b1-7c50-4e1f-9d4c-0a1b2c3d4e5f"}`, status: 422, pointer: "/email"},
		"no browser":             {body: `{"right":"opt_out","visitor":"canary"}`, status: 422, pointer: "/visitor"},
		"a browser's words":      {body: `{"right":"opt_out","visitor":"0192a6b1-7c50-4e1f-9d4c-0a1b2c3d4e5f","details":"canary"}`, status: 422, pointer: "/details"},
		"no right":               {body: `{"email":"canary@example.org"}`, status: 422, pointer: "/right"},
		"no address":             {body: `{"right":"access"}`, status: 422, pointer: "/email"},
		"unmailable (F23)":       {body: `{"right":"access","email":"cänary@example.org"}`, status: 422, pointer: "/email"},
		"no possible domain":     {body: `{"right":"access","email":"canary@canary.invalid"}`, status: 422, pointer: "/email"},
		"unknown jurisdiction":   {body: `{"right":"access","email":"canary@example.org","jurisdiction":"canary"}`, status: 422, pointer: "/jurisdiction"},
		"long language":          {body: `{"right":"access","email":"canary@example.org","language":"` + strings.Repeat("canary", 6) + `"}`, status: 422, pointer: "/language"},
		"control in language":    {body: `{"right":"access","email":"canary@example.org","language":"en\u0000"}`, status: 422, pointer: "/language"},
		"long details":           {body: `{"right":"access","email":"canary@example.org","details":"` + strings.Repeat("canary", 334) + `"}`, status: 422, pointer: "/details"},
		"control in details":     {body: `{"right":"access","email":"canary@example.org","details":"canary\u001b[2J"}`, status: 422, pointer: "/details"},
		"oversize":               {body: `{"right":"access","email":"canary@example.org","details":"` + strings.Repeat("a", 64<<10) + `"}`, status: 413},
		"form of nobody":         {body: "right=access", status: 403, headers: []string{"Content-Type", "application/x-www-form-urlencoded"}},
		"no content type":        {body: filing("canary@example.org"), status: 415, headers: []string{"Content-Type", ""}},
		"foreign origin":         {body: filing("canary@example.org"), status: 403, headers: []string{"Origin", "https://canary.example"}},
		"null origin":            {body: filing("canary@example.org"), status: 403, headers: []string{"Origin", "null"}},
		"cross-site, no origin":  {body: filing("canary@example.org"), status: 403, headers: []string{"Sec-Fetch-Site", "cross-site"}},
		"an empty body":          {body: " ", status: 400},
		"deeply nested":          {body: strings.Repeat("[", 20_000), status: 400},
		"a document for a file":  {body: `{"right":"access","email":"canary@example.org","document":"passport"}`, status: 422, pointer: "/document"},
		"CR and LF":              {body: filing(`canary@example.org\r\nBcc: b@example.org`), status: 422, pointer: "/email"},
		"NUL":                    {body: filing(`canary\u0000@example.org`), status: 422, pointer: "/email"},
		"right-to-left override": {body: filing(`canary@exam\u202eple.org`), status: 422, pointer: "/email"},
		"display name":           {body: filing(`Canary <canary@example.org>`), status: 422, pointer: "/email"},
		"two addresses":          {body: filing(`canary@example.org,b@example.org`), status: 422, pointer: "/email"},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.send("POST", "/v1/requests", c.body, "192.0.2.1", c.headers...)
			var problem struct{ Errors []fault.Field }
			if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || w.Code != c.status {
				t.Fatalf("answered %d %s, want %d", w.Code, w.Body, c.status)
			}
			named := ""
			for _, field := range problem.Errors {
				named += " " + field.Pointer
			}
			if strings.TrimSpace(named) != c.pointer {
				t.Errorf("names %v, want %s", problem.Errors, c.pointer)
			}
			if strings.Contains(strings.ToLower(w.Body.String()), "canary") && name != "other case of a field" {
				t.Errorf("the answer repeats what was sent: %s", w.Body)
			}
		})
	}
	if calls := s.Wire.Take(); calls["PutItem"]+calls["TransactWriteItems"] > 0 {
		t.Errorf("a refused filing was stored: %v", calls)
	}
}

// T20: a browser may change things only from an origin in scope.
func TestThreat_T20_OriginsInScope(t *testing.T) {
	s := newRig(t)
	for _, origin := range append(servicetest.Websites, servicetest.Origin) {
		if w := s.send("POST", "/v1/requests", filing("a@example.org"), "192.0.2.1", "Origin", origin, "Sec-Fetch-Site", "same-site"); w.Code != http.StatusAccepted {
			t.Errorf("%s: %d", origin, w.Code)
		}
	}
	if w := s.send("GET", "/v1/requests/"+uuid.NewString(), "", "192.0.2.1", "Origin", "https://elsewhere.example"); w.Code != http.StatusUnauthorized {
		t.Errorf("a read, which changes nothing, is answered %d", w.Code)
	}
}

// T20: a filing is sent from thirteen origins with each content type and method. It is accepted only as a POST of JSON, from an origin in scope
// or without an origin.
func TestThreat_T20_OriginsTypesMethods(t *testing.T) {
	s := newRig(t)
	origins := map[string]bool{
		"": true, servicetest.Origin: true, servicetest.Websites[0]: true, servicetest.Websites[1]: true,
		"null": false, "file://": false, "https://evil.example": false, "https://privacy.example.com.evil.example": false, "https://evil.privacy.example.com": false,
		"http://privacy.example.com": false, "https://privacy.example.com:444": false, "https://privacy.example.com/": false, "HTTPS://PRIVACY.EXAMPLE.COM": false,
	}
	types := []string{"application/json", "application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp", ""}
	n := 0
	for origin, inScope := range origins {
		for i, kind := range types {
			for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "GET"} {
				n++
				r := httptest.NewRequest(method, "/v1/requests", strings.NewReader(filing("a@example.org")))
				r.RemoteAddr = fmt.Sprintf("192.0.2.%d", n%200)
				r.Header.Set("Content-Type", kind)
				if origin != "" {
					r.Header.Set("Origin", origin)
					r.Header.Set("Sec-Fetch-Site", "cross-site")
				}
				w := httptest.NewRecorder()
				s.Wire.Take()
				s.bare.ServeHTTP(w, r)
				taken, calls := w.Code == http.StatusAccepted, s.Wire.Take()
				if want := inScope && i < 2 && method == "POST"; taken != want || taken != (len(calls) > 0) {
					t.Errorf("%s of %q from %q: %d, %v", method, kind, origin, w.Code, calls)
				}
			}
		}
	}
	if len(origins) != 13 {
		t.Errorf("%d origins", len(origins))
	}
}

// Without a token and without a session, a route answers 401 and says how to authenticate. A body without a token is refused with the name of the
// field.
func TestSecretsAreAskedFor(t *testing.T) {
	s := newRig(t)
	id := s.file("a@example.org")
	for _, header := range []string{"", "Bearer", "Bearer ", "Basic abc", "bearer"} {
		for path, method := range map[string]string{"": "GET", "/withdraw": "POST"} {
			w := s.send(method, "/v1/requests/"+id+path, "", "192.0.2.1", "Authorization", header)
			if w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s with %q: %d", path, header, w.Code)
			}
		}
	}
	for _, route := range sessionRoutes(id) {
		for _, value := range []string{"", "x", "....", "a.b.c.d"} {
			w := s.as(person{session: value}, route.method, route.path, route.body)
			want := http.StatusUnauthorized
			if route.path == "/v1/links" && value == "" { // it is a wish of somebody without a session, who has to name an address
				want = http.StatusUnprocessableEntity
			}
			if w.Code != want || sessionIn(w) != "" {
				t.Errorf("%s %s with the session %q: %d %s", route.method, route.path, value, w.Code, w.Body)
			}
		}
	}
	box := servicetest.Proof("a@example.org").Mailbox
	for body, want := range map[string]int{`{"token":7}`: 422, `{"token":"x","right":"erasure"}`: 422, `{"token":"x","token":"y"}`: 400, `{}`: 422, `null`: 422, `{"token":""}`: 422} {
		if w := s.send("POST", "/v1/links/"+box+"/open", body, "192.0.2.1"); w.Code != want {
			t.Errorf("%s: %d, want %d", body, w.Code, want)
		}
	}
}

// A status link shows and allows the right things in each state: it reads the state and withdraws, and does nothing else (threat T30).
func TestThreat_T30_ALifeByItsStatusLink(t *testing.T) { enginetest.BothTTLs(t, aLifeByItsStatusLink) }

func aLifeByItsStatusLink(t *testing.T) {
	s := newRig(t)
	id := s.file("anna@example.org")
	token, path := status(id), "/v1/requests/"+id
	s.mailed(id)
	asked := func(when string) {
		t.Helper()
		before := s.Load(id).Request.Version
		for range 25 {
			for _, route := range []string{path + "/exports", path + "/confirm", "/v1/pending/" + id + "/discard", "/v1/pending/" + id + "/confirm"} {
				if code, body := s.bearer("POST", route, token); code != http.StatusUnauthorized {
					t.Fatalf("%s, %s: %d %s", route, when, code, body)
				}
			}
		}
		if s.Load(id).Request.Version != before {
			t.Errorf("%s, something changed", when)
		}
	}
	asked("before it is confirmed")
	s.Prove(id)
	asked("before the answer")
	s.exported(id)
	asked("after the answer")
	code, body := s.bearer("GET", path, token)
	if code != http.StatusOK || strings.Contains(body, "anna@") || !strings.Contains(body, `"usesLeft":10`) || strings.Count(body, `"export":`) != 1 {
		t.Errorf("%d %s", code, body)
	}
	if code, _ := s.bearer("POST", path+"/withdraw", token); code != http.StatusConflict {
		t.Errorf("withdrawing an answered request: %d", code)
	}
	open := s.file("berta@example.org")
	for range 2 { // calling twice is one withdrawal
		if code, body := s.bearer("POST", "/v1/requests/"+open+"/withdraw", status(open)); code != http.StatusOK || strings.Count(body, `"withdrawn"`) != 2 {
			t.Errorf("withdraw: %d %s", code, body)
		}
	}
	s.Clock.Advance(linkLife)
	if code, _ := s.bearer("GET", "/v1/requests/"+open, status(open)); code != http.StatusOK {
		t.Errorf("a status link after a week: %d", code)
	}
	s.Clock.Advance(25 * 31 * 24 * time.Hour)
	if code, _ := s.bearer("GET", "/v1/requests/"+open, status(open)); code != http.StatusNotFound {
		t.Errorf("a status link after 24 months: %d", code)
	}
}

// T23, T30: an unknown id, somebody else's id and each wrong token get the same 404 on the routes of status links.
func TestThreat_T23_ForeignIDs(t *testing.T) {
	s := newRig(t)
	mine, theirs := s.file("a@example.org"), s.file("b@example.org")
	link := s.mailed(mine)
	var same string
	for path, method := range map[string]string{"/v1/requests/%s": "GET", "/v1/requests/%s/withdraw": "POST"} {
		for _, id := range []string{mine, theirs, uuid.NewString(), strings.ToUpper(mine), "{" + mine + "}", "urn:uuid:" + mine, "0", strings.Repeat("9", 300), mine + ".1"} {
			for name, token := range map[string]subject.Token{
				"status": status(mine), "other status": status(theirs), "link": link.Token, "unsubscribe": subject.Token(link.Unsubscribe), "random": subject.NewToken(), "short": "x",
			} {
				if name == "status" && id == mine || name == "other status" && id == theirs { // the diagonal, which the other tests cover
					continue
				}
				code, body := s.bearer(method, fmt.Sprintf(path, id), token)
				if same == "" {
					same = body
				}
				if code != http.StatusNotFound || body != same {
					t.Errorf("%s %s with the %s token of another: %d %s", method, path, name, code, body)
				}
			}
		}
	}
}
