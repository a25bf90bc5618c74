package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/functions/policy/openapi"
	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

const origin = "https://privacy.helpdeskexpert.com"

// updated is in the middle of the first day on which the newest version is in force.
var updated = policy.Versions()[0].InForceFrom().Add(12 * time.Hour)

// call answers a request at the given time and checks the exchange against the contract.
func call(t *testing.T, now time.Time, method, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	openapitest.Wrap(t, routes(handler{origin: origin, list: policy.Versions(), policy: policy.InForce, now: func() time.Time { return now }})).ServeHTTP(w, r)
	return w
}

func decode[T any](t *testing.T, w *httptest.ResponseRecorder) (v T) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPromise_A02_EveryVersionIsServedByteForByte(t *testing.T) {
	list := decode[[]policy.Published](t, call(t, updated, "GET", "/v1/policy/versions"))
	if len(list) < 3 {
		t.Fatalf("%d versions", len(list))
	}
	for _, v := range list {
		w := call(t, updated, "GET", "/v1/policy/versions/"+v.Version)
		sum := sha256.Sum256(w.Body.Bytes())
		if hex.EncodeToString(sum[:]) != v.SHA256 || w.Header().Get("ETag") != `"`+v.SHA256+`"` {
			t.Errorf("%s is not what was published", v.Version)
		}
	}
	current := call(t, updated, "GET", "/v1/policy")
	if current.Header().Get("ETag") != `"`+list[0].SHA256+`"` || !strings.HasPrefix(current.Header().Get("Cache-Control"), "public") {
		t.Errorf("the version in force: %v", current.Header())
	}
	if w := call(t, updated, "GET", "/v1/policy/versions/2020-01-01"); w.Code != http.StatusNotFound {
		t.Errorf("an unknown version: %d", w.Code)
	}
}

func TestPolicyIsNotSentTwice(t *testing.T) {
	etag := call(t, updated, "GET", "/v1/policy").Header().Get("ETag")
	for tag, want := range map[string]int{etag: 304, "W/" + etag: 304, `"x", ` + etag: 304, "*": 304, `"x"`: 200, "": 200} {
		if w := call(t, updated, "GET", "/v1/policy", "If-None-Match", tag); w.Code != want {
			t.Errorf("If-None-Match %s: %d, want %d", tag, w.Code, want)
		}
		if w := call(t, updated, "GET", "/v1/policy/versions/"+policy.VersionInForce(updated), "If-None-Match", tag); w.Code != want {
			t.Errorf("a version, If-None-Match %s: %d, want %d", tag, w.Code, want)
		}
	}
}

func TestPromise_K01_LastUpdatedIsThePublication(t *testing.T) {
	p := decode[policy.Policy](t, call(t, updated, "GET", "/v1/policy"))
	if p.LastUpdated != policy.Versions()[0].LastUpdated || p.Version != policy.VersionInForce(updated) {
		t.Errorf("version %s of %s", p.Version, p.LastUpdated)
	}
}

func TestPromise_K03_BannerByTheServersClock(t *testing.T) {
	list, days := policy.Versions(), policy.Newest().BannerDays
	announced := list[slices.IndexFunc(list, func(v policy.Published) bool { return v.Kind != policy.Editorial })]
	first, err := time.Parse(time.DateOnly, announced.LastUpdated)
	if err != nil {
		t.Fatal(err)
	}
	until := first.AddDate(0, 0, days+1).Format(time.RFC3339) // all of the last day
	for day, want := range map[int]bool{0: true, days - 1: true, days: true, days + 1: false} {
		got := decode[struct {
			Show                    bool
			Version, Until, Summary string
		}](t, call(t, first.AddDate(0, 0, day).Add(12*time.Hour), "GET", "/v1/policy/banner"))
		if got.Show != want || got.Version != announced.Version || got.Until != until || got.Summary != announced.Summary || got.Summary == "" {
			t.Errorf("day %d: %+v", day, got)
		}
	}
}

// Promise: G07.
func TestPromise_A01_SecurityTxtIsFromThePolicyAndFresh(t *testing.T) {
	w := call(t, updated, "GET", "/.well-known/security.txt")
	for _, line := range []string{
		"Contact: mailto:security@helpdeskexpert.com\n", "Expires: " + securityExpires + "\n", "Preferred-Languages: en\n",
		"Canonical: " + origin + "/.well-known/security.txt\n", "Policy: " + origin + "/#security\n",
	} {
		if strings.Count(w.Body.String(), line) != 1 {
			t.Errorf("security.txt lacks %q", line)
		}
	}
	if w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("content type %s (RFC 9116, section 3)", w.Header().Get("Content-Type"))
	}
	expires, err := time.Parse(time.RFC3339, securityExpires)
	if err != nil || !expires.After(time.Now()) {
		t.Errorf("security.txt is stale (%v): look at the contact again and move securityExpires", err)
	}
}

func TestPromise_D01_GlobalPrivacyControlIsHonoured(t *testing.T) {
	got := decode[map[string]any](t, call(t, updated, "GET", "/.well-known/gpc.json"))
	if got["gpc"] != true || got["lastUpdate"] != policy.InForce(updated).LastUpdated {
		t.Errorf("%v", got)
	}
}

func TestContractIsServed(t *testing.T) {
	if w := call(t, updated, "GET", "/v1/openapi.json"); w.Code != 200 || w.Body.String() != string(openapi.Document()) {
		t.Errorf("%d, %d bytes", w.Code, w.Body.Len())
	}
}

