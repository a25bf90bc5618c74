package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/functions/policy/openapi"
	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// ours reports whether API Gateway passes the call to this function: by one of its routes, or because no function has a route for it.
func ours(method, path string) bool {
	own := strings.HasPrefix(path, "/v1/policy") || strings.HasPrefix(path, "/.well-known/") || path == "/v1/openapi.json" || strings.Contains(path, "/receipts/")
	return own || !slices.Contains(openapi.Methods(path), method)
}

// Whatever the method, the path and the client's conditions are, the answer is one that the contract declares, a 405 that lists the
// allowed methods, or a 404. A client gets "not modified" if, and only if, it named the version.
func FuzzPaths(f *testing.F) {
	h := routes(handler{origin: origin, list: policy.Versions(), policy: policy.InForce, now: func() time.Time { return updated }})
	etag := `"` + policy.Versions()[0].SHA256 + `"`
	for _, seed := range [][4]string{
		{"GET", "/v1/policy", `W/"x", ` + etag, "application/json"}, {"GET", "/v1/policy", etag, ""}, {"GET", "/v1/policy/versions/2020-01-01", "*", "*/*"},
		{"DELETE", "/v1/records/identity/x", "", ""}, {"GET", "/v1/pending/x/confirm", "", "TEXT/HTML;q=0.1"}, {"GET", "//", ",", "text/html"}, {"GET", "/v1/consents/../receipts/1", "", ""},
		{"GET", "/v1//policy", "W/W/" + etag, "text/html,*/*"}, {"POST", "/v1/consents/..", "", ""}, {"OPTIONS", "/é/\xff", "\x00", ";"}, {"0", "no slash", "", ""}, {"", "", "", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, method, path, match, accept string) {
		if method == "" || !ours(method, path) {
			return
		}
		got := openapitest.Send(t, h, method, path, "", "if-none-match", match, "accept", accept)
		if allow := got.Headers["Allow"]; (got.StatusCode == http.StatusMethodNotAllowed) != (allow != "") || slices.Contains(strings.Split(allow, ", "), method) {
			t.Errorf("%s %+q: %d, Allow %q", method, path, got.StatusCode, allow)
		}
		if got.StatusCode == http.StatusNotModified && !strings.Contains(match, "*") && !strings.Contains(match, got.Headers["Etag"]) {
			t.Errorf("%+q is taken for %s", match, got.Headers["Etag"])
		}
		if again := openapitest.Send(t, h, "GET", "/v1/policy", "", "if-none-match", match+", "+etag); again.StatusCode != http.StatusNotModified {
			t.Errorf("%+q, %s is answered %d", match, etag, again.StatusCode)
		}
	})
}

// A receipt is given only for the one stored record. The visitor's id may be in upper or lower case; the version has only one spelling.
func FuzzReceipt(f *testing.F) {
	const visitor = "6f1f8a9e-6f0a-4f3b-9d5e-2b8a1c7d4e90"
	key, _ := consent.Visitor(visitor)
	s := servicetest.New(f)
	if _, err := s.ByAddress.Recorder.Record(f.Context(), consent.Act{Subject: key, Operation: "once", PolicyVersion: policy.VersionInForce(s.Clock.Now()), Language: "en", Surface: "api",
		Decisions: map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Granted}}); err != nil {
		f.Fatal(err)
	}
	keys, err := receipt.NewKeys(secret, "")
	if err != nil {
		f.Fatal(err)
	}
	h := routes(handler{origin: origin, list: policy.Versions(), policy: policy.InForce, consents: &s.Consents.Store, keys: keys, now: s.Clock.Now})
	for _, seed := range [][2]string{{visitor, "1"}, {strings.ToUpper(visitor), "1"}, {visitor, "01"}, {visitor, "+1"}, {visitor, "2"}, {visitor, "1e0"}, {visitor, "9999999999"},
		{visitor, "-9223372036854775809"}, {"{" + visitor + "}", "١"}, {"..", " 1"}, {"e#x", "\x00"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, visitor, version string) {
		if visitor == "" || version == "" || strings.Contains(visitor+version, "/") {
			return // API Gateway has no such route
		}
		got := openapitest.Send(t, h, "GET", "/v1/consents/"+visitor+"/receipts/"+version, "")
		whose, _ := consent.Visitor(visitor)
		if want := whose == key && version == "1"; want != (got.StatusCode == http.StatusOK) {
			t.Errorf("%+q, version %+q: %d", visitor, version, got.StatusCode)
		}
	})
}
