package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// On a slow network each button says what is going on, both visibly and to screen readers. It keeps the focus and ignores a second press.
func TestButtonsSayWhatIsGoingOn(t *testing.T) {
	t.Parallel()
	sealed, _, identity := seal(t, testManifest, 0)
	ctx := browsertest.New(t)
	buttons := map[string]struct{ path, button, says, done, state string }{
		"request": {"/request?right=access", "#send", "Sending…", "#sent", ""},
		"open":    {"/me" + secretOfMe, "#open", "Opening…", "#view", ""},
		"find":    {"/me", "#send", "Sending…", "#sent", ""},
		"export":  {"/exports/" + testID + ".1#dG9rZW4." + identity, "#open", "Opening…", "#done", ""},
		"status":  {"/requests/" + testID + secret, "#withdraw", "Withdrawing…", `#state[data-state="withdrawn"]`, "open"},
	}
	axe := soak.Sample(slices.Sorted(maps.Keys(buttons)), 3)
	for name, c := range buttons {
		t.Run(name, func(t *testing.T) {
			f := serve(t)
			f.sealed = sealed
			if c.state != "" {
				f.state = c.state
			}
			browsertest.Do(t, ctx, blank(f), chromedp.Navigate(f.origin+c.path), chromedp.WaitVisible(css(c.button)))
			if name == "find" {
				browsertest.Do(t, ctx, chromedp.SendKeys(css("#email"), "anna@example.org"))
			}
			label := browsertest.Text(t, ctx, c.button)
			slow := make(chan struct{})
			f.spoil(0, func(answer []byte) []byte { <-slow; return answer })
			click(t, ctx, c.button)
			if name == "status" {
				click(t, ctx, `#sure button[value="withdraw"]`)
			}
			browsertest.Do(t, ctx, chromedp.Poll[chromedp.Void](fmt.Sprintf(`document.querySelector(%q).textContent === %q`, c.button, c.says)))
			click(t, ctx, c.button)
			holds(t, ctx, name, fmt.Sprintf(`(b => b.getAttribute("aria-busy") === "true" && b.getAttribute("aria-disabled") === "true" && document.activeElement === b)(document.querySelector(%q))`, c.button))
			holds(t, ctx, name, fmt.Sprintf(`(d => d.textContent === %q && d.getAttribute("aria-live") === "polite")(document.getElementById("doing"))`, c.says))
			if slices.Contains(axe, name) {
				browsertest.Accessible(t, ctx)
			}
			close(slow)
			browsertest.Do(t, ctx, chromedp.WaitVisible(css(c.done)), chromedp.Poll[chromedp.Void](`document.getElementById("doing").textContent === ""`))
			if posts := f.sent(); len(posts) != 1 {
				t.Errorf("sent %q", posts)
			}
			holds(t, ctx, name, fmt.Sprintf(`(b => !b || b.textContent === %q && !b.hasAttribute("aria-busy") && !b.hasAttribute("aria-disabled"))(document.querySelector(%q))`, label, c.button))
		})
	}
}

// After a failure the button has its usual words again and can be pressed again.
func TestAButtonWorksAgainAfterAFailure(t *testing.T) {
	t.Parallel()
	f := serve(t)
	f.hangUp()
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/me"+secretOfMe))
	click(t, ctx, "#open")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css("#errors")))
	if got := browsertest.Text(t, ctx, "#open"); got != "Show what waits for me" {
		t.Errorf("the button says %q", got)
	}
	f.spoil(0, nil)
	click(t, ctx, "#open")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css("#view")), chromedp.WaitNotVisible(css("#errors")))
}

// A key that a mail program has cut or changed is noticed before the page sends the link's token. So it costs none of the token's ten uses.
func TestABrokenKeyCostsNoUse(t *testing.T) {
	t.Parallel()
	f := serve(t)
	sealed, _, identity := seal(t, testManifest, 0)
	f.sealed = sealed
	ctx := browsertest.New(t)
	other := "Q"
	if strings.HasSuffix(identity, other) {
		other = "P"
	}
	for name, key := range map[string]string{
		"half of it":       identity[:len(identity)/2],
		"the last one off": identity[:len(identity)-1],
		"a letter changed": identity[:len(identity)-1] + other,
		"small letters":    strings.ToLower(identity),
		"no key at all":    "AGE",
	} {
		browsertest.Do(t, ctx, blank(f), chromedp.Navigate(f.origin+"/exports/"+testID+".1#dG9rZW4."+key))
		click(t, ctx, "#open")
		if got := browsertest.Text(t, ctx, "#errors"); !strings.Contains(got, "Part of the link is missing or has been changed") {
			t.Errorf("%s: the page says %q", name, got)
		}
		if posts := f.sent(); len(posts) != 0 {
			t.Errorf("%s: sent %q", name, posts)
		}
		holds(t, ctx, name, `document.getElementById("ask").hidden`)
	}
}
