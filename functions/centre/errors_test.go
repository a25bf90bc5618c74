package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// windows are the window sizes, in CSS pixels, in which an error must be visible: two phones, a tablet, a laptop.
var windows = [][2]int64{{320, 568}, {390, 844}, {768, 900}, {1280, 720}}

// holds fails the test unless the JavaScript expression is true in the page.
func holds(t testing.TB, ctx context.Context, what, expression string) {
	t.Helper()
	if !browsertest.Get(t, ctx, chromedp.Evaluate[bool]("Boolean("+expression+")")) {
		t.Errorf("%s: not so: %s", what, expression)
	}
}

// inView fails the test unless the whole element is inside the window. If focused is true, the element must also have the focus.
func inView(t testing.TB, ctx context.Context, what, selector string, focused bool) {
	t.Helper()
	if focused {
		holds(t, ctx, what, fmt.Sprintf("document.activeElement === document.querySelector(%q)", selector))
	}
	holds(t, ctx, what, fmt.Sprintf(`(r => r.height > 0 && r.top >= 0 && r.left >= 0 && r.bottom <= innerHeight && r.right <= innerWidth)(document.querySelector(%q).getBoundingClientRect())`, selector))
}

// wrongFiling is an answer that refuses every field of the form, and one field that the form does not have.
const wrongFiling = `{"title":"Unprocessable Entity","status":422,"errors":[{"pointer":"/ground","detail":"is required"},
{"pointer":"/purposes/3","detail":"must be a purpose that the policy declares"},{"pointer":"/onBehalfOf/name","detail":"is required"},
{"pointer":"/email","detail":"must be able to receive email: at most 64 plain ASCII characters before the @ and a valid domain after it"},
{"pointer":"/jurisdiction","detail":"must be eu, uk, california or other, or be left out"},{"pointer":"/details","detail":"must not contain control characters"},
{"pointer":"/language","detail":"must be a language tag such as en or pt-BR"}]}`

// A person who sends an invalid form sees the summary of its errors in each size of the window. Each error leads to its field.
func TestErrorSummaryLeadsToEachField(t *testing.T) {
	t.Parallel()
	f := serve(t)
	f.spoil(http.StatusUnprocessableEntity, func([]byte) []byte { return []byte(wrongFiling) })
	ctx := browsertest.New(t)
	for _, size := range windows {
		browsertest.Look(t, ctx, size[0], size[1], "light")
		what := fmt.Sprintf("%d × %d", size[0], size[1])
		browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/request?right=restriction"), chromedp.Evaluate[chromedp.Void]("scrollTo(0, document.body.scrollHeight)"))
		click(t, ctx, "#send")
		browsertest.Do(t, ctx, chromedp.WaitVisible(css("#errors")))
		holds(t, ctx, what, `document.activeElement.id === "errors"`)
		inView(t, ctx, what, "#errors h2", false) // a small phone cannot show all errors at once, but no person can make them all
		inView(t, ctx, what, "#wrong li:first-child", false)
		holds(t, ctx, what, `document.title.startsWith("Error: Limit the use of my data")`)
		if got := browsertest.Text(t, ctx, "#errors"); !strings.Contains(got, "There is a problem") || !strings.Contains(got, "language must be a language tag") {
			t.Errorf("%s: the summary says %q", what, got)
		}
		for i, field := range []struct{ control, invalid, about, error string }{
			{"#ground-accuracy", "[data-pointer='/ground']", "#legend-ground", "The reason is required."},
			{"[name=purposes]", "[data-pointer='/purposes']", "[data-pointer='/purposes'] legend", "The choice of uses must be a purpose that the policy declares."},
			{"#agentName", "#agentName", "label[for=agentName]", "Your name is required."},
			{"#email", "#email", "label[for=email]", "Your email address must be able to receive email"},
			{"#jurisdiction", "#jurisdiction", "label[for=jurisdiction]", "Where you live must be eu"},
			{"#details", "#details", "label[for=details]", "must not contain control characters."},
		} {
			of := fmt.Sprintf("%s, %s", what, field.control)
			link := fmt.Sprintf("#wrong li:nth-child(%d) a", i+1)
			if got := browsertest.Text(t, ctx, link); !strings.Contains(got, field.error) {
				t.Errorf("%s: the summary says %q", of, got)
			}
			click(t, ctx, link)
			inView(t, ctx, of, field.control, true)
			inView(t, ctx, of, field.about, false)
			holds(t, ctx, of, fmt.Sprintf(`(node => node.getAttribute("aria-invalid") === "true" && node.getAttribute("aria-describedby").split(" ").some(id => {
				const error = document.getElementById(id)
				return error.classList.contains("error") && !error.hidden && error.textContent.includes(%q)
			}))(document.querySelector(%q))`, field.error, field.invalid))
		}
		holds(t, ctx, what, `!location.hash`)
	}
}

// A person sends the form from its end, with the mistakes that a person can make there. They see the whole summary, which has the focus.
func TestErrorSummaryIsInView(t *testing.T) {
	t.Parallel()
	f := serve(t)
	f.spoil(http.StatusUnprocessableEntity, func([]byte) []byte {
		return []byte(`{"status":422,"errors":[{"pointer":"/email","detail":"must look like name@example.com"},{"pointer":"/details","detail":"must not contain control characters"}]}`)
	})
	ctx := browsertest.New(t)
	for _, size := range windows {
		browsertest.Look(t, ctx, size[0], size[1], "light")
		browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/request?right=access"), chromedp.Evaluate[chromedp.Void]("scrollTo(0, document.body.scrollHeight)"))
		for range 2 { // the second error must be in view too
			click(t, ctx, "#send")
			browsertest.Do(t, ctx, chromedp.WaitVisible(css("#errors")), chromedp.Poll[chromedp.Void](`document.activeElement.id === "errors"`))
			inView(t, ctx, fmt.Sprintf("%d × %d", size[0], size[1]), "#errors", true)
		}
	}
}

