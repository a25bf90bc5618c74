package ses

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/infra/local/guide"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// Somebody writes to the privacy team in the inbox, reads what happens next, and replies to a mail. It works by the keyboard and without script.
func TestSomebodyWritesInTheInbox(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	mux := http.NewServeMux()
	mux.Handle("/_local/", guide.Handler("/_local", ""))
	for _, path := range []string{"/_local/mail", "/_local/mail/", "/_local/mail.json"} {
		mux.Handle(path, Inbox(p.Box, "/_local"))
	}
	mux.Handle("POST /_local/mail/inbound", p)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(server.URL+"/_local/mail"))
	is(t, ctx, `document.getElementById("write").open`, "false")
	browsertest.Do(t, ctx, chromedp.Click(chromedp.CSS("#write > summary")), chromedp.SendKeys(chromedp.CSS("#from"), "ada@example.org"),
		chromedp.SendKeys(chromedp.CSS("#subject"), "Änderung"), chromedp.SendKeys(chromedp.CSS("#text"), "Please delete my data."))
	for scheme, widths := range map[string][]int64{"light": {1280, 320}, "dark": {320, 1280}} {
		for _, width := range widths {
			browsertest.Look(t, ctx, width, 844, scheme)
			browsertest.Fits(t, ctx)
		}
		browsertest.Accessible(t, ctx)
	}
	browsertest.Do(t, ctx, chromedp.Click(chromedp.CSS("#write button")), chromedp.WaitVisible(chromedp.CSS("#written")))
	is(t, ctx, `document.getElementById("written").textContent.includes("mails its sender a link") + " " + document.getElementById("write").open`, "true false")
	browsertest.Accessible(t, ctx)

	// While somebody writes, new mails do not push the form away.
	browsertest.Look(t, ctx, 390, 600, "light")
	arrive(t, p.Box, 1)
	waitFor(t, ctx, 1)
	browsertest.Do(t, ctx, chromedp.Click(chromedp.CSS(".mail .from a:last-child")), chromedp.WaitVisible(chromedp.CSS("#text")))
	is(t, ctx, `["from", "subject"].map((id) => document.getElementById(id).value) + " " + document.querySelector("#write p").textContent`, "b@example.org,Re: Mail 1 You reply to “Mail 1”.")
	browsertest.Do(t, ctx, chromedp.SendKeys(chromedp.CSS("#text"), "Yes."), chromedp.Evaluate[chromedp.Void](`scrollTo(0, 200); window.place = document.getElementById("text").getBoundingClientRect().top; undefined`))
	arrive(t, p.Box, 2)
	waitFor(t, ctx, 2)
	is(t, ctx, `Math.abs(document.getElementById("text").getBoundingClientRect().top - place) <= 1`, "true")
	browsertest.Fits(t, ctx)
	browsertest.Accessible(t, ctx)
	browsertest.Do(t, ctx, chromedp.Click(chromedp.CSS("#write button")), chromedp.WaitVisible(chromedp.CSS("#written")))
	if stored := p.stored[p.notices[1].Receipt.Action.ObjectKey]; !strings.Contains(stored, "\r\nIn-Reply-To: <id-1@eu-west-2.amazonses.com>\r\n") {
		t.Errorf("the reply is %s", stored)
	}
}
