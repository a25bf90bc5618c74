package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/sam"
	"github.com/helpdeskexpert/privacy/shared/pages"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

const (
	testOrigin  = "https://privacy.example"
	testStorage = "https://storage.example"
	testID      = "0190f4e2-0000-7000-8000-000000000001"
)

// testVersion is the newest version.
var testVersion = policy.Newest().Version

// testNow is a time at which the newest version is in force and the strip is gone.
func testNow() time.Time {
	return policy.DaysAfter(policy.Versions()[0].EffectiveFrom, policy.Newest().BannerDays).AddDate(0, 3, 0)
}

// pageOf maps each route to its page.
var pageOf = map[string]pages.Name{
	"GET /": pages.PolicyPage, "GET /policy/versions": pages.VersionsPage, "GET /policy/versions/{version}": pages.VersionPage,
	"GET /policy/changes/{version}": pages.ChangesPage, "GET /request": pages.RequestPage, "GET /request/sent": pages.SentPage, "GET /request/done": pages.DonePage, "GET /request/problem": pages.ProblemPage, "GET /me": pages.MePage, "GET /requests/{id}": pages.StatusPage,
	"GET /exports/{id}": pages.ExportPage,
}

// htmlRoutes returns the path of every page that template.yaml routes to this function, with the page's name.
func htmlRoutes(t testing.TB) map[string]pages.Name {
	t.Helper()
	template, err := sam.Load("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	centre, _ := template.Function("CentreFunction")
	all := map[string]pages.Name{}
	for _, route := range centre.Routes {
		if route.Key == "GET /assets/{file}" {
			continue
		}
		name, known := pageOf[route.Key]
		if !known {
			t.Fatalf("%s is a page that no test looks at", route.Key)
		}
		all[strings.NewReplacer("GET ", "", "{id}", testID, "{version}", testVersion).Replace(route.Key)] = name
	}
	if len(all) != len(pageOf) {
		t.Fatalf("%d of %d pages are routed", len(all), len(pageOf))
	}
	all["/request?right=automated_decisions"], all["/request?right=restriction"] = pages.FormPage, pages.FormPage
	return all
}

func newSite(t testing.TB) *pages.Site {
	t.Helper()
	s, err := pages.NewSite(pages.Compiled())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func get(t testing.TB, path string) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	openapitest.Wrap(t, routes(newSite(t), testNow, testOrigin, testStorage)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Result()
}

func TestThreat_T22_PagesCannotBeFramed(t *testing.T) {
	for path := range htmlRoutes(t) {
		r := get(t, path)
		if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Fatalf("%s: %d %s", path, r.StatusCode, r.Header.Get("Content-Type"))
		}
		if !slices.Contains(directives(r), "frame-ancestors 'none'") || r.Header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s can be framed", path)
		}
	}
}

func TestThreat_T12_PagesKeepSecretsToThemselves(t *testing.T) {
	for path, name := range htmlRoutes(t) {
		r := get(t, path)
		want := "no-referrer"
		if name == pages.FormPage { // its form needs an origin, and its address has no secret
			want = "same-origin"
		}
		if r.Header.Get("Referrer-Policy") != want {
			t.Errorf("%s: the address travels on", path)
		}
		if !name.OfPolicy() && r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be stored", path)
		}
	}
}

func TestPromise_G03_PagesInsistOnTLS(t *testing.T) {
	for path := range htmlRoutes(t) {
		if !strings.HasPrefix(get(t, path).Header.Get("Strict-Transport-Security"), "max-age=63072000") {
			t.Errorf("%s lacks HSTS", path)
		}
	}
}

func TestThreat_T17_PagesRunNothingButTheirOwnScript(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<script(?:[^>]*)>[^<]|\son\w+\s*=|style\s*=|"javascript:|<(?:iframe|object|embed|base)\b`)
	for path, name := range htmlRoutes(t) {
		r := get(t, path)
		got := directives(r)
		forms := "form-action 'none'"
		if name == pages.FormPage {
			forms = "form-action 'self'"
		}
		for _, want := range []string{"default-src 'none'", "base-uri 'none'", forms, "require-trusted-types-for 'script'"} {
			if !slices.Contains(got, want) {
				t.Errorf("%s: the policy lacks %s", path, want)
			}
		}
		if scripts := slices.Contains(got, "script-src 'self'"); scripts != name.Scripted() {
			t.Errorf("%s may run scripts: %t", path, scripts)
		}
		if csp := strings.Join(got, ";"); strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
			t.Errorf("%s: the policy is loose: %s", path, csp)
		}
		if name != pages.ExportPage && strings.Contains(strings.Join(got, ";"), testStorage) {
			t.Errorf("%s may reach the exports", path)
		}
		body, _ := io.ReadAll(r.Body)
		if found := inline.Find(body); found != nil {
			t.Errorf("%s: inline code: %s", path, found)
		}
	}
}

