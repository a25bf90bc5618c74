package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// openMail opens the page of a mailbox behind which a mail waits.
func openMail(t testing.TB, ctx context.Context, f *fake, mail map[string]any) {
	t.Helper()
	f.wait("", mail)
	openMe(t, ctx, f)
}

// wish chooses what a mail means.
func wish(t testing.TB, ctx context.Context, value string) {
	t.Helper()
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`{const s = document.querySelector('%s select'); s.value = %q; s.dispatchEvent(new Event('change'))}; undefined`, mailCard, value)))
	holds(t, ctx, value, fmt.Sprintf(`document.querySelector('%s select').value === %q`, mailCard, value))
}

// wishes lists the values of all wishes.
func wishes(t testing.TB, ctx context.Context) []string {
	t.Helper()
	return browsertest.Get(t, ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll('`+mailCard+` option')].map(o => o.value).filter(Boolean)`))
}

// apart fails the test if two elements of the page have the same id, or if an attribute leads to no element.
func apart(t testing.TB, ctx context.Context, what string) {
	t.Helper()
	if twice := browsertest.Get(t, ctx, chromedp.Evaluate[[]string](`(ids => ids.filter((id, i) => ids.indexOf(id) !== i))([...document.querySelectorAll('[id]')].map(n => n.id))`)); len(twice) > 0 {
		t.Errorf("%s: two elements have the id %q", what, twice)
	}
	const lost = `[...document.querySelectorAll('#pending [for], #pending [aria-describedby], #pending [aria-labelledby]')].flatMap(n => ['for', 'aria-describedby', 'aria-labelledby'].flatMap(a => (n.getAttribute(a) ?? '').split(' '))).filter(id => id && !document.getElementById(id))`
	if ids := browsertest.Get(t, ctx, chromedp.Evaluate[[]string](lost)); len(ids) > 0 {
		t.Errorf("%s: nothing has the id %q", what, ids)
	}
}

// T06, H12: the sender of a mail reads what they wrote. What they press confirms what they chose and nothing else. What is plain is chosen already.
func TestThreat_T06_ASenderSaysWhatTheirMailMeans(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	const copies = "My data\n\nPlease send me a copy of my data."
	for want, c := range map[string]struct {
		more  map[string]any
		text  string
		value string // chosen; empty if it is already
		says  string // once it is confirmed
	}{
		`{"right":"access"}`:                    {map[string]any{"suggested": "access"}, copies, "", "We gather your data"},
		`{"right":"question"}`:                  {nil, "Where are your servers?", "question", "Our privacy team reads your email and answers you. We answer by 20 December 2026 at the latest."},
		`{"right":"opt_out"}`:                   {nil, "Do it.", "opt_out", "It has taken effect. We email you what it covers."},
		`{"right":"automated_decisions"}`:       {nil, "Do machines decide?", "automated_decisions", "No machine alone decides anything about you."},
		`{"right":"complaint"}`:                 {nil, "I am not content.", "complaint", "We have received your complaint."},
		`{"right":"know","scope":"categories"}`: {nil, "What do you know?", "know", "We write the statement"},
	} {
		f := serve(t)
		openMail(t, ctx, f, mailOf(c.more, message(c.text, nil)))
		card := browsertest.Text(t, ctx, mailCard)
		for _, want := range []string{"Your email of 23 November 2026", "Sent on 23 November 2026:", strings.Fields(c.text)[0], "We do nothing until you confirm it."} {
			if !strings.Contains(card, want) {
				t.Errorf("%s: the card lacks %q: %s", want, want, card)
			}
		}
		if guessed := strings.Contains(card, "We think you mean the following. Please correct it if we are wrong."); guessed != (c.value == "") {
			t.Errorf("%s: the card says %q", want, card)
		}
		if c.value != "" {
			wish(t, ctx, c.value)
		}
		click(t, ctx, mailCard+" .confirm")
		concludes(t, ctx, "#pending", written, c.says)
		f.sentAre(t, want, "POST /v1/requests/"+written+"/confirm "+want)
		holds(t, ctx, want, `!document.querySelector('`+mailCard+` form')`)
		if got := browsertest.Text(t, ctx, "#summary"); got != "4 things wait for your answer." {
			t.Errorf("%s: the page says %q", want, got)
		}
	}
}

// H03: what a deletion would delete is shown once the mail was confirmed as one. H06: what stops at once is shown among the choices.
func TestPromise_H06_WhatFollowsFromAMailIsShown(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	f := serve(t)
	openMail(t, ctx, f, mailOf(map[string]any{"suggested": "objection"}, message("Please unsubscribe me.", nil)))
	holds(t, ctx, "marketing", `document.querySelector('`+mailCard+` select').value === "marketing" && document.querySelectorAll('`+mailCard+` [name=purposes]:checked').length > 1`)
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`for (const box of document.querySelectorAll('`+mailCard+` [name=purposes]')) box.checked = box.value === "marketing_email"; undefined`))
	click(t, ctx, mailCard+" .confirm")
	concludes(t, ctx, "#pending", written, "It has taken effect. We email you what it covers.")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css(`#choices [data-purpose="marketing_email"][data-state="denied"]`)))
	if got := browsertest.Text(t, ctx, "#requests li:first-child"); !strings.Contains(got, "In force") {
		t.Errorf("the request says %q", got)
	}
	f.sentAre(t, "marketing", "POST /v1/requests/"+written+`/confirm {"right":"objection","purposes":["marketing_email"]}`)

	f = serve(t)
	openMail(t, ctx, f, mailOf(map[string]any{"suggested": "erasure"}, message("Delete my data.", nil)))
	if got := browsertest.Text(t, ctx, mailCard); !strings.Contains(got, "We delete nothing before you agree to it.") {
		t.Errorf("the card says %q", got)
	}
	click(t, ctx, mailCard+" .confirm")
	browsertest.Do(t, ctx, chromedp.WaitVisible(css("#deletion-title")), chromedp.WaitNotPresent(css(mailCard)))
}

