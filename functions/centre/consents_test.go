package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// A mail scanner that runs the page's script confirms nothing. When a person presses the button, the page shows the decisions in force.
func TestThreat_T10_ConfirmWaitsForAClick(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/confirm/"+testID+secret), chromedp.WaitVisible(css("#confirm")))
	if posts := f.sent(); len(posts) != 0 {
		t.Fatalf("a page load sent %q", posts)
	}
	click(t, ctx, "#confirm")
	got := browsertest.Text(t, ctx, "#done")
	for _, want := range []string{"Marketing emails", "You agreed on 23 November 2026. This lasts until 23 May 2027", "Global Privacy Control signal keeps this off", "expired on 23 May 2027"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if got := location(t, ctx); got != f.origin+"/confirm/"+testID {
		t.Errorf("the address is still %s", got)
	}
	want := `POST /v1/consents/confirm/` + testID + ` {"token":"` + secret[1:] + `"}`
	if posts := f.sent(); len(posts) != 1 || posts[0] != want {
		t.Errorf("sent %q", posts)
	}
}

func TestConfirmSaysThatALinkIsSpent(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	for link, want := range map[string]string{"#wrong": "does not work any more", "": "Part of the link is missing"} {
		browsertest.Do(t, ctx, blank(f), chromedp.Navigate(f.origin+"/confirm/"+testID+link))
		if link != "" {
			click(t, ctx, "#confirm")
		}
		if got := browsertest.Text(t, ctx, "#errors"); !strings.Contains(got, want) {
			t.Errorf("%q: the page says %q", link, got)
		}
	}
}

// C03: giving consent by mail takes a link and a press. So does each withdrawal, of one purpose or of all.
func TestPromise_C03_WithdrawingTakesAsManyStepsAsGiving(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	for button, body := range map[string]string{
		"#withdraw-marketing_email": ` {"purposes":["marketing_email"]}`,
		"#withdraw-all":             ` `,
	} {
		f := serve(t)
		browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/preferences/"+testID+secret))
		click(t, ctx, button)
		browsertest.Do(t, ctx, chromedp.WaitVisible(css(`[data-purpose="marketing_email"][data-state="denied"]`)))
		want := "POST /v1/preferences/" + testID + "/withdraw" + body
		if posts := f.sent(); len(posts) != 1 || posts[0] != want {
			t.Errorf("sent %q, want %q", posts, want)
		}
		if left := browsertest.Get(t, ctx, chromedp.Evaluate[int]("document.querySelectorAll('#choices button').length")); left != map[bool]int{true: 0, false: 1}[button == "#withdraw-all"] {
			t.Errorf("%s leaves %d buttons", button, left)
		}
		if got := browsertest.Text(t, ctx, `#status`); !strings.Contains(got, "Withdrawn") {
			t.Errorf("a screen reader hears %q", got)
		}
	}
}

// D01: the page says that the browser sent the privacy signal. Loading the page changes nothing (T10), and a reload still works.
func TestPromise_D01_PreferencesShowThePrivacySignal(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/preferences/"+testID+secret))
	if got := browsertest.Text(t, ctx, "#facts"); !strings.Contains(got, "Global Privacy Control") || !strings.Contains(got, "We honour it") {
		t.Errorf("the page says %q", got)
	}
	if posts := f.sent(); len(posts) != 0 {
		t.Errorf("a page load sent %q", posts)
	}
	browsertest.Do(t, ctx, chromedp.Reload(), chromedp.WaitVisible(css("#view")))
}

// D01: if the signal denies a purpose, the page says so and does not present the denial as the person's choice. On a read, such a denial has no date.
func TestPromise_D01_WhatTheSignalDeniesIsNoChoiceOfThePerson(t *testing.T) {
	t.Parallel()
	f := serve(t)
	f.spoil(0, func([]byte) []byte {
		return []byte(`{"version":1,"gpc":true,"decisions":{"marketing_cookies":{"state":"denied"},"testimonials":{"state":"denied","decidedAt":"2026-11-23T10:00:00Z"}}}`)
	})
	ctx := browsertest.New(t)
	for path, press := range map[string]string{"/preferences/": "", "/confirm/": "#confirm"} {
		browsertest.Do(t, ctx, blank(f), chromedp.Navigate(f.origin+path+testID+secret))
		if press != "" {
			click(t, ctx, press)
		}
		got := browsertest.Text(t, ctx, `[data-purpose="marketing_cookies"] .state`)
		if !strings.Contains(got, "Global Privacy Control signal keeps this off") || strings.Contains(got, "You refused") {
			t.Errorf("%s: the page says %q", path, got)
		}
		if got := browsertest.Text(t, ctx, `[data-purpose="testimonials"] .state`); !strings.Contains(got, "refused or withdrew this on 23 November 2026") {
			t.Errorf("%s: of a choice of the person the page says %q", path, got)
		}
	}
}
