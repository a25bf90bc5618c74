package openapitest_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
)

// listener is a test that only records the errors that are reported to it.
type listener struct {
	testing.TB
	said []string
}

func (l *listener) Helper() {}

func (l *listener) Errorf(format string, args ...any) {
	l.said = append(l.said, fmt.Sprintf(format, args...))
}

const consent = `{"version":1,"gpc":false,"decisions":{"analytics_cookies":{"state":"granted"},"marketing_cookies":{"state":"denied"},"marketing_email":{"state":"undecided"},"testimonials":{"state":"undecided"}}}`
const act = `{"subject":{"visitor":"7d3f6c0e-2f4b-4f0a-9a57-1f6f1f0f8a11"},"decisions":{"analytics_cookies":"granted"},"policyVersion":"2026-11-02","language":"en","surface":"banner"}`

// jws returns a compact JWS of the contract's form with an invalid signature.
func jws(header, payload string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(header)) + "." + encode([]byte(payload)) + "." + strings.Repeat("A", 86)
}

const receiptPath = "/v1/consents/7d3f6c0e-2f4b-4f0a-9a57-1f6f1f0f8a11/receipts/1"

// Each exchange breaks the contract in the way that its name says. The first is correct.
func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name, method, path, sent string
		status                   int
		contentType, etag, body  string
		want                     string // part of the reported error; empty if there must be none
	}{
		{"as declared", "POST", "/v1/consents", act, 201, "application/json", `"1"`, consent, ""},
		{"undeclared status", "POST", "/v1/consents", act, 204, "", "", "", "does not declare this status"},
		{"content type", "POST", "/v1/consents", act, 201, "text/html", `"1"`, consent, "content type text/html"},
		{"header missing", "POST", "/v1/consents", act, 201, "application/json", "", consent, "header ETag is missing"},
		{"header's form", "POST", "/v1/consents", act, 201, "application/json", "1", consent, "ETag is not as"},
		{"unknown member", "POST", "/v1/consents", act, 201, "application/json", `"1"`, strings.Replace(consent, `"gpc"`, `"name":"x","gpc"`, 1), "name"},
		{"wrong value", "POST", "/v1/consents", act, 201, "application/json", `"1"`, strings.Replace(consent, "granted", "maybe", 1), "decisions"},
		{"time not in UTC", "POST", "/v1/consents", act, 201, "application/json", `"1"`, strings.Replace(consent, `"gpc"`, `"recordedAt":"2026-11-10T09:30:00+01:00","gpc"`, 1), "recordedAt"},
		{"not JSON", "POST", "/v1/consents", act, 201, "application/json", `"1"`, "granted", "not JSON"},
		{"bad request accepted", "POST", "/v1/consents", `{"subject":{}}`, 201, "application/json", `"1"`, consent, "POST /v1/consents is not as"},
		{"no request accepted", "POST", "/v1/consents", "", 201, "application/json", `"1"`, consent, "without its body"},
		{"bad request refused", "POST", "/v1/consents", "{", 400, "application/problem+json", "", `{"type":"urn:problem:malformed","title":"Bad Request","status":400,"detail":"The body is not well-formed JSON."}`, ""},
		{"problem's status", "POST", "/v1/consents", "{", 400, "application/problem+json", "", `{"type":"urn:problem:malformed","title":"Bad Request","status":422,"detail":"The body is not well-formed JSON."}`, "says 422"},
		{"answer not shown", "POST", "/v1/consents", "{", 400, "application/problem+json", "", `{"type":"urn:problem:malformed","title":"Bad Request","status":400,"detail":"No."}`, "400 No.: the contract shows no such answer"},
		{"path parameter", "GET", "/v1/consents/me", "", 200, "application/json", `"1"`, consent, "visitor"},
		{"no token", "GET", "/v1/requests/x", "", 200, "application/json", "", `{}`, "without a secret"},
		{"unknown path", "GET", "/nothing", "", 200, "application/json", "", "{}", "not in the contract"},
		{"unknown path, no problem", "GET", "/nothing", "", 404, "application/json", "", "{}", "a problem"},
		{"receipt's payload", "GET", receiptPath, "", 200, "application/jose", "", jws(`{"alg":"EdDSA","typ":"consent-receipt+jwt","kid":"`+strings.Repeat("A", 43)+`"}`, `{"iss":1}`), "missing properties 'iat'"},
		{"receipt's header", "GET", receiptPath, "", 200, "application/jose", "", jws(`{"alg":"none"}`, `{}`), "'EdDSA'"},
		{"receipt's form", "GET", receiptPath, "", 200, "application/jose", "", "a.b", "does not match pattern"},
		{"body of a 304", "GET", "/v1/policy", "", 304, "", "", "x", "contract declares none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.path, nil)
			r.Header.Set("Content-Type", "application/json")
			resp := &http.Response{StatusCode: c.status, Header: http.Header{}}
			resp.Header.Set("Content-Type", c.contentType)
			resp.Header.Set("Cache-Control", "no-store")
			if c.etag != "" {
				resp.Header.Set("ETag", c.etag)
			}
			heard := &listener{TB: t}
			openapitest.Check(heard, r, []byte(c.sent), resp, []byte(c.body))
			all := strings.Join(heard.said, "\n")
			if c.want == "" && all != "" || !strings.Contains(all, c.want) {
				t.Errorf("said %q, want %q", all, c.want)
			}
		})
	}
}