// T31: with a link that was opened before, the sender can ask and stop. Everything else is offered once they have a new link.
func TestThreat_T31_AnOldLinkOfAMail(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	for _, doubt := range []string{"", "shared"} {
		f := serve(t)
		f.again()
		f.mailbox.Pending = []map[string]any{}
		f.wait(doubt, mailOf(map[string]any{"suggested": "access"}, message("A copy of my data, please.", nil)))
		openMe(t, ctx, f)
		if got := browsertest.Text(t, ctx, mailCard); !strings.Contains(got, "With this link you can only ask a question or stop something. For everything else, you need a new link.") || strings.Contains(got, "We think") {
			t.Errorf("the card says %q", got)
		}
		browsertest.Do(t, ctx, chromedp.WaitVisible(css("#renew"))) // to which the card leads
		const open = `[...document.querySelectorAll('` + mailCard + ` option')].filter(o => o.value && !o.disabled).map(o => o.value).join()`
		if got := browsertest.Get(t, ctx, chromedp.Evaluate[string](open)); got != "question,marketing,opt_out,automated_decisions,complaint" {
			t.Errorf("open are %s", got)
		}
		wish(t, ctx, "opt_out")
		click(t, ctx, mailCard+" .confirm")
		concludes(t, ctx, "#pending", written, "It has taken effect.")
	}
	f := serve(t)
	openMail(t, ctx, f, mailOf(nil, message("x", nil)))
	wish(t, ctx, "access")
	f.age()
	click(t, ctx, mailCard+" .confirm")
	if got := browsertest.Text(t, ctx, "#errors"); !strings.Contains(got, "This needs a new link") {
		t.Errorf("the page says %q", got)
	}
	browsertest.Do(t, ctx, chromedp.WaitVisible(css("#again")))
}

