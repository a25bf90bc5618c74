package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/seed/people"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/pages"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
)

// spoilt returns all published versions with every sentence rewritten: the argument is given a number for each version and returns what
// rewrites its texts.
func spoilt(t testing.TB, rewrite func(place int) func(string) string) pages.Policies {
	t.Helper()
	p := pages.Compiled()
	text := p.Text
	p.Text = func(version string) ([]byte, bool) {
		published, ok := text(version)
		return texts(t, published, rewrite(int(version[3])), machine...), ok
	}
	list, err := json.Marshal(p.Published)
	if err != nil {
		t.Fatal(err)
	}
	p.Published = nil
	if err := json.Unmarshal(texts(t, list, rewrite(3), append(slices.Clone(machine), "sha256")...), &p.Published); err != nil {
		t.Fatal(err)
	}
	return p
}

// published returns a version as it was published.
func published(t testing.TB, version string) *policy.Policy {
	t.Helper()
	text, ok := pages.Compiled().Text(version)
	if !ok {
		t.Fatal("there is no version ", version)
	}
	var p policy.Policy
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return &p
}

// awaiting returns the policies as they are while the newest version is coming: it takes effect 30 days after it really does.
func awaiting(t testing.TB) pages.Policies {
	t.Helper()
	p := pages.Compiled()
	p.InForce = policytest.Always(published(t, p.Published[1].Version))
	p.Published = slices.Clone(p.Published)
	p.Published[0].EffectiveFrom = p.Published[0].InForceFrom().AddDate(0, 0, 30).Format(time.DateOnly)
	return p
}

// announced returns the policies as they are while the newest version is in force and the strip stands, and when the strip goes away: after the
// days of the policy, counted from the midnight after the newest publication that is no editorial one.
func announced(t testing.TB) (p pages.Policies, end time.Time) {
	t.Helper()
	p = pages.Compiled()
	p.InForce = policytest.Always(policy.Newest())
	v := p.Published[slices.IndexFunc(p.Published, func(v policy.Published) bool { return v.Kind != policy.Editorial })]
	day, err := time.Parse(time.DateOnly, v.LastUpdated)
	if err != nil {
		t.Fatal(err)
	}
	return p, day.AddDate(0, 0, policy.Newest().BannerDays+1)
}

// asOf returns the policies as they were when a version was the newest, was in force and was announced.
func asOf(t testing.TB, version string) pages.Policies {
	t.Helper()
	p := pages.Compiled()
	p.InForce = policytest.Always(published(t, version))
	p.Banner = func(time.Time) policy.Banner { return policy.Banner{Show: true, Version: version} }
	p.Published = p.Published[slices.IndexFunc(p.Published, func(v policy.Published) bool { return v.Version == version }):]
	return p
}

