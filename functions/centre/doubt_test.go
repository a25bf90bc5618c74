package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

const refusing = "What you refuse here counts for everybody who uses this address."

// ofDoubt is what the page says while nothing may be shown by the address.
var ofDoubt = map[string][]string{
	"shared":        {"Several people use this address", "could be about one of them", refusing},
	"detached":      {"This address may have a new owner", "no longer has this address", "For 90 days after that", refusing, "privacy@helpdeskexpert.com"},
	"frozen":        {"Our team is looking into this address", "Somebody contested a change", refusing, "privacy@helpdeskexpert.com"},
	"something_new": {"We show no requests and no choices here", "privacy@helpdeskexpert.com"},
}

// T27: while nothing may be shown by an address, the page says why and what still works. It shows no request and no choice, even if the service
// sent some, and no section about one person.
func TestThreat_T27_InDoubtThePageShowsNothingOfAnybody(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	for doubt, says := range ofDoubt {
		f := serve(t)
		f.mailbox.Pending = []map[string]any{}
		f.wait(doubt)
		f.spoil(0, func(answer []byte) []byte {
			return []byte(strings.Replace(string(answer), `"requests":[]`, `"requests":[{"id":"x","right":"access","state":"fulfilled","renewable":true,"receivedAt":"2026-11-20T10:00:00Z"}]`, 1))
		})
		openMe(t, ctx, f)
		got := browsertest.Text(t, ctx, "#view")
		for _, want := range append(says, "Nothing waits for your answer.", "Somebody from our team", "Close this page") {
			if !strings.Contains(got, want) && (doubt != "something_new" || want != "Somebody from our team") {
				t.Errorf("%s: the page lacks %q: %s", doubt, want, got)
			}
		}
		if says := strings.Contains(got, "What was stopped for this address before stays stopped. To take that back, please write to privacy@helpdeskexpert.com."); says == (doubt == "something_new") {
			t.Errorf("%s: the page says how to take something back: %t", doubt, says)
		}
		for _, banned := range []string{"Your requests", "Your choices", "Choices of a browser", "Global Privacy", "Answered", "You agreed", "You have not decided", "2026", "Withdraw", "Agree"} {
			if strings.Contains(got, banned) {
				t.Errorf("%s: the page says %q: %s", doubt, banned, got)
			}
		}
		for other, words := range ofDoubt {
			if other != doubt && strings.Contains(got, words[0]) || doubt == "something_new" && strings.Contains(got, "What you refuse here") {
				t.Errorf("%s: the page says %q", doubt, words[0])
			}
		}
		buttons := map[bool]string{true: "close", false: "refuse,refuse,close"}[doubt == "something_new"]
		if got := browsertest.Get(t, ctx, chromedp.Evaluate[string](`[...document.querySelectorAll('#view button')].filter(b => b.checkVisibility()).map(b => b.id || b.className).join()`)); got != buttons {
			t.Errorf("%s: the buttons are %s", doubt, got)
		}
	}
}

// T27: whoever opens an address in doubt can refuse each purpose for all who use it, with one press. What they had chosen before is not shown, although the
// service's answer has it.
func TestThreat_T27_AnAddressInDoubtRefusesForEverybody(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	for doubt, later := range map[string]bool{"shared": false, "frozen": true} {
		f := serve(t)
		f.mailbox.Pending = []map[string]any{}
		f.wait(doubt)
		if later {
			f.again()
		}
		openMe(t, ctx, f)
		holds(t, ctx, "what needs a new link", `document.getElementById("stale").hidden`)
		if got := browsertest.Get(t, ctx, chromedp.Evaluate[string](`[...document.querySelectorAll('#refusals li')].map(li => li.dataset.refuse + ' ' + li.querySelector('button').textContent).join()`)); got != "marketing_email Refuse,testimonials Refuse" {
			t.Errorf("the page offers %q", got)
		}
		const card = `#refusals li[data-refuse="marketing_email"]`
		click(t, ctx, card+" button")
		if got := browsertest.Text(t, ctx, card+" .result"); got != "Refused, for everybody who uses this address." {
			t.Errorf("the page says %q", got)
		}
		holds(t, ctx, "the press", `document.activeElement === document.querySelector('`+card+` .result') && document.getElementById("status").textContent.includes("Refused, for everybody") && !document.querySelector('`+card+` button')`)
		f.sentAre(t, "the press", `POST /v1/preferences {"decisions":{"marketing_email":"denied"}}`)
		if got := browsertest.Text(t, ctx, "#view"); strings.Contains(got, "2026") || strings.Contains(got, "Your choices") {
			t.Errorf("the page says %q", got)
		}
		browsertest.Do(t, ctx, chromedp.Reload(), chromedp.WaitVisible(css(card+" .refuse")))
		f.endSession()
		click(t, ctx, card+" .refuse")
		if got := browsertest.Text(t, ctx, "#errors"); !strings.Contains(got, "not open any more") {
			t.Errorf("the page says %q", got)
		}
	}
}

