package main

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

const secret = "#dG9rZW4tdG9rZW4tdG9rZW4"

func css(selector string) chromedp.CSS { return chromedp.CSS(selector) }

func click(t testing.TB, ctx context.Context, selector string) {
	t.Helper()
	browsertest.Do(t, ctx, chromedp.WaitVisible(css(selector)), chromedp.Click(css(selector)))
}

func location(t testing.TB, ctx context.Context) string {
	t.Helper()
	return browsertest.Get(t, ctx, chromedp.Location())
}

// blank shows an empty page of the same site. Without it, a change of the fragment alone would not load a page again. about:blank
// would not do, because the browser then ends the site's process.
func blank(f *fake) chromedp.Action[chromedp.Void] { return chromedp.Navigate(f.origin + "/blank") }

// In every look, no page is wider than the window. On a phone in light and on a desktop in dark, none breaks a rule of axe-core, which make test runs on some
// of them. If SCREENSHOTS names a folder, the test saves a picture of each page there.
func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	f := serve(t)
	sealed, _, identity := seal(t, testManifest, 0)
	f.sealed = sealed
	ctx := browsertest.New(t)
	views := map[string]func(){
		"policy":  func() { browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/")) },
		"missing": func() { browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/missing.html")) }, // the policy function's
		"rights":  func() { browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/request")) },
		"request": func() { browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/request?right=access")) },
		"request-open": func() { // the form with the most fields
			browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/request?right=restriction"), unfold)
		},
		"request-know": func() {
			browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/request?right=know"), chromedp.WaitNotVisible(css("#declaration")))
			click(t, ctx, "#scope-specific")
			browsertest.Do(t, ctx, chromedp.WaitVisible(css("#declaration")))
		},
		"request-done": func() { browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/request/done?right=opt_out")) },
		"request-wrong": func() {
			browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/request?right=access"), chromedp.SendKeys(css("#email"), "nobody"))
			click(t, ctx, "#send")
			browsertest.Do(t, ctx, chromedp.WaitVisible(css("#error-email")))
		},
		"me":           func() { browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/me"+secretOfMe)) },
		"me-find":      func() { browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/me"), chromedp.WaitVisible(css("#find"))) },
		"request-sent": func() { browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/request/sent")) },
		"request-problem": func() {
			browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/request/problem?fields=right,purposes,email,details,jurisdiction,agentName,language&kind=invalid&right=restriction"))
		},
		"request-busy": func() { browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/request/problem?kind=busy")) },
		"status": func() {
			browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/requests/"+testID+secret), chromedp.WaitVisible(css("#view")))
		},
		"export": func() { browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/exports/"+testID+".1#t."+identity)) },
		"export-done": func() {
			browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/exports/"+testID+".1#t."+identity))
			click(t, ctx, "#open")
			browsertest.Do(t, ctx, chromedp.WaitVisible(css("#done")))
			click(t, ctx, "#categories details:first-child summary")
			browsertest.Do(t, ctx, chromedp.WaitVisible(css("#categories .records")))
			click(t, ctx, "#categories details:last-child summary")
			browsertest.Do(t, ctx, chromedp.WaitVisible(css("#categories details:last-child dl")))
		},
		"export-reloaded": func() {
			browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/exports/"+testID+".1#t."+identity))
			click(t, ctx, "#open")
			browsertest.Do(t, ctx, chromedp.WaitVisible(css("#done")), chromedp.Reload(), chromedp.WaitVisible(css("#before")))
		},
	}
	type window struct {
		device        string
		width, height int64
		scheme        string
	}
	looks := []window{{"phone", 320, 568, "light"}, {"desktop", 1280, 900, "light"}, {"desktop", 1280, 900, "dark"}, {"phone", 320, 568, "dark"}}
	type point struct {
		view string
		look window
	}
	var points []point // every third point has each view once, and a sample goes through the looks in turn
	for _, view := range slices.Sorted(maps.Keys(views)) {
		for _, look := range looks {
			points = append(points, point{view, look})
		}
	}
	axe := soak.Sample(points, 7)
	for i, p := range points {
		browsertest.Look(t, ctx, p.look.width, p.look.height, p.look.scheme)
		if i%len(looks) == 0 { // each view is loaded once
			browsertest.Do(t, ctx, blank(f)) // a new fragment alone would not load the page again
			views[p.view]()
		}
		browsertest.Fits(t, ctx)
		if slices.Contains(axe, p) && i%soak.Pick(1, 2) == 0 { // the phone in light and the desktop in dark
			browsertest.Accessible(t, ctx)
		}
		picture(t, ctx, p.view+"-"+p.look.device+"-"+p.look.scheme)
		if t.Failed() {
			t.Fatalf("in %s, %s, %s", p.view, p.look.device, p.look.scheme)
		}
	}
}

func picture(t testing.TB, ctx context.Context, name string) {
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), browsertest.Get(t, ctx, chromedp.FullScreenshot(100)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRequestFormShowsErrorsAtTheirFields(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/request"))
	click(t, ctx, "#ask-portability")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css("#form[novalidate]")), chromedp.SendKeys(css("#email"), "nobody")) // the script has taken the form over
	click(t, ctx, "#send")
	if got := browsertest.Text(t, ctx, "#error-email"); got != "Your email address must look like name@example.com." {
		t.Errorf("the field says %q", got)
	}
	browsertest.Do(t, ctx, chromedp.SetValue(css("#email"), "anna@example.org"))
	click(t, ctx, "#send")
	if got := browsertest.Text(t, ctx, "#sent"); !strings.Contains(got, "anna@example.org") || !strings.Contains(got, testID) {
		t.Errorf("the page says %q", got)
	}
	if got := browsertest.Text(t, ctx, "#sent"); !strings.Contains(got, "If we already mailed you a link today, it opens this request too.") || !strings.Contains(got, "your privacy page, where you confirm") {
		t.Errorf("the page says %q (threat T14)", got)
	}
	posts := f.sent()
	want := []string{
		`POST /v1/requests {"right":"portability","language":"en","email":"nobody"}`,
		`POST /v1/requests {"right":"portability","language":"en","email":"anna@example.org"}`,
	}
	if !slices.Equal(posts, want) {
		t.Errorf("sent %q", posts)
	}
}

func TestPromise_H05_BrowserOpensTheSealedExport(t *testing.T) {
	t.Parallel()
	f := serve(t)
	sealed, plain, identity := seal(t, testManifest, 3<<20)
	f.sealed = sealed
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/exports/"+testID+".1#dG9rZW4."+identity), chromedp.WaitVisible(css("#open")))
	if len(f.sent()) != 0 {
		t.Error("a page load used the link")
	}
	click(t, ctx, "#open")
	got := browsertest.Text(t, ctx, "#done")
	for _, want := range []string{"1,206 records", "Communication data", "1,204", "HelpDesk Expert Ltd.", "Access: a copy of the data we hold about you"} {
		if !strings.Contains(got, want) {
			t.Errorf("the summary lacks %q", want)
		}
	}
	if posts := f.sent(); len(posts) != 1 || strings.Contains(posts[0], "AGE-SECRET") {
		t.Errorf("sent %q", posts)
	}
	click(t, ctx, "#categories details:first-child summary")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css("#categories .records")))
	records := browsertest.Text(t, ctx, "#categories .records")
	for _, want := range []string{"Анна", "Job title", "Head of Support", "A referral partner", "9.99"} {
		if !strings.Contains(records, want) {
			t.Errorf("a look inside lacks %q", want)
		}
	}
	click(t, ctx, "#categories details:last-child summary")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css("#categories details:last-child dl")))
	asked := browsertest.Text(t, ctx, "#categories details:last-child")
	for _, want := range []string{"Requests made with your address", "answered", "What you wrote", "<img src=x", "What happened"} {
		if !strings.Contains(asked, want) {
			t.Errorf("a look at the requests lacks %q", want)
		}
	}
	saved := browsertest.Save(t, ctx, chromedp.Click(css("#save")))
	body, err := os.ReadFile(saved.Path)
	if err != nil || !bytes.Equal(body, plain) {
		t.Error("the saved file is not what was sealed", err)
	}
	if saved.Name != "helpdesk-expert-privacy-export-2026-11-23.zip" {
		t.Errorf("saved as %s", saved.Name)
	}
	if strings.Contains(location(t, ctx), "#") {
		t.Error("the key stays in the address")
	}
}

func TestExportThatCannotBeOpenedShowsNothing(t *testing.T) {
	t.Parallel()
	f := serve(t)
	sealed, _, identity := seal(t, testManifest, 200<<10)
	_, _, other := seal(t, testManifest, 0)
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-20] ^= 1
	link := "/exports/" + testID + ".1#"
	ctx := browsertest.New(t)
	for name, c := range map[string]struct {
		sealed           []byte
		fragment, expect string
	}{
		"last byte flipped": {flipped, "dG9rZW4." + identity, "damaged"},
		"cut short":         {sealed[:len(sealed)-70_000], "dG9rZW4." + identity, "damaged"},
		"no seal at all":    {[]byte(testManifest), "dG9rZW4." + identity, "damaged"},
		"another key":       {sealed, "dG9rZW4." + other, "key in this link does not open"},
		"half a key":        {sealed, "dG9rZW4." + identity[:40], "Part of the link is missing"},
		"spent":             {sealed, "wrong." + identity, "does not work any more"},
		"no key":            {sealed, "dG9rZW4", "Part of the link is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			f.sealed = c.sealed
			browsertest.Do(t, ctx, blank(f), chromedp.Navigate(f.origin+link+c.fragment))
			if name != "no key" {
				click(t, ctx, "#open")
			}
			if got := browsertest.Text(t, ctx, "#errors"); !strings.Contains(got, c.expect) {
				t.Errorf("the page says %q", got)
			}
			if shown := browsertest.Get(t, ctx, chromedp.Evaluate[string]("document.getElementById('done').hidden + document.getElementById('categories').textContent")); shown != "true" {
				t.Errorf("the page shows %q", shown)
			}
		})
	}
}
