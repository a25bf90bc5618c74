package browsertest

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

// Saved is a file that a page has saved.
type Saved struct {
	Name string // as the page suggested it
	Path string // where it is until the test ends
}

// Save runs the steps that make a page save a file. It returns the file once it is complete.
func Save(t testing.TB, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) Saved {
	t.Helper()
	dir, on := t.TempDir(), true
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tab := chromedp.FromContext(ctx)
	_, err := chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		BrowserContextID: tab.BrowserContextID, Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: dir, EventsEnabled: &on,
	})
	if err != nil {
		t.Fatal(err)
	}
	begun := chromedp.BrowserEvents(ctx, browser.DownloadWillBegin)
	progress := chromedp.BrowserEvents(ctx, browser.DownloadProgress)
	Do(t, ctx, steps...)
	var saved Saved
	for e, err := range begun {
		if err != nil {
			t.Fatal(err)
		}
		if string(e.FrameID) != string(tab.Target.TargetID) { // another tab of the browser saves this one
			continue
		}
		saved = Saved{Name: e.SuggestedFilename, Path: filepath.Join(dir, e.GUID)}
		break
	}
	for e, err := range progress {
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(saved.Path) != e.GUID {
			continue
		}
		if e.State == browser.DownloadProgressStateCompleted {
			return saved
		}
		if e.State == browser.DownloadProgressStateCanceled {
			t.Fatal("the browser gave the download up")
		}
	}
	t.Fatal("the browser ended before the download did")
	return saved
}
