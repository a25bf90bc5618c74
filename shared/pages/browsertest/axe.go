package browsertest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// violation is a rule of axe-core that a page breaks.
type violation struct {
	ID    string   `json:"id"`
	Help  string   `json:"help"`
	Nodes []string `json:"nodes"` // selectors
}

const runAxe = `axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.map(n => n.target.join(' '))})))`

// Accessible fails the test for each rule of axe-core that the current page breaks.
func Accessible(t testing.TB, ctx context.Context) {
	t.Helper()
	if !Get(t, ctx, chromedp.Evaluate[bool]("'axe' in window")) {
		source, err := os.ReadFile(filepath.Join(root(t), "shared/pages/node_modules/axe-core/axe.min.js"))
		if err != nil {
			t.Fatal("axe-core is not installed, run npm ci in shared/pages: ", err)
		}
		Do(t, ctx, chromedp.Evaluate[chromedp.Void](string(source)+";undefined"))
	}
	for _, v := range Get(t, ctx, chromedp.Evaluate[[]violation](runAxe, chromedp.EvalAwaitPromise)) {
		t.Errorf("%s: %s: %v", v.ID, v.Help, v.Nodes)
	}
}

// Fits fails the test if the current page is wider than the window.
func Fits(t testing.TB, ctx context.Context) {
	t.Helper()
	const wider = `document.documentElement.scrollWidth - document.documentElement.clientWidth`
	if over := Get(t, ctx, chromedp.Evaluate[int](wider)); over > 0 {
		t.Errorf("the page is %d px wider than the window", over)
	}
}

// root returns the folder of go.mod.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.mod above the test")
	return ""
}