// T27: by an address in doubt a mail goes to the team, whatever it means, but for what it stops.
func TestThreat_T27_AMailFromAnAddressInDoubt(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	for _, doubt := range soak.Pick([]string{"shared", "frozen"}, []string{"shared", "detached", "frozen"}) {
		f := serve(t)
		f.mailbox.Pending = []map[string]any{}
		f.wait(doubt, mailOf(nil, message("Hello", nil)))
		openMe(t, ctx, f)
		for value, says := range map[string]string{
			"automated_decisions": "You see our statement here at once.", "access": "Somebody from our privacy team looks at it.", "erasure": "Somebody from our privacy team looks at it.", "question": "Our privacy team reads your email", "marketing": "We stop it at once",
		} {
			wish(t, ctx, value)
			if got := browsertest.Text(t, ctx, mailCard+" .then"); !strings.Contains(got, says) {
				t.Errorf("%s, %s: %q", doubt, value, got)
			}
		}
		wish(t, ctx, "access")
		click(t, ctx, mailCard+" .confirm")
		concludes(t, ctx, "#pending", written, "Somebody from our team is looking at your request. We answer by 20 December 2026 at the latest.")
		if got := browsertest.Text(t, ctx, "#view"); strings.Contains(got, "Your requests") || strings.Contains(got, "Your choices") {
			t.Errorf("%s: the page says %q", doubt, got)
		}
	}
}

// T06: without a choice, and with half a choice, the page says at the field what is missing, and nothing is confirmed.
func TestThreat_T06_WhatIsMissingIsSaidAtItsField(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	f := serve(t)
	openMail(t, ctx, f, mailOf(nil, message("Hello", nil)))
	for _, size := range windows {
		browsertest.Look(t, ctx, size[0], size[1], "light")
		click(t, ctx, mailCard+" .confirm")
		what := fmt.Sprintf("%d × %d", size[0], size[1])
		if got := browsertest.Text(t, ctx, mailCard+" .error"); got != "Please choose what we should do." {
			t.Errorf("%s: the field says %q", what, got)
		}
		inView(t, ctx, what, mailCard+" select", true)
		inView(t, ctx, what, mailCard+" .error", false)
		holds(t, ctx, what, `(s => s.getAttribute("aria-invalid") === "true" && s.getAttribute("aria-describedby").split(" ").every(id => document.getElementById(id).textContent))(document.querySelector('`+mailCard+` select'))`)
	}
	f.sentAre(t, "without a choice")
	wish(t, ctx, "restriction")
	holds(t, ctx, "another choice", `!document.querySelector('`+mailCard+` .error:not([hidden])')`)
	click(t, ctx, mailCard+" .confirm")
	for _, place := range []string{mailCard + ` [data-pointer="/ground"] .error`, "#wrong"} {
		if got := browsertest.Text(t, ctx, place); got != "The reason is required." {
			t.Errorf("%s says %q", place, got)
		}
	}
	click(t, ctx, "#wrong a")
	inView(t, ctx, "the field", mailCard+" [name=ground]", true)
	click(t, ctx, mailCard+` [name=ground][value=claims]`)
	click(t, ctx, mailCard+" .confirm")
	concludes(t, ctx, "#pending", written, "It takes effect now")
	browsertest.Do(t, ctx, chromedp.WaitNotVisible(css("#errors")))
}

// H12: if no words of the mail could be read, those that a right needs can be typed here.
func TestPromise_H12_WordsThatCouldNotBeReadAreTyped(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	f := serve(t)
	openMail(t, ctx, f, mailOf(nil, message("", map[string]any{"attachments": 1})))
	if got := browsertest.Text(t, ctx, mailCard); !strings.Contains(got, "We could not read any text in it. Our privacy team has it.") || !strings.Contains(got, "We have not kept its attachment.") {
		t.Errorf("the card says %q", got)
	}
	wish(t, ctx, "rectification")
	click(t, ctx, mailCard+" .confirm")
	if got := browsertest.Text(t, ctx, mailCard+` [data-pointer="/details"] .error`); got != "Your message is required." {
		t.Errorf("the field says %q", got)
	}
	browsertest.Do(t, ctx, chromedp.SendKeys(css(mailCard+" textarea"), "It is Müller."))
	click(t, ctx, mailCard+" .confirm")
	concludes(t, ctx, "#pending", written, "Somebody from our team is looking at your request.")
	if sent := f.sent(); sent[len(sent)-1] != "POST /v1/requests/"+written+`/confirm {"right":"rectification","details":"It is Müller."}` {
		t.Errorf("sent %q", sent)
	}
	f.restart()
	openMail(t, ctx, f, mailOf(nil, message("It is Müller.", nil)))
	wish(t, ctx, "rectification")
	holds(t, ctx, "words that were read", `!document.querySelector('`+mailCard+` textarea')`)
}

