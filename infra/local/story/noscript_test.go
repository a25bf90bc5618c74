package story

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// TestStory_WithoutScript files a request in a browser without script, through the gateway and both functions. A wrong address leads to the
// page that names it, a right one to a mail. Threat: T12, T20.
func TestStory_WithoutScript(t *testing.T) {
	const plain = "plain.story@example.org"
	ctx := browsertest.New(t)
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	s := start(t, t.TempDir())
	for _, c := range []struct{ email, shows, says, path string }{
		{"plain.story@nowhere", "main > .note.bad:not(#errors)", "Your email address must look like name@example.com", "/request/problem?fields=email&kind=invalid&right=access"},
		{plain, "main > .note.good", "We are sending a link to the address that you entered.", "/request/sent?right=access"},
	} {
		browsertest.Do(t, ctx,
			chromedp.Navigate(s.origin+"/request?right=access"),
			chromedp.SendKeys(chromedp.CSS("#email"), c.email),
			chromedp.SendKeys(chromedp.CSS("#details"), "two\rlines"),
			chromedp.Click(chromedp.CSS("#form button[type=submit]")),
		)
		if got := browsertest.Text(t, ctx, c.shows); !strings.Contains(got, c.says) {
			t.Errorf("%s: the page says %q", c.email, got)
		}
		if got := browsertest.Get(t, ctx, chromedp.Location()); got != s.origin+c.path {
			t.Errorf("%s: the address is %s", c.email, got)
		}
	}
	wait(t, "the mail with the link", time.Minute, func() bool { return len(s.mails(t, plain)) == 1 })
	s.call(t, http.StatusUnauthorized, "GET", "/v1/requests/0190f4e2-0000-7000-8000-000000000001", nil, nil, nil) // no address leads to a request
	s.stop(t)
}
