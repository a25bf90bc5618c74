package browsertest

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// skeleton lists every element of the page with the attributes that may contain code, and says whether a script has set
// window.broken. The text of a page does not change it.
const skeleton = `String(window.broken) + [...document.querySelectorAll('*')].map(node => node.tagName +
  [...node.attributes].filter(a => /^on|^style$/.test(a.name) || /^(href|src|srcdoc|action)$/.test(a.name) && /^\s*javascript:/i.test(a.value)).map(a => a.name))`

// SameNodes shows a page twice: once with naughty texts that change has made harmless, and once with the same texts unchanged. It
// fails if the two pages differ in more than text (threat T17). A script among the texts should set window.broken.
func SameNodes(t testing.TB, ctx context.Context, what string, show func(change func(string) string)) {
	t.Helper()
	show(harmless)
	want := Get(t, ctx, chromedp.Evaluate[string](skeleton))
	show(func(text string) string { return text })
	got := Get(t, ctx, chromedp.Evaluate[string](skeleton))
	if got == want && strings.HasPrefix(got, "undefined") && len(want) > 100 {
		return
	}
	i := 0
	for i < min(len(got), len(want)) && got[i] == want[i] {
		i++
	}
	t.Errorf("%s: naughty text became markup after %q: %.200q instead of %.200q", what, got[max(0, i-100):i], got[i:], want[i:])
}

// harmless returns the text without anything that a browser could read as markup.
func harmless(text string) string {
	if strings.ContainsAny(text, `<>&"'{}[]=:;`+"`\x00\u202e") {
		return "x"
	}
	return text
}