// An operation may declare several secrets, and none of them as one more choice. Whatever was accepted came with one of them.
func TestEveryDeclaredSecretCounts(t *testing.T) {
	const token, session = "Authorization: Bearer x", "Cookie: __Host-me=x"
	for _, c := range []struct {
		method, path, header string
		fine                 bool
	}{
		{"GET", "/v1/me", session, true},
		{"GET", "/v1/me", token, false},
		{"GET", "/v1/me", "Cookie: __Host-me=", false},
		{"GET", "/v1/me", "Cookie: me=x", false},
		{"POST", "/v1/requests/x/withdraw", session, true},
		{"POST", "/v1/requests/x/withdraw", token, true},
		{"POST", "/v1/requests/x/withdraw", "Accept: */*", false},
		{"POST", "/v1/links", "Accept: */*", true},
		{"POST", "/v1/links", session, true},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		name, value, _ := strings.Cut(c.header, ": ")
		r.Header.Set(name, value)
		heard := &listener{TB: t}
		openapitest.Check(heard, r, nil, &http.Response{StatusCode: 200, Header: http.Header{}}, nil)
		if fine := !strings.Contains(strings.Join(heard.said, "\n"), "without a secret"); fine != c.fine {
			t.Errorf("%s %s with %s: %q", c.method, c.path, c.header, heard.said)
		}
	}
}

// T12: caches store no answer unless the contract declares that it is the same for everybody. This includes problems of unknown paths.
func TestThreat_T12_WhatIsNotPublicIsNotStored(t *testing.T) {
	for _, c := range []struct {
		method, path, body, cache string
		status                    int
		fine                      bool
	}{
		{"POST", "/v1/consents", consent, "no-store", 201, true},
		{"POST", "/v1/consents", consent, "", 201, false},
		{"POST", "/v1/consents", consent, "private", 201, false},
		{"POST", "/v1/consents", problem(400), "", 400, false},
		{"GET", "/nothing", problem(404), "", 404, false},
		{"GET", "/nothing", problem(404), "no-store", 404, true},
		{"GET", "/.well-known/gpc.json", `{"gpc":true,"lastUpdate":"2026-11-02"}`, "public, max-age=60", 200, true},
		{"GET", "/.well-known/gpc.json", problem(500), "public, max-age=60", 500, false},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		r.Header.Set("Content-Type", "application/json")
		resp := &http.Response{StatusCode: c.status, Header: http.Header{"Etag": {`"1"`}, "Content-Type": {"application/json"}, "Cache-Control": {c.cache}}}
		if c.status >= 400 {
			resp.Header.Set("Content-Type", "application/problem+json")
		}
		heard := &listener{TB: t}
		openapitest.Check(heard, r, []byte(map[string]string{"POST": act}[c.method]), resp, []byte(c.body))
		if (len(heard.said) == 0) != c.fine || len(heard.said) > 0 && !strings.Contains(heard.said[0], "may be stored") {
			t.Errorf("%s %s %d with %q: %q", c.method, c.path, c.status, c.cache, heard.said)
		}
	}
}

func problem(status int) string {
	return fmt.Sprintf(`{"type":"urn:problem:x","title":"x","status":%d,"detail":"x"}`, status)
}
