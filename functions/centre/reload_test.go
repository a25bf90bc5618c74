package main

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// devices are the window sizes of a phone and a desktop.
var devices = [][2]int64{{390, 844}, {1280, 900}}

// back goes back in the tab's history, as the browser's button does. It does not use the debugger's own command, because Chromium
// sometimes refuses that while one page replaces another. The caller waits for something that only the previous page shows.
func back() chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](`setTimeout(() => history.back()); undefined`)
}

// keptNowhere fails the test if the tab's history or a storage of the browser contains one of the secrets (threat T12).
func keptNowhere(t testing.TB, ctx context.Context, secrets ...string) {
	t.Helper()
	kept := browsertest.Get(t, ctx, chromedp.Evaluate[string](`JSON.stringify([location.href, history.state, {...sessionStorage}, {...localStorage}, document.cookie])`))
	for _, s := range secrets {
		if strings.Contains(kept, s) {
			t.Errorf("the browser keeps a secret: %s", kept)
		}
	}
	if storage := browsertest.Get(t, ctx, chromedp.Evaluate[int](`sessionStorage.length + localStorage.length + document.cookie.length`)); storage != 0 {
		t.Errorf("the page stores what the policy does not declare: %s", kept)
	}
}

// T12: a reload of the form that was sent says that it was sent, and sends nothing again. The tab keeps the request's number, but no address.
func TestThreat_T12_ReloadOfTheFormShowsThatItWasSent(t *testing.T) {
	t.Parallel()
	f, ctx := serve(t), browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/request?right=access"), chromedp.WaitVisible(css("#form")), chromedp.SetValue(css("#email"), "anna@example.org"))
	click(t, ctx, "#send")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css("#sent")))
	if got := browsertest.Text(t, ctx, "#sent"); !strings.Contains(got, "anna@example.org") || !strings.Contains(got, testID) {
		t.Errorf("at once: %s", got)
	}
	browsertest.Do(t, ctx, chromedp.Focus(css(".skip")), chromedp.KeyEvent("\r"), chromedp.Poll[chromedp.Void](`document.activeElement.id === "main"`))
	browsertest.Do(t, ctx, chromedp.Reload(), chromedp.WaitVisible(css("#sent")), chromedp.WaitNotVisible(css("#form")))
	if got := browsertest.Text(t, ctx, "main"); !strings.Contains(got, "Please check your email") || !strings.Contains(got, "to the address that you entered.") || !strings.Contains(got, testID) {
		t.Errorf("after a reload: %s", got)
	}
	keptNowhere(t, ctx, "anna")
	click(t, ctx, "#again")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css("#form")), chromedp.Reload(), chromedp.WaitVisible(css("#form")), chromedp.WaitNotVisible(css("#sent")))
	if posts := f.sent(); len(posts) != 1 {
		t.Errorf("sent %q", posts)
	}
}

// T12: a reload of an opened export says what was done, under which name the file was saved and how to open it again. The page
// keeps neither the key nor the data.
func TestThreat_T12_ReloadOfAnExportTellsThatItWasOpened(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	sealed, _, identity := seal(t, testManifest, 0)
	for _, size := range soak.Pick(devices[:1], devices) {
		f := serve(t)
		f.sealed = sealed
		browsertest.Look(t, ctx, size[0], size[1], "light")
		link := "/exports/" + testID + ".1#dG9rZW4." + identity
		browsertest.Do(t, ctx, blank(f), chromedp.Navigate(f.origin+link))
		click(t, ctx, "#open")
		browsertest.Do(t, ctx, chromedp.WaitVisible(css("#done")), chromedp.Reload())
		opened := func(when, want string) {
			t.Helper()
			got := browsertest.Text(t, ctx, "#before")
			if !strings.Contains(got, "You opened your file here on") || !strings.Contains(got, "open the link in our email again") || strings.Contains(got, "saved it as") != (want != "") || !strings.Contains(got, want) {
				t.Errorf("%s: the page says %q", when, got)
			}
			browsertest.Do(t, ctx, chromedp.WaitNotVisible(css("#errors")), chromedp.WaitNotVisible(css("#ask")), chromedp.WaitNotVisible(css("#done")))
			holds(t, ctx, when, `document.title.startsWith("You have opened your data") && !document.getElementById("categories").textContent`)
			keptNowhere(t, ctx, "dG9rZW4", identity, "AGE-SECRET")
			browsertest.Accessible(t, ctx)
			browsertest.Fits(t, ctx)
		}
		opened("after a reload", "")
		// In this tab the link works again; only the fragment of the address changes.
		browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`location.hash = "dG9rZW4.`+identity+`"; undefined`))
		click(t, ctx, "#open")
		saved := browsertest.Save(t, ctx, chromedp.WaitVisible(css("#done")), chromedp.Click(css("#save")))
		browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/"), back())
		opened("by the back button", "and saved it as "+saved.Name)
		if posts := f.sent(); len(posts) != 2 {
			t.Errorf("sent %q", posts)
		}
	}
}

// T12: the skip link moves the focus and leaves the secret in the address, where a reload needs it. Another link to the same page is followed.
func TestThreat_T12_TheSkipLinkKeepsTheSecret(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/requests/"+testID+secret), chromedp.WaitVisible(css("#view")),
		chromedp.Focus(css(".skip")), chromedp.KeyEvent("\r"), chromedp.Poll[chromedp.Void](`document.activeElement.id === "main"`))
	if got := location(t, ctx); !strings.HasSuffix(got, secret) {
		t.Errorf("the address is %s", got)
	}
	browsertest.Do(t, ctx, chromedp.Reload(), chromedp.WaitVisible(css("#view")),
		chromedp.Evaluate[chromedp.Void](`location.hash = "wrong"; undefined`), chromedp.WaitVisible(css("#errors")))
}