func TestThreat_T23_PagesAreTheSameForEveryID(t *testing.T) {
	for path := range htmlRoutes(t) {
		path, withID := strings.CutSuffix(path, testID)
		if !withID {
			continue
		}
		a, _ := io.ReadAll(get(t, path+testID).Body)
		b, _ := io.ReadAll(get(t, path+"no-such-id").Body)
		c, _ := io.ReadAll(get(t, path+testID+"%23c2VjcmV0").Body)
		if len(a) == 0 || string(a) != string(b) || string(a) != string(c) {
			t.Errorf("%s tells ids apart", path)
		}
	}
}

func TestAssetsAreImmutable(t *testing.T) {
	page, _ := io.ReadAll(get(t, "/request?right=access").Body)
	found := regexp.MustCompile(`/assets/[\w.-]+`).FindAllString(string(page), -1)
	if len(found) < 3 {
		t.Fatalf("the page names %d assets", len(found))
	}
	for _, path := range found {
		r := get(t, path)
		if r.StatusCode != http.StatusOK || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d, %s", path, r.StatusCode, r.Header.Get("Cache-Control"))
		}
	}
}

// Another function serves the page for unknown paths, and it does not know the hashes. The files that it names exist under their
// plain names, and caches do not keep them for ever.
func TestAssetsByTheirPlainNames(t *testing.T) {
	page, err := os.ReadFile("../policy/missing.html")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`/assets/[\w.-]+`).FindAllString(string(page), -1)
	if len(found) < 2 {
		t.Fatalf("the page names %q", found)
	}
	for _, path := range found {
		r := get(t, path)
		if r.StatusCode != http.StatusOK || r.Header.Get("Cache-Control") != "public, max-age=300" {
			t.Errorf("%s: %d, %s", path, r.StatusCode, r.Header.Get("Cache-Control"))
		}
	}
}

// A client that accepts gzip gets the whole answer compressed; any other gets the plain bytes. Vary tells caches that both exist.
func TestEverythingIsServedCompressed(t *testing.T) {
	h := routes(newSite(t), testNow, testOrigin, testStorage)
	ask := func(path, accepts string) *httptest.ResponseRecorder {
		r, w := httptest.NewRequest(http.MethodGet, path, nil), httptest.NewRecorder()
		r.Header.Set("Accept-Encoding", accepts)
		h.ServeHTTP(w, r)
		return w
	}
	page := ask("/exports/"+testID, "").Body.String()
	paths := append(regexp.MustCompile(`/assets/[\w.-]+`).FindAllString(page, -1), "/", "/policy/versions", "/policy/versions/"+testVersion, "/policy/changes/"+testVersion, "/request", "/request?right=restriction", "/me")
	for _, path := range paths {
		plain := ask(path, "identity").Body.Bytes()
		for accepts, want := range map[string]string{"gzip, deflate, br": "gzip", "br;q=1.0, GZIP;q=0.8": "gzip", "gzip;q=0": "", "gzip; q=0.000": "", "br": "", "": ""} {
			w := ask(path, accepts)
			if w.Header().Get("Content-Encoding") != want || w.Header().Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s for %q: %q", path, accepts, w.Header().Get("Content-Encoding"))
			}
			got := io.Reader(w.Body)
			if want == "gzip" {
				if w.Body.Len() >= len(plain) && len(plain) > 1000 {
					t.Errorf("%s: %d bytes became %d", path, len(plain), w.Body.Len())
				}
				unzipped, err := gzip.NewReader(w.Body)
				if err != nil {
					t.Fatal(path, err)
				}
				got = unzipped
			}
			if body, err := io.ReadAll(got); err != nil || !bytes.Equal(body, plain) {
				t.Errorf("%s for %q is not the file: %v", path, accepts, err)
			}
		}
	}
}

func TestUnknownPathsAreProblems(t *testing.T) {
	for _, path := range []string{"/assets/manifest.json", "/assets/style-0.css", "/assets/..%2fmain.go", "/no/such/page"} {
		r := get(t, path)
		if r.StatusCode != http.StatusNotFound || r.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", path, r.StatusCode, r.Header.Get("Content-Type"))
		}
	}
}

func TestMainStaysSmall(t *testing.T) {
	source, err := os.ReadFile("main.go")
	if err != nil || strings.Count(string(source), "\n") > 40 {
		t.Error("main.go does more than wire", err)
	}
}

// directives returns the directives of a response's Content-Security-Policy.
func directives(r *http.Response) []string {
	parts := strings.Split(r.Header.Get("Content-Security-Policy"), ";")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}
