package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

const changed = "0190f4e2-0000-7000-8000-000000000007"

// changeCard is the card of a change.
const changeCard = `#pending li[data-id="` + changed + `"]`

// changeOf is a change that waits.
func changeOf(kind string) map[string]any {
	return thing(changed, "change", 0, map[string]any{"change": kind})
}

// T33: whoever is told of a change reads what happened in plain words, and for how long nothing is sent, and accepts or stops it with one press.
// Both work at a later opening of the link, too, and neither button looks more important than the other.
func TestThreat_T33_AChangeIsAcceptedOrStopped(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	type point struct {
		kind, what string
		later      bool
	}
	says := map[string][3]string{ // on the card, once accepted, once stopped
		"addresses_changed": {"On 23 November 2026 one of our systems added an email address to your records.", "From 30 November 2026 on we answer requests from the new address, too.", "Until then nothing is answered through the new address."},
		"subjects_joined":   {"On 23 November 2026 one of our systems joined two records of ours into one because they are about one person.", "From 30 November 2026 on we answer", "Until then nothing is answered through the email addresses of these records."},
	}
	var points []point
	for kind := range says {
		for _, what := range []string{"confirm", "discard"} {
			points = append(points, point{kind, what, false}, point{kind, what, true})
		}
	}
	for _, p := range soak.Sample(points, 4) {
		f := serve(t)
		f.wait("", changeOf(p.kind))
		if p.later {
			f.again()
		}
		openMe(t, ctx, f)
		card := browsertest.Text(t, ctx, changeCard)
		for _, want := range []string{says[p.kind][0], "For the first 7 days, until 30 November 2026,", "If you do nothing", "That is right", "This was not me: stop it"} {
			if !strings.Contains(card, want) {
				t.Errorf("%+v: the card lacks %q: %s", p, want, card)
			}
		}
		if strings.Contains(card, "new link") || strings.Contains(card, "Asked") {
			t.Errorf("%+v: the card says %q", p, card)
		}
		holds(t, ctx, "both buttons look alike", `(([a, b]) => a.className === "confirm" && b.className === "discard")(document.querySelectorAll('`+changeCard+` button'))`)
		click(t, ctx, changeCard+" ."+p.what)
		concluded := says[p.kind][1]
		if p.what == "discard" {
			concluded = says[p.kind][2]
		}
		concludes(t, ctx, "#pending", changed, concluded)
		f.sentAre(t, p.what, "POST /v1/pending/"+changed+"/"+p.what+" ")
		if got := browsertest.Text(t, ctx, "#summary"); got != "4 things wait for your answer." {
			t.Errorf("%+v: the page says %q", p, got)
		}
		browsertest.Do(t, ctx, chromedp.Reload(), chromedp.WaitVisible(css("#view")))
		holds(t, ctx, "after a reload", `!document.querySelector('`+changeCard+`')`)
	}
}

// A press on a change that the service refuses is explained like any other, and the change can still be stopped.
func TestAChangeThatTheServiceRefusesIsExplained(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	for status, says := range map[int]string{403: "needs a new link", 409: "Two windows at once.", 429: "wait a minute", 500: "cannot tell whether your last step worked"} {
		f := serve(t)
		f.wait("", changeOf("addresses_changed"))
		openMe(t, ctx, f)
		f.spoil(status, func([]byte) []byte { return fmt.Appendf(nil, `{"status":%d,"detail":"Two windows at once."}`, status) })
		click(t, ctx, changeCard+" .discard")
		if got := browsertest.Text(t, ctx, "#errors"); !strings.Contains(got, says) {
			t.Errorf("%d: the page says %q", status, got)
		}
		inView(t, ctx, "the error", "#errors", true)
		f.spoil(0, nil)
		f.wait("", changeOf("addresses_changed")) // the fake took it away before its answer was changed
		click(t, ctx, changeCard+" .discard")
		concludes(t, ctx, "#pending", changed, "Stopped.")
		browsertest.Do(t, ctx, chromedp.WaitNotVisible(css("#errors")))
	}
	f := serve(t)
	f.wait("", changeOf("subjects_joined"))
	openMe(t, ctx, f)
	f.restart() // decided in another window
	f.again()
	click(t, ctx, changeCard+" .discard")
	if got := browsertest.Text(t, ctx, "#errors"); !strings.Contains(got, "does not wait any more") {
		t.Errorf("the page says %q", got)
	}
	f.endSession()
	click(t, ctx, "#pending .discard")
	if got := browsertest.Text(t, ctx, "#errors"); !strings.Contains(got, "not open any more") {
		t.Errorf("the page says %q", got)
	}
	holds(t, ctx, "after the end", `!document.querySelector("#pending li")`)
}

