package main

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// A mail scanner that opens any link in a real browser and lets its script run changes nothing: only GETs are sent.
func TestThreat_T10_NoPageLoadChangesAnything(t *testing.T) {
	f := serve(t)
	sealed, _, identity := seal(t, testManifest, 0)
	f.sealed = sealed
	ctx := browsertest.New(t)
	for path := range htmlRoutes(t) {
		browsertest.Do(t, ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(f.origin+path+secret+"."+identity),
			chromedp.WaitVisible(css("main")), chromedp.Sleep(500*time.Millisecond))
		if changes := f.sent(); len(changes) != 0 {
			t.Errorf("loading %s sent %q", path, changes)
		}
	}
}