// enter presses the Enter key as a keyboard does: if the page has handled the key press, no character follows.
func enter(t testing.TB, ctx context.Context) {
	t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		_, err := chromedp.Call(ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Using only the keyboard, a person sends the form, follows the first error to its field, corrects the field and sends the form again.
func TestErrorSummaryIsUsedByKeyboard(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/request?right=access"), chromedp.Focus(css("#email")), chromedp.KeyEvent("nobody"))
	enter(t, ctx)
	browsertest.Do(t, ctx, chromedp.WaitVisible(css("#errors")), chromedp.KeyEvent(kb.Tab))
	enter(t, ctx)
	inView(t, ctx, "after the link", "#email", true)
	browsertest.Do(t, ctx, chromedp.KeyEvent("@example.org"))
	enter(t, ctx)
	if got := browsertest.Text(t, ctx, "#sent"); !strings.Contains(got, "@example.org") {
		t.Errorf("the page says %q", got)
	}
	holds(t, ctx, "after success", `document.getElementById("errors").hidden && !document.title.startsWith("Error") && !document.querySelector("[aria-invalid]")`)
}

// failure is a way to produce an error on a page.
type failure struct {
	path  string   // of the page, with the secret
	press []string // the selectors to press, in this order
	spoil func(*fake)
	says  string
}

// failures returns the ways to produce errors of links and of the network, on every page whose address has a secret.
func failures(identity string) map[string]failure {
	const network, dead = "could not reach our service", "does not work any more"
	export := "/exports/" + testID + ".1#"
	return map[string]failure{
		"request, network":         {"/request?right=access", []string{"#send"}, (*fake).hangUp, network},
		"me, network":              {"/me" + secretOfMe, []string{"#open"}, (*fake).hangUp, network},
		"me, dead":                 {"/me#bWFpbGJveA.wrong", []string{"#open"}, nil, dead},
		"me, incomplete":           {"/me#bWFpbGJveA", nil, nil, "Part of the link is missing"},
		"me, reload":               {"/me", nil, (*fake).hangUp, network},
		"me, address":              {"/me", []string{"#send"}, (*fake).endSession, "could not send a link"},
		"me, confirm":              {"/me" + secretOfMe, []string{"#open", "", "#pending li:nth-child(4) .confirm"}, (*fake).hangUp, network},
		"me, choice":               {"/me" + secretOfMe, []string{"#open", "", "#choose-marketing_email"}, (*fake).hangUp, network},
		"me, session over":         {"/me" + secretOfMe, []string{"#open", "", "#close"}, (*fake).endSession, "not open any more"},
		"me, opened before":        {"/me" + secretOfMe, []string{"#open", "", "#pending .confirm"}, (*fake).age, "This needs a new link"},
		"status, network":          {"/requests/" + testID + secret, nil, (*fake).hangUp, network},
		"status, dead":             {"/requests/" + testID + "#wrong", nil, nil, dead},
		"export, network":          {export + "dG9rZW4." + identity, []string{"#open"}, (*fake).hangUp, network},
		"export, dead":             {export + "wrong." + identity, []string{"#open"}, nil, dead},
		"export, another's key":    {export + "dG9rZW4." + identity, []string{"#open"}, nil, "key in this link does not open"},
		"export, half of the link": {export + "dG9rZW4." + identity[:40], []string{"#open"}, nil, "Part of the link is missing"},
	}
}

// Each error of a link or of the network is in view and has the focus, in each size of the window.
func TestErrorsOfLinksAndNetworkAreInView(t *testing.T) {
	t.Parallel()
	f := serve(t)
	f.sealed, _, _ = seal(t, testManifest, 0)
	_, _, identity := seal(t, testManifest, 0)
	type point struct {
		name string
		size [2]int64
	}
	var points []point // every third point has each error once, and goes through the sizes in turn
	all := failures(identity)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, size := range windows {
			points = append(points, point{name, size})
		}
	}
	ctx := browsertest.New(t)
	for _, p := range soak.Sample(points, 3) {
		what, c := fmt.Sprintf("%s at %d × %d", p.name, p.size[0], p.size[1]), all[p.name]
		browsertest.Look(t, ctx, p.size[0], p.size[1], "light")
		f.spoil(0, nil)
		f.restart()
		fail(t, ctx, f, c)
		if got := browsertest.Text(t, ctx, "#errors"); !strings.Contains(got, c.says) {
			t.Errorf("%s: the page says %q", what, got)
		}
		inView(t, ctx, what, "#errors", true)
		holds(t, ctx, what, `document.title.startsWith("Error: ")`)
	}
}

// fail opens the page and produces its error. Some pages show something first; there the service fails only before the press that follows "".
func fail(t testing.TB, ctx context.Context, f *fake, c failure) {
	t.Helper()
	later := slices.Contains(c.press, "")
	if c.spoil != nil && !later {
		c.spoil(f)
	}
	browsertest.Do(t, ctx, blank(f), chromedp.Navigate(f.origin+c.path))
	for _, press := range c.press {
		if press == "" {
			browsertest.Do(t, ctx, chromedp.WaitVisible(css("#view")))
			c.spoil(f)
			continue
		}
		click(t, ctx, press)
	}
	browsertest.Do(t, ctx, chromedp.WaitVisible(css("#errors")))
}
