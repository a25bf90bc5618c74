package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// concludes fails the test unless the card with the id says what came of a press, has the focus there, and a screen reader hears the same.
func concludes(t testing.TB, ctx context.Context, list, id, want string) {
	t.Helper()
	card := fmt.Sprintf(`%s li[data-id="%s"]`, list, id)
	if got := browsertest.Text(t, ctx, card+" .result"); !strings.Contains(got, want) {
		t.Errorf("the card says %q", got)
	}
	holds(t, ctx, id, fmt.Sprintf(`document.activeElement === document.querySelector('%s .result') && !document.querySelector('%s .buttons')?.children.length`, card, card))
	holds(t, ctx, "a screen reader", fmt.Sprintf(`(s => s.getAttribute("aria-live") === "polite" && s.textContent.includes(%q) && s.textContent.startsWith(document.querySelector('%s h3').textContent))(document.getElementById("status"))`, want, card))
}

// T06: each thing that waits says what it is and has buttons of its own. A press decides about that thing alone, and no button decides about
// all of them.
func TestThreat_T06_APressDecidesAboutOneThing(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	things := map[string]struct{ shows, confirm, says string }{
		waitingAccess:      {"Receive a copy of the personal data we hold about you", "requests", "We answer by 23 December 2026 at the latest"},
		waitingPortability: {"structured, machine-readable format", "requests", "We answer by 23 December 2026 at the latest"},
		waitingConsent:     {"Yes to “Testimonials and case studies”", "pending", "Confirmed. It is now under “Your choices”"},
		waitingDenial:      {"No to “Marketing emails”", "pending", "Confirmed. It is now under “Your choices”"},
	}
	for id, thing := range things {
		for _, what := range []string{"confirm", "discard"} {
			f := serve(t)
			openMe(t, ctx, f)
			card := `#pending li[data-id="` + id + `"]`
			if got := browsertest.Text(t, ctx, card); !strings.Contains(got, thing.shows) || !strings.Contains(got, "on 23 November 2026") {
				t.Errorf("%s: the card says %q", id, got)
			}
			kind, says := thing.confirm, thing.says
			if what == "discard" {
				kind, says = "pending", "Discarded. We will not act on it."
			}
			click(t, ctx, card+" ."+what)
			concludes(t, ctx, "#pending", id, says)
			f.sentAre(t, what, "POST /v1/"+kind+"/"+id+"/"+what+" ")
			if got := browsertest.Get(t, ctx, chromedp.Evaluate[string](`[...document.querySelectorAll('#pending button')].map(b => b.className).join()`)); strings.Count(got, "confirm") != 3 || strings.Count(got, "discard") != 3 {
				t.Errorf("%s %s: the other cards have %q", what, id, got)
			}
			if got := browsertest.Text(t, ctx, "#summary"); got != "3 things wait for your answer." {
				t.Errorf("%s %s: the page says %q", what, id, got)
			}
		}
	}
}

// What was confirmed is where it belongs from then on: a request among the requests, with its deadlines, and a choice among the choices.
func TestWhatIsConfirmedIsShownWhereItBelongs(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	openMe(t, ctx, f)
	click(t, ctx, "#pending li:nth-child(1) .confirm")
	click(t, ctx, "#pending li:nth-child(1) summary")
	if got := browsertest.Text(t, ctx, "#pending li:nth-child(1) table"); !strings.Contains(got, "GDPR") || !strings.Contains(got, "this one counts") {
		t.Errorf("the deadlines are %q", got)
	}
	if got := browsertest.Text(t, ctx, "#requests li:first-child"); !strings.Contains(got, "Confirmed") || !strings.Contains(got, "We answer by 23 December 2026") || !strings.Contains(got, "Withdraw this request") {
		t.Errorf("the request says %q", got)
	}
	click(t, ctx, "#pending li:nth-child(3) .confirm")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css(`#choices [data-purpose="testimonials"][data-state="granted"]`)))
	browsertest.Do(t, ctx, chromedp.Reload(), chromedp.WaitVisible(css("#view")))
	if got := browsertest.Text(t, ctx, "#pending"); strings.Contains(got, "Get a copy of my data") || strings.Contains(got, "Testimonials") {
		t.Errorf("after a reload these still wait: %q", got)
	}
}

