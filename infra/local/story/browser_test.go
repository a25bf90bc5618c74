package story

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// scriptedForm selects the request form once its script has taken it over. Until then the form sends itself, as it does without script.
const scriptedForm = "#form[novalidate]"

// ask fills the request form in and returns the request's id.
func (s *service) ask(t *testing.T, ctx context.Context) string {
	t.Helper()
	browsertest.Do(t, ctx,
		chromedp.Navigate(s.origin+"/request"),
		chromedp.Click(chromedp.CSS("#ask-access")),
		chromedp.WaitVisible(chromedp.CSS(scriptedForm)),
		chromedp.SendKeys(chromedp.CSS("#email"), address),
		chromedp.Click(chromedp.CSS("#form button[type=submit]")),
	)
	if id := browsertest.Text(t, ctx, "#sent-id"); id != "" {
		return id
	}
	t.Fatal("the form gave the request no number")
	return ""
}

// confirm opens the mailed link, checks that this alone changes nothing, and presses the buttons (threat T10).
func (s *service) confirm(t *testing.T, ctx context.Context) {
	t.Helper()
	link := s.link(t, 1, address, "/me#", nil)
	for range 3 {
		browsertest.Do(t, ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(link), chromedp.WaitVisible(chromedp.CSS("#open")))
	}
	browsertest.Do(t, ctx, chromedp.Click(chromedp.CSS("#open")), chromedp.Click(chromedp.CSS("#pending .confirm")))
	if due := browsertest.Text(t, ctx, "#pending .result strong"); due == "" {
		t.Error("the page names no date for the answer")
	}
}

// save opens the export in the browser, looks at the summary and saves the ZIP (promise H05).
func (s *service) save(t *testing.T, ctx context.Context, link string) []byte {
	t.Helper()
	browsertest.Do(t, ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(link), chromedp.Click(chromedp.CSS("#open")))
	summary := browsertest.Text(t, ctx, "#categories")
	for _, title := range []string{"Account data", "Communication data", "Transaction data"} {
		if !strings.Contains(summary, title) {
			t.Errorf("the summary lacks %q: %s", title, summary)
		}
	}
	saved := browsertest.Save(t, ctx, chromedp.Click(chromedp.CSS("#save")))
	if !strings.HasPrefix(saved.Name, "helpdesk-expert-privacy-export-") || !strings.HasSuffix(saved.Name, ".zip") {
		t.Errorf("the file is called %q", saved.Name)
	}
	return read(t, saved)
}