// T27: what waits behind an address in doubt keeps its buttons. A request goes to the team. Nobody agrees to anything by an address that several use or
// that somebody contests; one with a new owner can. A refusal holds for everybody.
func TestThreat_T27_WhatWaitsBehindADoubtfulAddress(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	for _, doubt := range soak.Pick([]string{"shared", "detached"}, []string{"shared", "detached", "frozen"}) {
		f := serve(t)
		f.wait(doubt)
		openMe(t, ctx, f)
		if got := browsertest.Text(t, ctx, "#pending li:nth-child(1)"); !strings.Contains(got, "If you confirm it, somebody from our team looks at it. We answer by 23 December 2026 at the latest.") {
			t.Errorf("%s: the request says %q", doubt, got)
		}
		got := browsertest.Text(t, ctx, "#pending li:nth-child(3)")
		if never := strings.Contains(got, "Nobody can agree to anything by this address for now."); never != (doubt != "detached") || strings.Contains(got, "Yes, this is mine") == never {
			t.Errorf("%s: the consent says %q", doubt, got)
		}
		click(t, ctx, "#pending li:nth-child(1) .confirm")
		concludes(t, ctx, "#pending", waitingAccess, "Somebody from our team is looking at your request. We answer by 23 December 2026 at the latest.")
		click(t, ctx, "#pending li:nth-child(4) .confirm")
		concludes(t, ctx, "#pending", waitingDenial, "It counts for everybody who uses this address.")
		if doubt == "detached" {
			click(t, ctx, "#pending li:nth-child(3) .confirm")
			concludes(t, ctx, "#pending", waitingConsent, "Confirmed.")
		} else {
			click(t, ctx, "#pending li:nth-child(3) .discard")
			concludes(t, ctx, "#pending", waitingConsent, "Discarded.")
		}
		if got := browsertest.Text(t, ctx, "#view"); strings.Contains(got, "Your requests") || strings.Contains(got, "Your choices") {
			t.Errorf("%s: the page says %q", doubt, got)
		}
	}
}

// An address that nobody is behind any more has nothing to refuse. The page says so in the service's words.
func TestNothingToRefuseIsExplained(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	f.wait("detached")
	openMe(t, ctx, f)
	f.spoil(409, func([]byte) []byte {
		return []byte(`{"status":409,"detail":"Nothing is on record by this address now."}`)
	})
	click(t, ctx, "#refusals .refuse")
	if got := browsertest.Text(t, ctx, "#errors"); !strings.Contains(got, "Nothing is on record by this address now.") {
		t.Errorf("the page says %q", got)
	}
	inView(t, ctx, "the error", "#errors", true)
}

// A page that was in doubt is as it was once the doubt is over.
func TestADoubtEnds(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	f.wait("frozen")
	openMe(t, ctx, f)
	f.restart()
	f.again()
	click(t, ctx, "#pending li:nth-child(1) .discard")
	concludes(t, ctx, "#pending", waitingAccess, "Discarded.")
	browsertest.Do(t, ctx, chromedp.Reload(), chromedp.WaitVisible(css("#choices")), chromedp.WaitVisible(css("#requests")), chromedp.WaitNotVisible(css("#frozen-title")))
}

// T27, T33: the page of a request says that the team looks at it, and not why, or that its address is too new to be answered.
func TestThreat_T33_StatusTellsWhatARequestWaitsFor(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	const last = `,"kind":"answered"}`
	for event, says := range map[string][2]string{
		`,"kind":"for_team","reason":"shared"}`: {"With our team", "Somebody from our team is looking at your request"},
		`,"kind":"waits"}`:                      {"Confirmed", "This address was added to our records only recently, so we answer 7 days after that at the earliest"},
	} {
		f := serve(t)
		f.state = "open"
		f.spoil(0, func(answer []byte) []byte { return []byte(strings.Replace(string(answer), last, event, 1)) })
		browsertest.Do(t, ctx, blank(f), chromedp.Navigate(f.origin+"/requests/"+testID+secret))
		state, events := browsertest.Text(t, ctx, "#state"), browsertest.Text(t, ctx, "#events")
		if !strings.Contains(state, says[0]) || !strings.Contains(state, "We answer by 23 December 2026 at the latest") || strings.Contains(state, "about to gather") || !strings.Contains(events, says[1]) {
			t.Errorf("%s: the page says %q and %q", event, state, events)
		}
		if got := strings.ToLower(browsertest.Text(t, ctx, "#view")); strings.Contains(got, "shared") || strings.Contains(got, "several") {
			t.Errorf("the page says why: %s", got)
		}
		for _, scheme := range []string{"light", "dark"} {
			browsertest.Look(t, ctx, 390, 844, scheme)
			browsertest.Fits(t, ctx)
			picture(t, ctx, "status-"+strings.Fields(says[0])[0]+"-"+scheme)
		}
		browsertest.Accessible(t, ctx)
	}
}