// T32: a thing that was asked for many times is one card, which says how often.
func TestThreat_T32_RepeatsAreCounted(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	openMe(t, ctx, f)
	for i, want := range []string{"Asked on 23 November 2026.", "Asked 3 times, first on 23 November 2026.", "Asked 2 times, first on 23 November 2026.", "Asked on 23 November 2026."} {
		if got := browsertest.Text(t, ctx, fmt.Sprintf("#pending li:nth-child(%d) .when", i+1)); got != want {
			t.Errorf("card %d says %q", i+1, got)
		}
	}
}

// T31: a later opening of a link looks, denies, withdraws and discards. It offers nothing that grants, and says how to go on.
func TestThreat_T31_ALaterOpeningOffersNothingThatGrants(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	for _, size := range soak.Pick(devices[:1], devices) {
		f := serve(t)
		f.again()
		browsertest.Look(t, ctx, size[0], size[1], "light")
		openMe(t, ctx, f)
		if got := browsertest.Text(t, ctx, "#stale"); !strings.Contains(got, "was opened before") {
			t.Errorf("the page says %q", got)
		}
		const buttons = `[...document.querySelectorAll('#view button')].map(b => b.className.replace(' primary', '') || b.id).join()`
		want := "primary," + "discard,discard,discard,confirm,discard," + "withdraw," + "choose-marketing_email," + "close" // the one that confirms a denial grants nothing
		if got := browsertest.Get(t, ctx, chromedp.Evaluate[string](buttons)); got != want {
			t.Errorf("the buttons are %s", got)
		}
		if got := browsertest.Text(t, ctx, "#pending li:first-child") + browsertest.Text(t, ctx, "#requests li:last-child"); !strings.Contains(got, "To confirm this, you need a new link") || !strings.Contains(got, "first get a new link") {
			t.Errorf("the cards say %q", got)
		}
		click(t, ctx, "#renew")
		if got := browsertest.Text(t, ctx, "#mailed"); !strings.Contains(got, "We are sending a new link to your email address") {
			t.Errorf("the page says %q", got)
		}
		holds(t, ctx, "the new link", `document.activeElement.id === "mailed" && document.getElementById("stale").hidden`)
		click(t, ctx, "#pending li:nth-child(4) .confirm")
		concludes(t, ctx, "#pending", waitingDenial, "Confirmed")
		click(t, ctx, "#pending li:first-child .discard")
		concludes(t, ctx, "#pending", waitingAccess, "Discarded")
		f.sentAre(t, "a later opening", "POST /v1/links {}", "POST /v1/pending/"+waitingDenial+"/confirm ", "POST /v1/pending/"+waitingAccess+"/discard ")
	}
}

// T31: if the service finds the link too old although the page does not, the page explains it and offers the same way on.
func TestThreat_T31_ARefusalLeadsToANewLink(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	for _, press := range []string{"#pending .confirm", "#choose-testimonials", "#requests .renew"} {
		f := serve(t)
		openMe(t, ctx, f)
		f.age()
		click(t, ctx, press)
		if got := browsertest.Text(t, ctx, "#errors"); !strings.Contains(got, "This needs a new link") || strings.Contains(got, "does not work any more") {
			t.Errorf("%s: the page says %q", press, got)
		}
		click(t, ctx, "#again")
		browsertest.Do(t, ctx, chromedp.WaitVisible(css("#mailed")), chromedp.WaitNotVisible(css("#errors")))
		if posts := f.sent(); posts[len(posts)-1] != "POST /v1/links {}" {
			t.Errorf("%s: sent %q", press, posts)
		}
	}
}

// A thing that was decided in another window is told as such, and the page shows what is true now.
func TestAThingThatDoesNotWaitAnyMoreIsExplained(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	openMe(t, ctx, f)
	f.mu.Lock()
	f.mailbox.Pending = f.mailbox.Pending[1:]
	f.mu.Unlock()
	click(t, ctx, "#pending li:first-child .confirm")
	if got := browsertest.Text(t, ctx, "#errors"); !strings.Contains(got, "does not wait any more") {
		t.Errorf("the page says %q", got)
	}
	inView(t, ctx, "the error", "#errors", true)
	if got := browsertest.Text(t, ctx, "#summary"); got != "3 things wait for your answer." {
		t.Errorf("the page says %q", got)
	}
}