func siteOf(t testing.TB, p pages.Policies) *pages.Site {
	t.Helper()
	s, err := pages.NewSite(p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// at returns a clock that stands still.
func at(now time.Time) func() time.Time { return func() time.Time { return now } }

// The pages about versions fit a phone and a desktop, and break no rule of axe-core, in light and in dark.
func TestPromise_A02_PagesOfVersionsAreAccessible(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	policies, end := announced(t)
	now := at(end.AddDate(0, 0, -8))
	later, news, soon := serve(t).origin, serveAt(t, siteOf(t, policies), now).origin, serveAt(t, siteOf(t, awaiting(t)), now).origin
	views := map[string]string{
		"news": news + "/", "coming": soon + "/", "versions": news + "/policy/versions", "versions-coming": soon + "/policy/versions",
		"version": later + "/policy/versions/" + testVersion, "version-old": later + "/policy/versions/2024-09-02", "version-coming": soon + "/policy/versions/" + testVersion,
		"changes": later + "/policy/changes/" + testVersion, "changes-coming": soon + "/policy/changes/" + testVersion, "changes-large": later + "/policy/changes/2026-11-02", "changes-small": later + "/policy/changes/2025-08-18",
		"changes-first": later + "/policy/changes/2024-09-02", "version-unknown": later + "/policy/versions/2023-01-01",
	}
	type point struct {
		view string
		look look
	}
	var points []point // a sample has each view about once, and goes through the looks in turn
	for _, view := range slices.Sorted(maps.Keys(views)) {
		for _, l := range looks(320, 390, 1280) {
			points = append(points, point{view, l})
		}
	}
	shown := ""
	for i, p := range soak.Sample(points, 11) {
		if p.view != shown {
			browsertest.Do(t, ctx, chromedp.Navigate(views[p.view]))
			shown = p.view
		}
		browsertest.Look(t, ctx, p.look.width, 844, p.look.scheme)
		browsertest.Fits(t, ctx)
		if over := browsertest.Get(t, ctx, chromedp.Evaluate[[]string](sticksOut)); len(over) > 0 {
			t.Errorf("these stick out of their cards: %q", over)
		}
		if i%soak.Pick(1, 2) == 0 { // each width in light or in dark
			browsertest.Accessible(t, ctx)
		}
		name := fmt.Sprintf("%s-%d-%s", p.view, p.look.width, p.look.scheme)
		picture(t, ctx, name)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// sticksOut lists what is wider than the card that it stands in.
const sticksOut = `[...document.querySelectorAll('.change, .versions > li, .note')].flatMap(card => [...card.querySelectorAll('*')].filter(n =>
  !n.closest('.unseen') && n.getBoundingClientRect().right > card.getBoundingClientRect().right - 4).map(n => n.textContent.slice(0, 40)))`

// K01, A02: the page of an old version shows the text that was published, and says that it no longer applies. Its layout breaks no word.
func TestPromise_A02_AnOldVersionCanBeRead(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	for _, width := range []int64{360, 768, 1280} {
		browsertest.Look(t, ctx, width, 900, "light")
		browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/policy/versions/2024-09-02"))
		if words := browsertest.Get(t, ctx, chromedp.Evaluate[[]string](broken)); len(words) > 0 {
			t.Errorf("at %d px: broken words: %q", width, words)
		}
	}
	got := browsertest.Text(t, ctx, "main")
	for _, want := range []string{"no longer in force", "was replaced on 18 August 2025", "Whoever uses our website, services or live chat acknowledges"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(got, "The smallest count is 0") {
		t.Error("the page speaks of counts, of which the version does not")
	}
}

// A person moves from the policy to what changed in a section, and to the whole section, by links alone. The version of 2026-11-02 changed many
// sections.
func TestPromise_A02_ThePagesLeadToEachOther(t *testing.T) {
	t.Parallel()
	f := serveSite(t, siteOf(t, asOf(t, "2026-11-02")))
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/"))
	click(t, ctx, ".strip a")
	browsertest.Text(t, ctx, ".changes h1")
	click(t, ctx, `.toc a[href="#retention"]`)
	click(t, ctx, `section[aria-labelledby="retention"] .rest a`)
	browsertest.Text(t, ctx, ".opening .note")
	if got := location(t, ctx); got != f.origin+"/policy/versions/2026-11-02#retention" {
		t.Errorf("the links lead to %s", got)
	}
	click(t, ctx, `.opening a[href="/policy/versions"]`)
	browsertest.Text(t, ctx, ".versions")
	click(t, ctx, `.versions li:last-child a`)
	if got := browsertest.Text(t, ctx, "h1"); got != "Privacy policy of 2 September 2024" {
		t.Errorf("the page is %q", got)
	}
	if got := browsertest.Get(t, ctx, chromedp.Evaluate[string](`document.cookie + localStorage.length + sessionStorage.length`)); got != "00" {
		t.Errorf("the pages store %q", got)
	}
}

// What a screen reader reads of a change tells what was added from what was removed, in words.
func TestPromise_K05_ChangesAreToldInWordsToo(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/policy/changes/2026-11-02"))
	const untold = `[...document.querySelectorAll('.change ins, .change del')].filter(n => {
	  const word = n.tagName === 'INS' ? 'added' : 'removed', card = n.closest('.change')
	  return !n.textContent.startsWith('[' + word + ': ') && card.querySelector('.mark')?.textContent.toLowerCase() !== word
	}).length`
	if n := browsertest.Get(t, ctx, chromedp.Evaluate[int](untold)); n != 0 {
		t.Errorf("%d changes are told by their looks alone", n)
	}
	const lines = `[...document.querySelectorAll('.changed ins, .changed del')].map(n => n.tagName + getComputedStyle(n).textDecorationLine).filter((x, i, all) => all.indexOf(x) === i).sort().join()`
	if got := browsertest.Get(t, ctx, chromedp.Evaluate[string](lines)); got != "DELline-through,INSunderline" {
		t.Errorf("without colours the changes look like %q", got)
	}
}

// Markup in a text of any version stays text on the page of changes: in what was added, in what was removed and in what is the same.
func TestThreat_T17_NothingInADifferenceBecomesMarkup(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	const tags = `[...new Set([...document.querySelectorAll('*')].map(n => n.tagName))].sort()`
	const code = `String(window.broken) + document.querySelectorAll('[style], [onerror], [onload], [onclick], [onmouseover], [onfocus], [href^="javascript:"]').length`
	browsertest.Do(t, ctx, chromedp.Navigate(serve(t).origin+"/policy/changes/2026-11-02"))
	known := browsertest.Get(t, ctx, chromedp.Evaluate[[]string](tags))
	markup := soak.Sample(people.Markup(), 6)
	for _, piece := range markup {
		policies := spoilt(t, func(place int) func(string) string {
			return func(text string) string { return fmt.Sprintf("%s %s %d%s", piece, text, place, piece) }
		})
		browsertest.Do(t, ctx, chromedp.Navigate(serveSite(t, siteOf(t, policies)).origin+"/policy/changes/2026-11-02"))
		for _, tag := range browsertest.Get(t, ctx, chromedp.Evaluate[[]string](tags)) {
			if !slices.Contains(known, tag) {
				t.Errorf("%q became the element %s", piece, tag)
			}
		}
		if got := browsertest.Get(t, ctx, chromedp.Evaluate[string](code)); got != "undefined0" {
			t.Errorf("%q became code: %s", piece, got)
		}
		if n := browsertest.Get(t, ctx, chromedp.Evaluate[int](`document.querySelectorAll('.change').length`)); n < 20 {
			t.Errorf("%q: the page shows %d changes: this test looks in the wrong place", piece, n)
		}
	}
}

// Only the exact name of a published version has a page. Every other name gets a 404 that repeats nothing of it: a page for a person,
// a problem document for a program. API Gateway passes the decoded path; a server on one machine gets the encoded one.
func TestThreat_T17_OnlyPublishedVersionsHavePages(t *testing.T) {
	h := routes(newSite(t), testNow, testOrigin, testStorage)
	for _, name := range []string{
		"2023-01-01", "2026-11-02.json", "2026-11-2", "2026-11-02 ", "2026-11-02\x00", "%32026-11-02", "SHA256SUMS", "..", ".", "../published", "..\\2026-11-02", "published.go",
		"<script>", "\xff\xfe", "2026\u201111\u201102", "２０２６-11-02", "*", "null", strings.Repeat("9", 8000),
	} {
		for _, page := range []string{"/policy/versions/", "/policy/changes/"} {
			for accept, kind := range map[string]string{"text/html,*/*;q=0.8": "text/html; charset=utf-8", "*/*": "application/problem+json"} {
				gateway := openapitest.Send(t, h, "GET", page+name, "", "accept", accept)
				r, w := httptest.NewRequest(http.MethodGet, page+url.PathEscape(name), nil), httptest.NewRecorder()
				r.Header.Set("Accept", accept)
				openapitest.Wrap(t, h).ServeHTTP(w, r)
				if strings.HasPrefix(name, ".") && !strings.Contains(name, "\\") {
					kind = "application/problem+json" // no name of a version, but a path that leads elsewhere
				}
				for _, got := range []struct {
					status     int
					kind, body string
				}{{gateway.StatusCode, gateway.Headers["Content-Type"], gateway.Body}, {w.Code, w.Header().Get("Content-Type"), w.Body.String()}} {
					if got.status != http.StatusNotFound || got.kind != kind || strings.Contains(got.body, "<script") || len(got.body) > 5000 {
						t.Errorf("%.40q for %s: %d, %s, %d bytes", page+name, accept, got.status, got.kind, len(got.body))
					}
				}
			}
		}
	}
	for path, want := range map[string]int{"/policy/versions/2026%2D11-02": 200, "/policy/changes/%32024-09-02": 200, "/policy/versions/": 404, "/policy/changes": 404, "/policy": 404, "/policy/versions/2026-11-02/": 404} {
		w := httptest.NewRecorder()
		openapitest.Wrap(t, h).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// K03, K06: no cache keeps a page past the moment at which it changes: the end of a strip, or the first day of a version.
func TestPromise_K03_CachesShowNoStaleStrip(t *testing.T) {
	policies, end := announced(t)
	for before, want := range map[time.Duration]string{
		time.Hour: "public, max-age=300", 300*time.Second + 1: "public, max-age=300", 300 * time.Second: "no-cache", time.Second: "no-cache", 0: "public, max-age=300",
	} {
		w := httptest.NewRecorder()
		routes(siteOf(t, policies), at(end.Add(-before)), testOrigin, testStorage).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if got := w.Header().Get("Cache-Control"); got != want || strings.Contains(w.Body.String(), `class="strip"`) != (before > 0) {
			t.Errorf("%v before the end: %s", before, got)
		}
		if len(w.Result().Cookies()) > 0 || w.Header().Get("Set-Cookie") != "" {
			t.Error("the page sets a cookie")
		}
	}
}