// H12: a reply about another request is added to it.
func TestPromise_H12_AReplyOnThePage(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	f := serve(t)
	f.limit()
	f.mailbox.Requests[0] = filed(gathering, "rectification", "open", map[string]any{"waitingFor": "team"})
	openMail(t, ctx, f, mailOf(map[string]any{"about": "rectification", "suggested": "access"}, message("It is Müller.", nil)))
	holds(t, ctx, "a reply", `document.querySelector('`+mailCard+` select').value === "question"`)
	if got := browsertest.Text(t, ctx, mailCard); !strings.Contains(got, "It is about something I asked before: Correct my data") || !strings.Contains(got, "We add it to “Correct my data”, which you asked for before.") || strings.Contains(got, "We think") {
		t.Errorf("the card says %q", got)
	}
	click(t, ctx, mailCard+" .confirm")
	concludes(t, ctx, "#pending", written, "Added to what you asked for before. Our privacy team sees it there.")
	f.sentAre(t, "a reply", "POST /v1/requests/"+written+`/confirm {"right":"question"}`)
}

// H12, T32: what of a mail is not shown is said. A mail that was not theirs is discarded by one press.
func TestThreat_T32_WhatIsNotShownIsSaid(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	f := serve(t)
	openMail(t, ctx, f, mailOf(map[string]any{"repeats": 3}, sixMessages()...))
	card := browsertest.Text(t, ctx, mailCard)
	for _, want := range []string{
		"We do not show what it says, because we cannot be sure that it came from you.", "The rest of it is missing here. Our privacy team has it.", "We have not kept its attachment.", "We have not kept its 12 attachments.",
		"You wrote 3 more times. We have counted that, and kept no more.", "One answer counts for all of it. You can ask for more on the page of your rights.",
	} {
		if !strings.Contains(card, want) {
			t.Errorf("the card lacks %q: %s", want, card)
		}
	}
	if got := strings.Count(card, "Sent on 23 November 2026:"); got != 6 {
		t.Errorf("%d messages", got)
	}
	click(t, ctx, mailCard+" .discard")
	concludes(t, ctx, "#pending", written, "Discarded. We will not act on it.")
	f.sentAre(t, "not theirs", "POST /v1/pending/"+written+"/discard ")
}

// sixMessages are as many messages as are kept of a mail, of each kind.
func sixMessages() []map[string]any {
	long := strings.Repeat("I have been a customer of yours for years, and nobody has ever told me what becomes of what I write.\n", 90)
	return []map[string]any{
		message("My data\n\nPlease send me a copy of my data.\n\nAnna", nil), message("", map[string]any{"hidden": true, "cut": true, "attachments": 12}),
		message(long, map[string]any{"cut": true}), message(strings.Repeat("w", 9000), map[string]any{"attachments": 1}),
		message("שלום, אנא שלחו לי את הנתונים שלי", nil), message("", nil),
	}
}

