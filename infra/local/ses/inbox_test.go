package ses

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/infra/local/guide"
	"github.com/helpdeskexpert/privacy/infra/local/seed/people"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// T17: whatever a mail says, in whatever part of it, is text in the inbox.
func TestThreat_T17_NothingInAMailBecomesMarkup(t *testing.T) {
	ctx := browsertest.New(t)
	browsertest.SameNodes(t, ctx, "the inbox", func(change func(string) string) {
		box, err := OpenMailbox(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range people.Markup() {
			text = change(text)
			header := map[string]string{text: text}
			if i%2 == 1 {
				header = nil
			}
			if err := box.add(Mail{ID: text, From: text, To: []string{text, text}, Subject: text, Text: text, HTML: "<p>a mail", Headers: header}); err != nil {
				t.Fatal(err)
			}
		}
		mux := http.NewServeMux()
		mux.Handle("/_local/", guide.Handler("/_local", ""))
		mux.Handle("/_local/mail", Inbox(box, "/_local"))
		mux.Handle("/_local/mail/", Inbox(box, "/_local"))
		server := httptest.NewServer(mux)
		t.Cleanup(server.Close)
		browsertest.Do(t, ctx, chromedp.Navigate(server.URL+"/_local/mail"), chromedp.WaitVisible(chromedp.CSS("main .mail")),
			chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('details').forEach(d => d.open = true)`))
	})
	browsertest.Fits(t, ctx)
}
