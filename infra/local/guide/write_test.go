package guide

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// A step writes to the privacy address as a raw message, and finds the link that comes back.
func TestAStepWritesToThePrivacyAddress(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.Handle("/_local/", Handler("/_local", server.URL))
	var came atomic.Bool
	mux.HandleFunc("POST /_local/mail/inbound", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Content-Type") != "message/rfc822" || !strings.HasPrefix(string(body), "From: ada@example.com\n") || !strings.Contains(string(body), "\n\nPlease send me a copy") {
			t.Errorf("%s: %s, %v", r.Header.Get("Content-Type"), body, err)
		}
		came.Store(true)
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"id":"mail-1"}`)
	})
	mux.HandleFunc("/_local/mail.json", func(w http.ResponseWriter, _ *http.Request) {
		if !came.Load() {
			_, _ = io.WriteString(w, "[]")
			return
		}
		_, _ = fmt.Fprintf(w, `[{"at":%q,"to":["ada@example.com"],"subject":"s","text":%q}]`, time.Now().Add(time.Minute).UTC().Format(time.RFC3339), server.URL+"/me#box.token")
	})
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(server.URL+"/_local/#write"), chromedp.Click(chromedp.CSS(`#write [data-do="write"]`)),
		chromedp.Poll[chromedp.Void](fmt.Sprintf(`document.querySelector("#write .answer a")?.href === "%s/me#box.token" && !document.querySelector("#write [aria-busy]")`, server.URL)))
	for name, expression := range map[string]string{
		"is done":                   `document.getElementById("write").classList.contains("done")`,
		"shows the answer":          `document.querySelector("#write .answer").innerText.includes("mail-1")`,
		"leads to the inbox's form": `document.querySelector("#write a").href.endsWith("/_local/mail?write=new#write")`,
	} {
		if !browsertest.Get(t, ctx, chromedp.Evaluate[bool](expression)) {
			t.Errorf("not so: the step %s", name)
		}
	}
	browsertest.Accessible(t, ctx)
	browsertest.Look(t, ctx, 320, 568, "dark")
	browsertest.Fits(t, ctx)
}
