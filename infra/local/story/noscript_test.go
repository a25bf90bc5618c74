package story

import (
	"context"
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
	s.withoutScript(t, ctx)
	wait(t, "the mail with the link", time.Minute, func() bool { return len(s.mails(t, plain)) == 1 })
	s.call(t, http.StatusUnauthorized, "GET", "/v1/requests/0190f4e2-0000-7000-8000-000000000001", nil, nil, nil) // no address leads to a request
	s.stop(t)
}

// withoutScript uses each right from the list to the page that says what happens now. What needs no confirmation holds then.
func (s *service) withoutScript(t *testing.T, ctx context.Context) {
	t.Helper()
	h := hand{s, t, ctx, "noscript.rights@example.org", "noscript"}
	browsertest.Look(t, ctx, 390, 844, "light")
	for _, c := range []struct {
		id, right, text string
		ticks           []string
		page, says      string
	}{
		{id: "access", right: "access", page: "sent", says: "We start once you have confirmed"},
		{id: "portability", right: "portability", page: "sent", says: "We start once you have confirmed"},
		{id: "know", right: "know", ticks: []string{"scope-specific", "declaration"}, page: "sent", says: "We start once you have confirmed"},
		{id: "rectification", right: "rectification", text: "My name is spelt wrong.", page: "sent", says: "We start once you have confirmed"},
		{id: "erasure", right: "erasure", page: "sent", says: "delete nothing before you have agreed to it"},
		{id: "delete", right: "delete", page: "sent", says: "delete nothing before you have agreed to it"},
		{id: "marketing", right: "objection", page: "done", says: "for the marketing that you ticked"},
		{id: "objection", right: "objection", ticks: []string{"purpose-service_improvement"}, page: "sent", says: "We stop as soon as you have confirmed"},
		{id: "restriction", right: "restriction", ticks: []string{"ground-claims"}, page: "sent", says: "We stop as soon as you have confirmed"},
		{id: "opt_out", right: "opt_out", page: "done", says: "we neither sell nor share"},
		{id: "automated_decisions", right: "automated_decisions", page: "done", says: "No decision that significantly affects you"},
		{id: "child_erasure", right: "child_erasure", text: "She is ten.", page: "sent", says: "we stop using the child’s data"},
		{id: "complaint", right: "complaint", text: "Nobody answers.", page: "sent", says: "We have received your complaint"},
	} {
		h.opensForm(c.id, "#form:not([novalidate])")
		h.ticks(c.ticks...)
		if c.text != "" {
			h.types("details", c.text)
		}
		h.do(chromedp.Click(chromedp.CSS("#send")))
		if got := browsertest.Text(t, ctx, "main > .note.good"); !strings.Contains(got, c.says) {
			t.Errorf("%s: the page says %q", c.id, got)
		}
		if got := browsertest.Get(t, ctx, chromedp.Location()); !strings.HasPrefix(got, s.origin+"/request/"+c.page+"?right="+c.right) {
			t.Errorf("%s: the address is %s", c.id, got)
		}
		browsertest.Fits(t, ctx)
		h.picture(c.id)
	}
	h.may("business_development", "objection")
	h.may("marketing_cookies", "opt_out")
}
