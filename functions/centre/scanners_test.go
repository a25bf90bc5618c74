package main

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// pass skips the given time in the page: its timers fire as if the time had passed, and the clock waits for what the page fetches.
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
	set(emulation.SetVirtualTimePolicyParams{Policy: emulation.VirtualTimePolicyAdvance}) // without it the clock would stand still from now on
}

// A mail scanner may open any link in a real browser and let its script run for a minute. Nothing changes, because only GETs are sent.
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