// Every declared path answers other methods with 405 and Allow. Every undeclared path answers 404.
func TestUnknownPathsAndMethods(t *testing.T) {
	for _, route := range openapi.Routes() {
		_, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("{", "", "}", "").Replace(path)
		w := call(t, updated, "DELETE", path)
		if allow := w.Header().Get("Allow"); w.Code != http.StatusMethodNotAllowed || allow != strings.Join(openapi.Methods(path), ", ") {
			t.Errorf("DELETE %s: %d, Allow %q", path, w.Code, allow)
		}
	}
	for _, path := range []string{"/nothing", "/v1", "/v1/policy/", "/v1/records/identity", "/V1/policy"} {
		if w := call(t, updated, "POST", path); w.Code != http.StatusNotFound {
			t.Errorf("POST %s: %d", path, w.Code)
		}
	}
	if w := call(t, updated, "PATCH", "/v1/records/identity/self"); w.Header().Get("Allow") != "PUT" {
		t.Errorf("Allow %q", w.Header().Get("Allow"))
	}
}

const (
	browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" // what browsers accept when they load a page
	mangled = "/requests/%3C%2Fmain%3Esecret"
)

// A person who mangled a mailed link sees a page. Its status is the one that a program gets, and it repeats nothing of the path.
func TestPromise_A01_UnknownPathsArePagesInABrowser(t *testing.T) {
	for path, want := range map[string]int{mangled + "/": 404, "/me/": 404, "/requests/": 404, "/requests": 404, "/nothing": 404, "/v1/requests": 405} {
		w := call(t, updated, "GET", path, "Accept", browser)
		body, c := w.Body.String(), policy.InForce(updated).Controller
		if w.Code != want || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Content-Type"))
		}
		facts := []string{`href="tel:` + c.PhoneDigits() + `"`, `<a href="/request">Use your rights</a>`, c.Name, c.Site, c.Email, c.Phone, html.EscapeString(c.Team), c.PrivacyEmail, c.SecurityEmail}
		for _, authority := range policy.InForce(updated).Authorities { // promise L01
			facts = append(facts, html.EscapeString(authority.Name), authority.Site)
		}
		for _, fact := range facts {
			if !strings.Contains(body, fact) {
				t.Errorf("%s: the page lacks %q", path, fact)
			}
		}
		if strings.Contains(body, "secret") || strings.ContainsAny(body, "{}") {
			t.Errorf("%s: the page repeats the path, or is unfinished", path)
		}
	}
}

func TestThreat_T22_TheUnknownPageCannotBeFramed(t *testing.T) {
	w := call(t, updated, "GET", "/nothing", "Accept", browser)
	csp := w.Header().Get("Content-Security-Policy")
	if !strings.Contains(csp, "frame-ancestors 'none'") || w.Header().Get("X-Frame-Options") != "DENY" || strings.Contains(csp, "unsafe") || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%v", w.Header())
	}
}

// Every call that is not a browser's page load gets a problem document.
func TestUnknownPathsAreProblemsForPrograms(t *testing.T) {
	for _, r := range [][3]string{{"GET", "/nothing", "*/*"}, {"GET", "/nothing", ""}, {"GET", "/me/", "application/json, text/*"}, {"POST", "/nothing", browser}, {"PUT", "/v1/requests", browser}} {
		if w := call(t, updated, r[0], r[1], "Accept", r[2]); w.Header().Get("Content-Type") != "application/problem+json" || w.Header().Get("Vary") != "Accept" {
			t.Errorf("%v: %d %v", r, w.Code, w.Header())
		}
	}
}

func TestTheUnknownPageEscapesItsFacts(t *testing.T) {
	if got := string(page("<p>{team}</p>", &policy.Policy{Controller: policy.Controller{Team: `The <Team> & "Co"`}})); got != "<p>The &lt;Team&gt; &amp; &#34;Co&#34;</p>" {
		t.Error(got)
	}
}

func TestPromise_A03_ForeignOriginChangesNothing(t *testing.T) {
	for o, want := range map[string]int{"https://www.example.com": 405, origin: 405, "https://evil.example": 403, "null": 403} {
		r := httptest.NewRequest("POST", "/v1/policy", nil)
		r.Header.Set("Origin", o)
		w := httptest.NewRecorder()
		routes(handler{origin: origin, list: policy.Versions(), policy: policy.InForce, now: time.Now}, "https://www.example.com").ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", o, w.Code, want)
		}
	}
}

// T12: a mailed link to a mailbox's page in which a mail gateway has turned # into %23 leads back to the page, with the secret in the fragment.
// Nobody stores the answer, and it leads nowhere else (T13).
func TestThreat_T12_ARewrittenLinkIsLedBack(t *testing.T) {
	w := call(t, updated, "GET", "/me%23bWJ4.dG9r-_4", "Accept", "text/html")
	if w.Code != http.StatusFound || w.Header().Get("Location") != "/me#bWJ4.dG9r-_4" || w.Header().Get("Cache-Control") != "no-store" || w.Body.Len() > 0 {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	for _, path := range []string{"/me%23bWJ4", "/me%23bWJ4.%2F%2Fevil.example", "/me%23a.b.c", "/me/x"} {
		if w := call(t, updated, "GET", path, "Accept", "text/html"); w.Code != http.StatusNotFound || w.Header().Get("Location") != "" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
	if w := call(t, updated, "GET", "/me%23bWJ4.dG9r-_4"); w.Code != http.StatusNotFound {
		t.Errorf("a program gets %d", w.Code)
	}
}
