// Package browsertest drives a real browser in tests: Chromium, headless, with a profile of its own that goes with the test.
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// patience is how long a step may take: a page that never gets there fails its test soon.
const patience = 30 * time.Second

// New returns the context of an empty tab, for chromedp. A script that fails and a breach of a Content-Security-Policy fail
// the test. Where Chromium is not installed the test is skipped, but fails under CI=true.
func New(t testing.TB) context.Context {
	t.Helper()
	path := find(t)
	dir, err := os.MkdirTemp("", "hdx") // a short name: the path of the browser's socket is limited
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.Env("TMPDIR="+dir, "HOME="+dir, "TZ=UTC"),
		chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("force-prefers-reduced-motion", true), // a click must not meet a page that still scrolls
		chromedp.Flag("disable-back-forward-cache", true),   // the back button loads a page again, as it does where the browser has dropped it
		chromedp.Flag("lang", "en-GB"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses its sandbox to root
	}
	allocator, cancelAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil { // the browser lives as long as the context that starts it
		t.Fatal(err)
	}
	watched := watch(t, ctx)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // ends the browser and waits for it, so that its profile can be removed
		cancel()
		<-watched
		cancelAllocator()
	})
	return ctx
}

// find returns the path of the browser.
func find(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("Chromium is not installed, and in CI it must be")
	}
	t.Skip("Chromium is not installed: the pages were not tried in a browser")
	return ""
}

// watch reports what the pages complain about. The log of the network is left out: it notes each answer of 400 and more,
// which tests provoke. The channel is closed when the browser has ended.
func watch(t testing.TB, ctx context.Context) <-chan struct{} {
	messages := chromedp.Console(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == "error" && m.Source != "network" {
				t.Errorf("the page complains: %s (%s)", m.Text, m.Source)
			}
		}
	}()
	return done
}

// Do runs the steps and fails the test where one fails.
func Do(t testing.TB, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	for i, step := range steps {
		limited, cancel := context.WithTimeout(ctx, patience)
		err := chromedp.Do(limited, step)
		cancel()
		if err != nil {
			t.Fatalf("step %d: %v", i+1, err)
		}
	}
}

// Get runs one action and returns its value; it fails the test where the action fails.
func Get[T any](t testing.TB, ctx context.Context, action chromedp.Action[T]) T {
	t.Helper()
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	value, err := chromedp.Run(limited, action)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// Text waits until the element is visible and returns its text.
func Text(t testing.TB, ctx context.Context, selector string) string {
	t.Helper()
	Do(t, ctx, chromedp.WaitVisible(chromedp.CSS(selector)))
	return Get(t, ctx, chromedp.Text(chromedp.CSS(selector)))
}

// Look sets the size of the window, in CSS pixels, and the colour scheme, light or dark.
func Look(t testing.TB, ctx context.Context, width, height int64, scheme string) {
	t.Helper()
	Do(t, ctx, chromedp.EmulateViewport(width, height))
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	if err != nil {
		t.Fatal(err)
	}
}
