// Package browsertest drives a real browser in tests: headless Chromium.
//
// If a package's TestMain calls [Main], its tests share one browser, since starting a browser takes longer than most tests. Each
// test then has its own browser context, with its own cookies, storage and windows, so that tests can run in parallel. In other
// packages each test starts its own browser.
package browsertest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// patience is how long a step may take, so that a page that never finishes soon fails its test.
const patience = 30 * time.Second

// errMissing means that Chromium is not installed.
var errMissing = errors.New("no Chromium is installed")

// shared returns the context of the browser that the package's tests share. It is nil unless Main runs the tests.
var shared func() (context.Context, error)

// Main runs the tests of a package, which share one browser, and returns the exit status that run returns. The first test that
// needs the browser starts it.
func Main(run func() int) int {
	end := func() {}
	shared = sync.OnceValues(func() (context.Context, error) {
		ctx, stop, err := start()
		if err == nil {
			end = stop
		}
		return ctx, err
	})
	code := run()
	end()
	return code
}

// New returns the context of an empty tab, for chromedp. The test fails if a script throws or a page breaks its
// Content-Security-Policy. If Chromium is not installed, the test is skipped, or fails under CI=true.
func New(t testing.TB) context.Context {
	t.Helper()
	if shared == nil {
		return Alone(t)
	}
	browser, err := shared()
	check(t, err)
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	open(t, ctx)
	watched := watch(t, ctx)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // closes the tab and waits until it is closed
		cancel()
		<-watched
	})
	return ctx
}

// Alone is like [New], for a test that needs its own browser because it looks at the browser's processes.
func Alone(t testing.TB) context.Context {
	t.Helper()
	ctx, stop, err := start()
	check(t, err)
	open(t, ctx)
	watched := watch(t, ctx)
	t.Cleanup(func() {
		stop()
		<-watched
	})
	return ctx
}

// check stops the test if there is no browser: err is errMissing or says why it did not start.
func check(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, errMissing) && os.Getenv("CI") != "true" {
		t.Skip("Chromium is not installed: the pages were not tried in a browser")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// open opens the tab. The tab has the focus whatever other tabs do, like the only tab of a browser.
func open(t testing.TB, ctx context.Context) {
	t.Helper()
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
}

// start starts a browser with an empty profile. It returns the context of the first tab, and a function that ends the browser and
// removes the profile.
func start() (ctx context.Context, stop func(), err error) {
	path := find()
	if path == "" {
		return nil, nil, errMissing
	}
	dir, err := os.MkdirTemp("", "hdx") // a short name, because the path of the browser's socket is limited
	if err != nil {
		return nil, nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.Env("TMPDIR="+dir, "HOME="+dir, "TZ=UTC"),
		chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("force-prefers-reduced-motion", true), // otherwise a click could hit a page that is still scrolling
		chromedp.Flag("disable-back-forward-cache", true),   // the back button reloads a page, as it does once the browser has dropped the page from memory
		// no process in reserve, and none anew for each page of the same site: starting them took a sixth of a test's CPU time
		chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,SpareRendererForSitePerProcess,ProactivelySwapBrowsingInstance"),
		chromedp.Flag("lang", "en-GB"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to run its sandbox as root
	}
	allocator, cancelAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	stop = func() {
		_ = chromedp.Cancel(ctx) // ends the browser and waits for it, so that its profile can be removed
		cancel()
		cancelAllocator()
		_ = os.RemoveAll(dir)
	}
	if err := chromedp.Do(ctx); err != nil { // the browser lives as long as the context that starts it
		stop()
		return nil, nil, err
	}
	return ctx, stop, nil
}

// find returns the path of the browser, or "". The shell without windows takes half the CPU time of the whole browser.
func find() string {
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// watch fails the test for what the pages complain about. It leaves out the network log, which notes each answer with a status of
// 400 or more, because tests provoke such answers. It closes the channel when the browser has ended.
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

// Do runs the steps and fails the test if a step fails.
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

// Get runs one action and returns its value. It fails the test if the action fails.
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

// Look sets the size of the window in CSS pixels, and the colour scheme: light or dark.
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
