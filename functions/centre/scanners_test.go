package main

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// pass lets the time pass in the page at once: its timers run as they would in that time, and the clock waits for what it fetches.
func pass(t testing.TB, ctx context.Context, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	over := chromedp.Events(ctx, emulation.VirtualTimeBudgetExpired)
	budget := float64(d.Milliseconds())
	set := func(policy emulation.SetVirtualTimePolicyParams) {
		if _, err := chromedp.Call(ctx, emulation.SetVirtualTimePolicy, policy); err != nil {
			t.Fatal(err)
		}
	}
	set(emulation.SetVirtualTimePolicyParams{Policy: emulation.VirtualTimePolicyPauseIfNetworkFetchesPending, Budget: &budget})
	for _, err := range over {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	set(emulation.SetVirtualTimePolicyParams{Policy: emulation.VirtualTimePolicyAdvance}) // or the clock stands still from now on
}

// A mail scanner that opens any link in a real browser, and lets its script run for a minute, changes nothing: only GETs are sent.
func TestThreat_T10_NoPageLoadChangesAnything(t *testing.T) {
	t.Parallel()
	f := serve(t)
	sealed, _, identity := seal(t, testManifest, 0)
	f.sealed = sealed
	ctx := browsertest.New(t)
	for path := range htmlRoutes(t) {
		browsertest.Do(t, ctx, chromedp.Navigate(f.origin+path+secret+"."+identity), chromedp.WaitVisible(css("main")))
		pass(t, ctx, time.Minute)
		if changes := f.sent(); len(changes) != 0 {
			t.Errorf("loading %s sent %q", path, changes)
		}
	}
}