// A request that is not answered yet is withdrawn after a question. An answered one gives a new link to the data, once.
func TestRequestsAreWithdrawnAndRenewed(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	openMe(t, ctx, f)
	const waiting = `#requests li[data-id="` + gathering + `"]`
	click(t, ctx, waiting+" .withdraw")
	click(t, ctx, `#sure button[value="keep"]`)
	holds(t, ctx, "kept", `document.activeElement.className === "withdraw"`)
	f.sentAre(t, "keeping")
	click(t, ctx, waiting+" .withdraw")
	click(t, ctx, `#sure button[value="withdraw"]`)
	browsertest.Do(t, ctx, chromedp.WaitVisible(css(waiting+`[data-state="withdrawn"]`)))
	holds(t, ctx, "withdrawn", `document.activeElement === document.querySelector('`+waiting+` .meaning') && document.getElementById("status").textContent.includes("You withdrew this request")`)
	holds(t, ctx, "withdrawn", `!document.querySelector('`+waiting+` button')`)
	click(t, ctx, `#requests li[data-id="`+answered+`"] .renew`)
	concludes(t, ctx, "#requests", answered, "A new link is on its way")
	f.sentAre(t, "both", "POST /v1/requests/"+gathering+"/withdraw ", "POST /v1/requests/"+answered+"/exports ")
}

// A refusal of another export says why in the service's words.
func TestTooManyExportsAreExplained(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	openMe(t, ctx, f)
	f.spoil(409, func([]byte) []byte {
		return []byte(`{"status":409,"detail":"This request has had its exports of today."}`)
	})
	click(t, ctx, "#requests .renew")
	if got := browsertest.Text(t, ctx, "#errors"); !strings.Contains(got, "This request has had its exports of today.") {
		t.Errorf("the page says %q", got)
	}
	inView(t, ctx, "the error", "#errors", true)
}

// C03: giving consent takes one press, and so does withdrawing it.
func TestPromise_C03_WithdrawingTakesAsManyStepsAsGiving(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	openMe(t, ctx, f)
	var want []string
	for _, state := range []string{"denied", "granted", "denied"} {
		click(t, ctx, "#choose-marketing_email")
		card := `#choices [data-purpose="marketing_email"]`
		browsertest.Do(t, ctx, chromedp.WaitVisible(css(card+`[data-state="`+state+`"]`)))
		holds(t, ctx, state, `document.activeElement === document.querySelector('`+card+` .state')`)
		says := map[string]string{"denied": "refused or withdrew this", "granted": "You agreed on"}[state]
		holds(t, ctx, "a screen reader", `document.getElementById("status").textContent.includes("`+says+`")`)
		want = append(want, `POST /v1/preferences {"decisions":{"marketing_email":"`+state+`"}}`)
	}
	f.sentAre(t, "the choices", want...)
}

// D01, E03: a purpose that a cookie of the policy needs is the choice of a browser. The page says what the privacy signal does, and has no
// button for such a choice.
func TestPromise_D01_ChoicesOfABrowserStandApart(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	openMe(t, ctx, f)
	if got := browsertest.Text(t, ctx, "#signal"); !strings.Contains(got, "Global Privacy Control") || !strings.Contains(got, "We honour it") {
		t.Errorf("the page says %q", got)
	}
	if got := browsertest.Text(t, ctx, `#browser [data-purpose="marketing_cookies"] .state`); !strings.Contains(got, "Global Privacy Control signal keeps this off") || strings.Contains(got, "You refused") {
		t.Errorf("the page says %q", got)
	}
	if got := browsertest.Text(t, ctx, `#browser [data-purpose="analytics_cookies"] .state`); !strings.Contains(got, "expired on 23 May 2027") {
		t.Errorf("the page says %q", got)
	}
	if got := browsertest.Text(t, ctx, `#choices [data-purpose="testimonials"] .state`); !strings.Contains(got, "refused or withdrew this on 23 November 2026") {
		t.Errorf("of a choice of the person the page says %q", got)
	}
	holds(t, ctx, "the choices of a browser", `document.querySelectorAll('#browser li').length === 2 && !document.querySelector('#browser button') && document.querySelectorAll('#choices button').length === 2`)
	f.mu.Lock()
	f.consents = map[string]string{}
	f.mu.Unlock()
	f.spoil(0, func(answer []byte) []byte {
		return []byte(strings.Replace(string(answer), `"gpc":true`, `"gpc":false`, 1))
	})
	browsertest.Do(t, ctx, chromedp.Reload(), chromedp.WaitVisible(css("#view")), chromedp.WaitNotVisible(css("#signal")))
	holds(t, ctx, "a browser of which nothing is known", `![...document.querySelectorAll('#browser .state')].some(p => p.textContent)`)
}