// A very long text scrolls in its own place, also by keyboard, and the card stays as wide as the window.
func TestALongMailScrolls(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	f := serve(t)
	browsertest.Look(t, ctx, 320, 568, "light")
	openMail(t, ctx, f, mailOf(nil, sixMessages()...))
	browsertest.Fits(t, ctx)
	holds(t, ctx, "scrolls", `[...document.querySelectorAll('`+mailCard+` .letter')].every(l => l.clientHeight <= 320 && l.scrollWidth <= l.clientWidth) && [...document.querySelectorAll('`+mailCard+` .letter')].filter(l => l.scrollHeight > l.clientHeight && l.tabIndex === 0).length === 2`)
	browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll('`+mailCard+` .letter')][1].focus(); undefined`), chromedp.KeyEvent(kb.End),
		chromedp.Poll[chromedp.Void](`(l => l.scrollTop + l.clientHeight >= l.scrollHeight - 2)(document.querySelectorAll('`+mailCard+` .letter')[1])`))
}

// A person who uses only the keyboard chooses and confirms.
func TestAMailIsAnsweredByKeyboard(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	f := serve(t)
	openMail(t, ctx, f, mailOf(nil, message("Where are your servers?", nil)))
	next := func(until string) {
		t.Helper()
		for range 12 {
			if browsertest.Get(t, ctx, chromedp.Evaluate[bool](`document.activeElement === document.querySelector('`+until+`')`)) {
				return
			}
			browsertest.Do(t, ctx, chromedp.KeyEvent(kb.Tab))
		}
		t.Fatalf("the Tab key does not lead to %s", until)
	}
	next(mailCard + " select")
	browsertest.Do(t, ctx, chromedp.KeyEvent("It is"))
	if got := browsertest.Text(t, ctx, mailCard+" .then"); !strings.Contains(got, "Our privacy team reads your email and answers you.") {
		t.Errorf("the page says %q", got)
	}
	next(mailCard + " .confirm")
	enter(t, ctx)
	concludes(t, ctx, "#pending", written, "Our privacy team reads your email and answers you.")
	f.sentAre(t, "the keyboard", "POST /v1/requests/"+written+`/confirm {"right":"question"}`)
}

// T17: what somebody wrote is never markup, and neither is what it seems to be about.
func TestThreat_T17_AMailStaysText(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	browsertest.SameNodes(t, ctx, "a mail", func(change func(string) string) {
		f.restart()
		var messages []map[string]any
		for i := range 40 {
			messages = append(messages, message(inTurn(i, change)(""), nil))
		}
		openMail(t, ctx, f, mailOf(map[string]any{"about": change(naughty), "suggested": change(naughty), "timeZone": "Europe/London"}, messages...))
	})
	if got := browsertest.Text(t, ctx, mailCard); !strings.Contains(got, "<") {
		t.Errorf("the text was lost: %q", got)
	}
}

// In every look, with each wish chosen, the card of a mail is not wider than the window and breaks no rule of axe-core, and no two elements of the page
// have the same id. If SCREENSHOTS names a folder, the test saves a picture of each there.
func TestACardOfAMailIsAccessible(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	f := serve(t)
	states := map[string]map[string]any{
		"unread": mailOf(nil, message("", nil)), "six": mailOf(map[string]any{"repeats": 3}, sixMessages()...), "guessed": mailOf(map[string]any{"suggested": "access"}, message("A copy of my data, please.\n\nAnna", nil)),
		"reply": mailOf(map[string]any{"about": "rectification"}, message("It is Müller.", nil)),
	}
	all, n := looks(320, 390, 1280), 0
	check := func(name string) {
		t.Helper()
		apart(t, ctx, name)
		n++
		axe := soak.Pick(all[n%len(all):][:1], all)
		for _, l := range soak.Pick(append(slices.Clone(all[:1]), axe...), all) {
			browsertest.Look(t, ctx, l.width, 844, l.scheme)
			browsertest.Fits(t, ctx)
			if slices.Contains(axe, l) {
				browsertest.Accessible(t, ctx)
			}
			picture(t, ctx, fmt.Sprintf("mail-%s-%d-%s", name, l.width, l.scheme))
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
	for _, name := range []string{"six", "guessed", "reply", "unread"} {
		f.restart()
		openMail(t, ctx, f, states[name])
		check(name)
	}
	click(t, ctx, mailCard+" .confirm")
	check("missing")
	for _, value := range wishes(t, ctx) {
		wish(t, ctx, value)
		browsertest.Do(t, ctx, chromedp.Evaluate[chromedp.Void](`for (const folded of document.querySelectorAll('`+mailCard+` details')) folded.open = true; undefined`))
		check("wish-" + value)
	}
	f.restart()
	f.again()
	openMail(t, ctx, f, states["guessed"])
	check("later")
}