// On a slow network the buttons of a change and the one that refuses say what is going on.
func TestButtonsOfAChangeSayWhatIsGoingOn(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	for button, says := range map[string]string{changeCard + " .confirm": "Saving…", changeCard + " .discard": "Stopping…", "#refusals .refuse": "Refusing…"} {
		f := serve(t)
		f.wait("shared", changeOf("addresses_changed"))
		openMe(t, ctx, f)
		slow := make(chan struct{})
		f.spoil(0, func(answer []byte) []byte { <-slow; return answer })
		click(t, ctx, button)
		browsertest.Do(t, ctx, chromedp.Poll[chromedp.Void](fmt.Sprintf(`document.querySelector(%q)?.textContent === %q`, button, says)))
		click(t, ctx, button)
		close(slow)
		browsertest.Do(t, ctx, chromedp.Poll[chromedp.Void](`document.getElementById("doing").textContent === ""`))
		if posts := f.sent(); len(posts) != 2 {
			t.Errorf("%s: sent %q", button, posts)
		}
	}
}

// Each state of the page that a change or a doubt leads to is not wider than the window and breaks no rule of axe-core, in every look.
func TestChangesAndDoubtsAreAccessible(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	f := serve(t)
	opened := func(doubt string, waits ...map[string]any) func() {
		return func() {
			f.restart()
			f.mu.Lock()
			f.mailbox.Pending = []map[string]any{}
			f.mu.Unlock()
			f.wait(doubt, waits...)
			openMe(t, ctx, f)
		}
	}
	press := func(selector, shows string) {
		click(t, ctx, selector)
		browsertest.Do(t, ctx, chromedp.WaitVisible(css(shows)))
	}
	own := newOwner().Pending
	for i, state := range []struct {
		name  string
		reach func()
	}{
		{"change", opened("", changeOf("addresses_changed"))},
		{"change-accepted", func() { press(changeCard+" .confirm", changeCard+" .result") }},
		{"change-stopped", func() {
			opened("", changeOf("addresses_changed"))()
			press(changeCard+" .discard", changeCard+" .result")
		}},
		{"joined", opened("detached", changeOf("subjects_joined"))},
		{"shared", opened("shared")},
		{"shared-refused", func() { press("#refusals .refuse", "#refusals .result") }},
		{"detached", opened("detached")},
		{"frozen", opened("frozen")},
		{"unknown", opened("something_new")},
		{"shared-waits", opened("shared", slices.Concat([]map[string]any{changeOf("addresses_changed")}, own)...)},
		{"shared-done", func() {
			press("#pending li:nth-child(2) .confirm", "#pending li:nth-child(2) .result")
			press("#pending li:nth-child(5) .confirm", "#pending li:nth-child(5) .result")
		}},
	} {
		state.reach()
		all := looks(320, 390, 1280)
		axe := soak.Pick(all[i%len(all):][:1], byTurns(all, i))                   // a sample goes through the looks in turn
		for _, l := range soak.Pick(append(slices.Clone(all[:3]), axe...), all) { // what is dark is as wide
			browsertest.Look(t, ctx, l.width, 844, l.scheme)
			browsertest.Fits(t, ctx)
			if slices.Contains(axe, l) {
				browsertest.Accessible(t, ctx)
			}
			picture(t, ctx, fmt.Sprintf("me-%s-%d-%s", state.name, l.width, l.scheme))
			if t.Failed() {
				t.Fatalf("%s at %d px, %s", state.name, l.width, l.scheme)
			}
		}
	}
}
