package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// scripts switches the scripts of the pages that are loaded from now on.
func scripts(t testing.TB, ctx context.Context, on bool) {
	t.Helper()
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on}); err != nil {
		t.Fatal(err)
	}
}

// What only one of the pages has.
const (
	onForm    = "#form"
	onSent    = "main > .note.good"
	onProblem = "main > .note.bad:not(#errors)"
)

// shows waits for the page, checks its title, its address and its look, and returns what it says.
func shows(t testing.TB, ctx context.Context, page, title, address, name string) string {
	t.Helper()
	browsertest.Do(t, ctx, chromedp.WaitVisible(css(page)))
	if got := location(t, ctx); got != address {
		t.Errorf("%s: the address is %s", name, got)
	}
	holds(t, ctx, name, fmt.Sprintf(`document.querySelector("h1").textContent === %q && document.title.startsWith(%q)`, title, title))
	scripts(t, ctx, true) // for axe-core; the page itself has been loaded without
	browsertest.Fits(t, ctx)
	browsertest.Accessible(t, ctx)
	scripts(t, ctx, false)
	picture(t, ctx, name)
	return browsertest.Text(t, ctx, "main")
}

// U11: a person without script fills in the form and sends it, on a phone and on a desktop. A wrong address leads to a page that names the
// field and leads back. Nothing that was typed gets into an address (threat T12), and the browser says that our own page sent the form (T20).
func TestThreat_T20_TheFormWorksWithoutScript(t *testing.T) {
	t.Parallel()
	f, ctx := serve(t), browsertest.New(t)
	scripts(t, ctx, false)
	all := []struct {
		device        string
		width, height int64
		scheme        string
	}{{"phone", 320, 568, "light"}, {"desktop", 1280, 900, "dark"}, {"phone", 320, 568, "dark"}, {"desktop", 1280, 900, "light"}}
	seen := soak.Pick(all[:1], all)
	for i, look := range seen {
		of := "-" + look.device + "-" + look.scheme
		browsertest.Look(t, ctx, look.width, look.height, look.scheme)
		browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/request"))
		click(t, ctx, "#ask-portability")
		const form = "/request?right=portability"
		if got := shows(t, ctx, onForm, "Take my data to another provider", f.origin+form, "noscript-request"+of); !strings.Contains(got, "This form works without JavaScript") || !strings.Contains(got, "The link that we email you opens a page that needs JavaScript") {
			t.Errorf("the form says %q", got)
		}
		fill := func(email string) {
			browsertest.Do(t, ctx, chromedp.SendKeys(css("#email"), email),
				chromedp.SendKeys(css("#jurisdiction"), "United K"), chromedp.SendKeys(css("#details"), "Grüße & Küsse,\ranna"))
			click(t, ctx, "#send")
		}
		fill("anna@nowhere")
		got := shows(t, ctx, onProblem, "There is a problem with your request", f.origin+"/request/problem?fields=email&kind=invalid&right=portability", "noscript-problem"+of)
		if !strings.Contains(got, "Your email address must look like name@example.com") || strings.Contains(got, "Where you live") {
			t.Errorf("the page of a wrong address says %q", got)
		}
		click(t, ctx, `main a[href="`+form+`"]`)
		browsertest.Do(t, ctx, chromedp.WaitVisible(css(onForm)))
		fill("anna@example.org")
		if got := shows(t, ctx, onSent, "Please check your email", f.origin+"/request/sent?right=portability", "noscript-sent"+of); !strings.Contains(got, "to the address that you entered.") || strings.Contains(got, "request number") {
			t.Errorf("the page after sending says %q", got)
		}
		const sent = "right=portability&language=en&email=anna%40example.org&details=Gr%C3%BC%C3%9Fe+%26+K%C3%BCsse%2C%0D%0Aanna&jurisdiction=uk&agentName=&agentEmail=&agentRelation="
		if posts := f.sent(); len(posts) != 2*(i+1) || posts[len(posts)-1] != "POST /v1/requests "+sent {
			t.Errorf("sent %q", posts)
		}
	}
	for _, url := range f.urls {
		if strings.Contains(url, "anna") || strings.Contains(url, testID) {
			t.Errorf("an address holds what was typed: %s", url)
		}
	}
	if len(f.urls) < 4*len(seen) {
		t.Errorf("only %q were asked for", f.urls)
	}
}

// Without script the browser itself asks for an address that can be one, and sends nothing without it.
func TestTheBrowserChecksTheFormWithoutScript(t *testing.T) {
	t.Parallel()
	f, ctx := serve(t), browsertest.New(t)
	scripts(t, ctx, false)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/request?right=access"))
	for _, email := range []string{"", "nobody"} {
		browsertest.Do(t, ctx, chromedp.SendKeys(css("#email"), email))
		click(t, ctx, "#send")
		browsertest.Do(t, ctx, chromedp.Poll[chromedp.Void](`document.activeElement.id === "email"`))
	}
	if posts := f.sent(); len(posts) != 0 {
		t.Errorf("sent %q", posts)
	}
}

// A person who was refused for another reason is told which.
func TestTheFormWithoutScriptMeetsABusyService(t *testing.T) {
	t.Parallel()
	f, ctx := serve(t), browsertest.New(t)
	scripts(t, ctx, false)
	for status, says := range map[int]string{http.StatusTooManyRequests: "too many requests from your network", http.StatusServiceUnavailable: "We cannot tell whether your request reached us"} {
		f.spoil(status, nil)
		browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/request?right=access"), chromedp.SendKeys(css("#email"), "anna@example.org"))
		click(t, ctx, "#send")
		browsertest.Do(t, ctx, chromedp.WaitVisible(css(onProblem)))
		if got := browsertest.Text(t, ctx, "main"); !strings.Contains(got, says) {
			t.Errorf("%d: the page says %q", status, got)
		}
	}
}

// T17: the page of a refusal shows nothing of its query, and leaves out every word that it does not know.
func TestThreat_T17_TheQueryOfTheProblemIsNoText(t *testing.T) {
	body := func(query string) string {
		page, err := io.ReadAll(get(t, "/request/problem"+query).Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(page)
	}
	plain := body("")
	for _, query := range []string{"?", "?kind=" + `%3Cimg%20src%3Dx%3E`, "?fields=%3Cscript%3E,role,Email,%20email&kind=canary", "?fields=&kind=invalid", "?canary=1", "?kind=INVALID", "?fields=%zz", "?kind=invalid;fields=email"} {
		if got := body(query); got != plain {
			t.Errorf("%s changes the page", query)
		}
	}
	for query, same := range map[string]string{
		"?fields=details,canary,email,email&kind=x": "?fields=email,details&kind=invalid", "?kind=busy&fields=email,canary": "?kind=busy", "?kind=failed&kind=busy": "?kind=failed",
	} {
		if got := body(query); got != body(same) || got == plain || strings.Contains(got, "canary") {
			t.Errorf("%s is not %s", query, same)
		}
	}
	seen := []string{plain}
	for _, query := range []string{"?fields=right", "?fields=email", "?fields=jurisdiction", "?fields=details", "?fields=language", "?fields=purposes", "?fields=agentName", "?kind=busy", "?kind=failed", "?right=access"} {
		got := body(query)
		if slices.Contains(seen, got) {
			t.Errorf("%s says nothing of its own", query)
		}
		seen = append(seen, got)
	}
}
