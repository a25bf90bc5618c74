// Package browsertest drives a real browser in tests: Chromium, headless.
//
// The tests of a package whose TestMain calls [Main] share one browser, since a browser takes longer to start than most tests take. Each test has
// a browser context of its own in it, with its own cookies, storage and windows, so that tests can run in parallel. In other packages each
// test has a browser of its own.
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

// patience is how long a step may take: a page that never gets there fails its test soon.
const patience = 30 * time.Second

// errMissing is returned where Chromium is not installed.
var errMissing = errors.New("no Chromium is installed")

// shared returns the context of the browser that the package's tests share. It is nil unless Main runs them.
var shared func() (context.Context, error)

// Main runs the tests of a package, which share one browser, and returns what run returns: the exit status. The browser starts with the
// first test that wants it.
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

// New returns the context of an empty tab, for chromedp. A script that fails and a breach of a Content-Security-Policy fail
// the test. Where Chromium is not installed the test is skipped, but fails under CI=true.
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
		_ = chromedp.Cancel(ctx) // closes the tab and waits for that
		cancel()
		<-watched
	})
	return ctx
}

// Alone is like [New] for a test that needs a browser of its own, because it looks at the browser's processes.
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

// check ends the test if there is no browser.
func check(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, errMissing) && os.Getenv("CI") != "true" {
		t.Skip("Chromium is not installed: the pages were not tried in a browser")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// open opens the tab. It has the focus whatever other tabs do, as the only tab of a browser has.
func open(t testing.TB, ctx context.Context) {
	t.Helper()
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
}

// start starts a browser with an empty profile. It returns the context of its first tab, and what ends the browser and removes the profile.
func start() (ctx context.Context, stop func(), err error) {
	path := find()
	if path == "" {
		return nil, nil, errMissing
	}
	dir, err := os.MkdirTemp("", "hdx") // a short name: the path of the browser's socket is limited
	if err != nil {
		return nil, nil, err
	}
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

// find returns the path of the browser, or "".
func find() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
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
