package browsertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// noted is a test that records its errors and does not fail.
type noted struct {
	testing.TB
	mu     sync.Mutex
	errors []string
}

// Errorf records an error.
func (n *noted) Errorf(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.errors = append(n.errors, fmt.Sprintf(format, args...))
}

// take returns the errors recorded since the last call.
func (n *noted) take() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := strings.Join(n.errors, "\n")
	n.errors = nil
	return all
}

// sound is a page without a fault. It has about as many elements as a real page of the privacy centre.
var sound = `<!doctype html><html lang="en"><head><title>A page</title><link rel="icon" href="data:,"></head><body><main><h1>A page</h1><p>%s</p><ul>` +
	strings.Repeat("<li>item</li>", 30) + `</ul></main></body></html>`

// Each check reports a page that breaks its rule, and nothing about a sound page. Without this test, passing checks would prove
// nothing.
func TestEachCheckSeesWhatIsWrong(t *testing.T) {
	var content string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, sound, content)
	}))
	t.Cleanup(server.Close)
	n := &noted{TB: t}
	ctx := New(n)
	show := func(html string) {
		content = html
		Do(t, ctx, chromedp.Navigate(server.URL))
	}
	Look(t, ctx, 320, 568, "light")
	for name, c := range map[string]struct {
		html, says string
	}{
		"sound":           {"text", ""},
		"a nameless link": {`<a href="/x"></a>`, "link-name"},
		"pale text":       {`<span style="color:#eee;background:#fff">text</span>`, "color-contrast"},
		"too wide":        {`<span style="display:block;width:400px">text</span>`, "wider than the window"},
	} {
		show(c.html)
		Accessible(n, ctx)
		Fits(n, ctx)
		if said := n.take(); !strings.Contains(said, c.says) || (said == "") != (c.says == "") {
			t.Errorf("%s: %q", name, said)
		}
	}
	for said, escape := range map[string]func(string) string{
		"":              func(text string) string { return strings.NewReplacer("<", "&lt;", "&", "&amp;").Replace(text) },
		"became markup": func(text string) string { return text },
	} {
		const naughty = `<img src="data:," alt="">`
		SameNodes(n, ctx, "the page", func(change func(string) string) { show(escape(change(naughty))) })
		if got := n.take(); !strings.Contains(got, said) || (got == "") != (said == "") {
			t.Errorf("want %q: %q", said, got)
		}
	}
	show(`<script>undefined.x</script>`)
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) { // the browser reports it at any time
		if strings.Contains(n.take(), "the page complains") {
			return
		}
		if time.Now().After(end) {
			t.Fatal("a script that fails is not noticed")
		}
	}
}
