package main

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// broken lists the words in tables that a line break splits. Names of cookies and hashes do not count as words.
const broken = `[...document.querySelectorAll('tbody th, td, caption')].flatMap(cell => {
  const found = []
  const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) {
    if (walk.currentNode.parentElement.closest('code')) continue
    for (const word of walk.currentNode.data.matchAll(/[\p{L}\p{N}]{2,}/gu)) {
      const range = document.createRange()
      range.setStart(walk.currentNode, word.index)
      range.setEnd(walk.currentNode, word.index + word[0].length)
      if (new Set([...range.getClientRects()].map(r => Math.round(r.top))).size > 1) found.push(word[0])
    }
  }
  return found
})`

// Tables keep their words whole and stay inside the window, from a phone to a large screen.
func TestTablesBreakNoWord(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/"))
	for _, width := range []int64{360, 480, 768, 769, 820, 900, 991, 992, 993, 1024, 1180, 1280, 1600} {
		browsertest.Look(t, ctx, width, 900, "light")
		if words := browsertest.Get(t, ctx, chromedp.Evaluate[[]string](broken)); len(words) > 0 {
			t.Errorf("at %d px: broken words: %q", width, words)
		}
		browsertest.Fits(t, ctx)
	}
}

// On A4 paper, which is 718 CSS pixels wide between the browser's own margins, tables do not become
// cards as on a phone, and no details are folded away.
func TestPaperHoldsThePolicyWhole(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/"), chromedp.EmulateViewport(718, 1000))
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	if words := browsertest.Get(t, ctx, chromedp.Evaluate[[]string](broken)); len(words) > 0 {
		t.Errorf("broken words: %q", words)
	}
	browsertest.Fits(t, ctx)
	const rows = `[...new Set([...document.querySelectorAll('tbody tr')].map(row => getComputedStyle(row).display))].join()`
	if display := browsertest.Get(t, ctx, chromedp.Evaluate[string](rows)); display != "table-row" {
		t.Errorf("rows are laid out as %s", display)
	}
	if high := browsertest.Get(t, ctx, chromedp.Evaluate[float64](`document.querySelector('details dl').getBoundingClientRect().height`)); high == 0 {
		t.Error("the fields are folded away")
	}
}

// On paper, changes are dark on white whatever the screen's colours are, and are still told apart without colours.
func TestPaperShowsTheChanges(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/policy/changes/2026-11-02"), chromedp.EmulateViewport(718, 1000))
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print",
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}); err != nil {
		t.Fatal(err)
	}
	browsertest.Fits(t, ctx)
	browsertest.Accessible(t, ctx) // for its rule on contrast
	picture(t, ctx, "changes-print")
}