// On a slow network each button of the open page says what is going on, keeps the focus and ignores a second press.
func TestButtonsOfThePageSayWhatIsGoingOn(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	for button, says := range map[string]string{
		"#pending .confirm": "Confirming…", "#pending .discard": "Discarding…", "#requests .renew": "Asking for a new link…",
		"#choose-marketing_email": "Withdrawing…", "#choose-testimonials": "Agreeing…", "#close": "Closing…", "#requests .withdraw": "Withdrawing…",
	} {
		f := serve(t)
		openMe(t, ctx, f)
		slow := make(chan struct{})
		f.spoil(0, func(answer []byte) []byte { <-slow; return answer })
		click(t, ctx, button)
		if button == "#requests .withdraw" {
			click(t, ctx, `#sure button[value="withdraw"]`)
		}
		browsertest.Do(t, ctx, chromedp.Poll[chromedp.Void](fmt.Sprintf(`document.querySelector(%q).textContent === %q`, button, says)))
		click(t, ctx, button)
		holds(t, ctx, button, fmt.Sprintf(`(b => b.getAttribute("aria-busy") === "true" && document.activeElement === b && document.getElementById("doing").textContent === %q)(document.querySelector(%q))`, says, button))
		close(slow)
		browsertest.Do(t, ctx, chromedp.Poll[chromedp.Void](`document.getElementById("doing").textContent === ""`))
		if posts := f.sent(); len(posts) != 2 {
			t.Errorf("%s: sent %q", button, posts)
		}
	}
}

// In every look, the page of a mailbox is not wider than the window and breaks no rule of axe-core. If SCREENSHOTS names a folder, the test
// saves a picture of each state there.
func TestThePageOfAMailboxIsAccessible(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	f := serve(t)
	opened := func() {
		f.restart()
		openMe(t, ctx, f)
	}
	press := func(selector, shows string) {
		click(t, ctx, selector)
		browsertest.Do(t, ctx, chromedp.WaitVisible(css(shows)))
	}
	for i, state := range []struct {
		name  string
		reach func()
	}{
		{"ask", func() { browsertest.Do(t, ctx, blank(f), chromedp.Navigate(f.origin+"/me"+secretOfMe)) }},
		{"open", opened},
		{"done", func() {
			opened()
			press("#pending li:nth-child(1) .confirm", "#pending li:nth-child(1) .result")
			press("#pending li:nth-child(1) summary", "#pending table")
			press("#pending li:nth-child(2) .discard", "#pending li:nth-child(2) .result")
			press("#pending li:nth-child(3) .confirm", "#pending li:nth-child(3) .result")
			press("#requests .renew", "#requests .result")
		}},
		{"later", func() {
			f.restart()
			f.again()
			openMe(t, ctx, f)
		}},
		{"mailed", func() { press("#renew", "#mailed") }},
		{"empty", func() {
			f.restart()
			f.mu.Lock()
			f.mailbox.Pending, f.mailbox.Requests = f.mailbox.Pending[:0], f.mailbox.Requests[:0]
			f.mu.Unlock()
			openMe(t, ctx, f)
		}},
		{"sure", func() {
			opened()
			press("#requests .withdraw", "#sure")
		}},
		{"refused", func() {
			opened()
			f.age()
			press("#pending .confirm", "#errors")
		}},
		{"over", func() {
			opened()
			f.endSession()
			press("#pending .confirm", "#errors")
		}},
		{"dead", func() { f.visit(t, ctx, "/me#bWFpbGJveA.wrong", "#open", "#errors") }},
		{"find", func() {
			f.endSession()
			f.visit(t, ctx, "/me", "", "#find")
		}},
		{"sent", func() {
			browsertest.Do(t, ctx, chromedp.SendKeys(css("#email"), "anna@example.org"))
			press("#send", "#sent")
		}},
		{"closed", func() {
			opened()
			press("#close", "#closed")
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
