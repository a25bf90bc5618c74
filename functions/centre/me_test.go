package main

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// opening is the call that opens the page.
const opening = `POST /v1/links/bWFpbGJveA/open {"token":"dG9rZW4tdG9rZW4tdG9rZW4"}`

// openMe opens the page of the mailbox as a person does.
func openMe(t testing.TB, ctx context.Context, f *fake) {
	t.Helper()
	f.visit(t, ctx, "/me"+secretOfMe, "#open", "#view")
}

// sentAre fails the test unless these are the calls after the opening that would change something.
func (f *fake) sentAre(t testing.TB, what string, want ...string) {
	t.Helper()
	if got := f.sent(); !slices.Equal(got, append([]string{opening}, want...)) {
		t.Errorf("%s: sent %q", what, got)
	}
}

// T10: nothing reaches the service before the press, however often and by whatever program the page is loaded.
func TestThreat_T10_MeWaitsForAPress(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	for range 50 {
		r, err := http.Get(f.origin + "/me")
		if err != nil || r.StatusCode != http.StatusOK || r.Header.Get("Set-Cookie") != "" {
			t.Fatal(err, r)
		}
		_ = r.Body.Close()
	}
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/me"+secretOfMe), chromedp.WaitVisible(css("#open")))
	pass(t, ctx, time.Minute)
	if len(f.calls) != 0 {
		t.Fatalf("a page load called %q", f.calls)
	}
	if !strings.HasSuffix(location(t, ctx), secretOfMe) {
		t.Error("the secret went before it had done its work")
	}
	click(t, ctx, "#open")
	if got := browsertest.Text(t, ctx, "#summary"); got != "4 things wait for your answer." {
		t.Errorf("the page says %q", got)
	}
	holds(t, ctx, "after the press", `document.activeElement.id === "summary"`)
	f.sentAre(t, "the press")
}

// T12: at the press the secret leaves the address and the history, and no address of a call has it. A reload, the back button and another
// window show the same page by its session.
func TestThreat_T12_TheSecretGoesAtThePress(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	for _, size := range soak.Pick(devices[:1], devices) {
		f := serve(t)
		browsertest.Look(t, ctx, size[0], size[1], "light")
		openMe(t, ctx, f)
		shown := func(when string) {
			t.Helper()
			got := browsertest.Text(t, ctx, "#view")
			for _, want := range []string{"4 things wait", "Get a copy of my data", "Asked 3 times, first on 23 November 2026", "Your requests", "In progress", "Marketing emails"} {
				if !strings.Contains(got, want) {
					t.Errorf("%s: the page lacks %q: %s", when, want, got)
				}
			}
			if got := location(t, ctx); got != f.origin+"/me" {
				t.Errorf("%s: the address is %s", when, got)
			}
			keptNowhere(t, ctx, "dG9rZW4", "bWFpbGJveA")
			f.sentAre(t, when)
		}
		shown("at once")
		browsertest.Do(t, ctx, chromedp.Reload(), chromedp.WaitVisible(css("#view")))
		shown("after a reload")
		browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/"), back(), chromedp.WaitVisible(css("#view")))
		shown("by the back button")
		browsertest.Do(t, ctx, blank(f), chromedp.Navigate(f.origin+"/me"), chromedp.WaitVisible(css("#view")))
		shown("opened without the link")
		for _, call := range f.calls {
			if path := strings.Fields(call)[1]; strings.Contains(path, "dG9rZW4") {
				t.Errorf("the address of a call has the token: %s", path)
			}
		}
	}
}

// T12: a mail gateway that turned the # of the link into %23 breaks nothing.
func TestThreat_T12_RewrittenFragmentStillWorks(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/me%23"+secretOfMe[1:]))
	click(t, ctx, "#open")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css("#view")))
	if got := location(t, ctx); got != f.origin+"/me" {
		t.Errorf("the secret stays in the address: %s", got)
	}
	f.sentAre(t, "the press")
}

// A link that is opened in a tab that shows the page already is followed.
func TestAnotherLinkInTheSameTabIsFollowed(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	openMe(t, ctx, f)
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`location.hash = "`+secretOfMe+`"; undefined`), chromedp.WaitVisible(css("#ask")), chromedp.WaitNotVisible(css("#view")))
	f.sentAre(t, "the second link")
}

// T11: every link that opens nothing gets the same words, and its secret leaves the address. The way on is the form, which answers every
// address in the same way (T14).
func TestThreat_T11_ADeadLinkSaysWhatItCan(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	said := ""
	for _, link := range []string{"#bWFpbGJveA.wrong", "#wrong.dG9rZW4"} {
		f.visit(t, ctx, "/me"+link, "#open", "#errors")
		got := browsertest.Text(t, ctx, "#errors")
		for _, want := range []string{"does not work any more", "used already", "expired", "enter your email address below"} {
			if !strings.Contains(got, want) {
				t.Errorf("the page lacks %q: %s", want, got)
			}
		}
		if said = cmp.Or(said, got); said != got {
			t.Errorf("two links that do not work are told apart: %q and %q", said, got)
		}
		browsertest.Do(t, ctx, chromedp.WaitVisible(css("#find")), chromedp.WaitNotVisible(css("#ask")))
		keptNowhere(t, ctx, "wrong")
	}
	said = ""
	for _, email := range []string{"anna@example.org", "nobody@example.net"} {
		browsertest.Do(t, ctx, blank(f), chromedp.Navigate(f.origin+"/me"), chromedp.WaitVisible(css("#find")), chromedp.SendKeys(css("#email"), email))
		click(t, ctx, "#send")
		got := strings.ReplaceAll(browsertest.Text(t, ctx, "#sent"), email, "…")
		if !strings.Contains(got, "We are sending a link to ….") {
			t.Errorf("the page says %q", got)
		}
		if said = cmp.Or(said, got); said != got {
			t.Errorf("two addresses are told apart: %q and %q", said, got)
		}
		keptNowhere(t, ctx, email)
	}
	if posts := f.sent(); !slices.Equal(posts[2:], []string{`POST /v1/links {"email":"anna@example.org"}`, `POST /v1/links {"email":"nobody@example.net"}`}) {
		t.Errorf("sent %q", posts)
	}
}

func TestTheFormForALinkShowsItsError(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/me"), chromedp.WaitVisible(css("#find")), chromedp.SendKeys(css("#email"), "nobody"))
	click(t, ctx, "#send")
	for _, place := range []string{"#error-email", "#wrong"} {
		if got := browsertest.Text(t, ctx, place); got != "Your email address must look like name@example.com." {
			t.Errorf("%s says %q", place, got)
		}
	}
	holds(t, ctx, "the field", `document.getElementById("email").getAttribute("aria-invalid") === "true"`)
	click(t, ctx, "#wrong a")
	inView(t, ctx, "the field", "#email", true)
	browsertest.Do(t, ctx, chromedp.SetValue(css("#email"), "anna@example.org"))
	click(t, ctx, "#send")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css("#sent")), chromedp.WaitNotVisible(css("#errors")))
	click(t, ctx, "#other")
	holds(t, ctx, "another address", `document.activeElement.id === "email" && !document.querySelector("[aria-invalid]")`)
}

// A closed page ends every link and session, and shows nothing any more.
func TestThePageCanBeClosed(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	openMe(t, ctx, f)
	if got := browsertest.Text(t, ctx, "[aria-labelledby=close-title]"); !strings.Contains(got, "on a computer that others use") || !strings.Contains(got, "closes by itself at") {
		t.Errorf("the page says %q", got)
	}
	click(t, ctx, "#close")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css("#closed")))
	if got := browsertest.Text(t, ctx, "main"); !strings.Contains(got, "Your page is closed in every browser") || strings.Contains(got, "Marketing emails") {
		t.Errorf("the page says %q", got)
	}
	f.sentAre(t, "closing", "POST /v1/links/end ")
	browsertest.Do(t, ctx, chromedp.Reload(), chromedp.WaitVisible(css("#find")), chromedp.WaitNotVisible(css("#errors")))
}

// A person whose session is over reads what their last press did, and gets a new link from there. Nothing personal stays on the page.
func TestASessionThatIsOverIsExplained(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	for _, press := range []string{"#pending .discard", "#choose-marketing_email", "#close"} {
		f.restart()
		openMe(t, ctx, f)
		f.endSession()
		click(t, ctx, press)
		got := browsertest.Text(t, ctx, "#errors")
		if !strings.Contains(got, "not open any more") || !strings.Contains(got, "1 hour") || !strings.Contains(got, "Your last press did nothing") {
			t.Errorf("%s: the page says %q", press, got)
		}
		browsertest.Do(t, ctx, chromedp.WaitVisible(css("#find")), chromedp.WaitNotVisible(css("#view")))
		holds(t, ctx, press, `!document.querySelector("#pending li, #requests li, [data-state]") && ![...document.querySelectorAll(".state, #summary")].some(p => p.textContent) && document.activeElement.id === "errors"`)
	}
}

// Without scripts the page says what needs them and what to do instead, and shows nothing that would not work.
func TestMeWithoutScripts(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/me"+secretOfMe))
	if got := browsertest.Text(t, ctx, "main"); !strings.Contains(got, "This page needs JavaScript") || !strings.Contains(got, "please write to privacy@helpdeskexpert.com") || strings.Contains(got, "Show what waits") {
		t.Errorf("the page says %q", got)
	}
	holds(t, ctx, "without scripts", `![...document.querySelectorAll('main button, main form')].some(n => n.checkVisibility())`)
}

// The page loads again after a failure of the network.
func TestMeLoadsAgain(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	openMe(t, ctx, f)
	f.hangUp()
	browsertest.Do(t, ctx, chromedp.Reload(), chromedp.WaitVisible(css("#errors")))
	f.spoil(0, nil)
	click(t, ctx, "#retry")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css("#view")), chromedp.WaitNotVisible(css("#errors")))
}
