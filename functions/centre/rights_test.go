package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// H01, H06, H07, H08, H10: a person chooses a right, fills in its form and reads what is true now: that it holds already, that a link follows, or that the
// team has it. A reload says the same, and the browser keeps no address (threat T12).
func TestPromise_H06_EachFormSaysWhatHappened(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	typed := func(id, text string) chromedp.Action[chromedp.Void] { return chromedp.SendKeys(css("#"+id), text) }
	press := func(ids ...string) (all []chromedp.Action[chromedp.Void]) {
		for _, id := range ids {
			all = append(all, chromedp.Click(css("#"+id)))
		}
		return all
	}
	for _, c := range []struct {
		ask           string
		fill          []chromedp.Action[chromedp.Void]
		body          string
		delayed       bool
		title, says   string
		alsoSaysFirst string // before a reload
	}{
		{"opt_out", nil, `"right":"opt_out","language":"en",@`, false, "Done", "From now on we neither sell nor share", "anna@example.org"},
		{"opt_out", nil, `"right":"opt_out","language":"en",@`, true, "We have received it", "It has not taken effect yet", ""},
		{"marketing", press("purpose-marketing_cookies"), `"right":"objection","language":"en","purposes":["business_development","marketing_email"],@`, false, "Done", "for the marketing that you ticked", "Marketing emails"},
		{"automated_decisions", nil, `"right":"automated_decisions","language":"en",@`, false, "Done", "our statement on automated decisions", "<img src=x onerror"},
		{"objection", append(press("purpose-quality_assurance", "purpose-security"), typed("details", "Why I object.")), `"right":"objection","language":"en","purposes":["quality_assurance","security"],@,"details":"Why I object."`, false, "Please check your email", "We stop as soon as you have confirmed", "anna@example.org"},
		{"know", press("scope-specific", "declaration"), `"right":"know","language":"en","scope":"specific","declaration":true,@`, false, "Please check your email", "We start once you have confirmed", ""},
		{"restriction", append(press("ground-claims", "agent"), typed("agentName", "Bea"), typed("agentEmail", "b@example.org"), typed("agentRelation", "I am a rel")),
			`"right":"restriction","language":"en","ground":"claims",@,"onBehalfOf":{"name":"Bea","email":"b@example.org","relation":"relative"}`, false, "Please check your email", "We stop as soon", ""},
		{"child_erasure", []chromedp.Action[chromedp.Void]{typed("childEmail", "kid@example.org"), typed("details", "She is 9.")}, `"right":"child_erasure","language":"en",@,"child":{"email":"kid@example.org"},"details":"She is 9."`, false, "Please check your email", "we stop using the child’s data", ""},
		{"complaint", []chromedp.Action[chromedp.Void]{typed("details", "Too slow.")}, `"right":"complaint","language":"en",@,"details":"Too slow."`, false, "We have received it", "We have received your complaint", ""},
	} {
		f := serve(t)
		f.delayed = c.delayed
		browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/request"))
		form := browsertest.Get(t, ctx, chromedp.Evaluate[string](`document.getElementById("ask-`+c.ask+`").href`)) // a click would not wait until the new page is there
		browsertest.Do(t, ctx, chromedp.Navigate(form), chromedp.WaitVisible(css("#email")), typed("email", "anna@example.org"))
		browsertest.Do(t, ctx, c.fill...)
		click(t, ctx, "#send")
		if got := browsertest.Text(t, ctx, "#sent"); !strings.Contains(got, c.says) || !strings.Contains(got, c.alsoSaysFirst) || !strings.Contains(got, testID) {
			t.Errorf("%s: the page says %q", c.ask, got)
		}
		if posts, want := f.sent(), "POST /v1/requests {"+strings.Replace(c.body, "@", `"email":"anna@example.org"`, 1)+"}"; len(posts) != 1 || posts[0] != want {
			t.Errorf("%s: sent %q, want %s", c.ask, posts, want)
		}
		holds(t, ctx, c.ask, `document.activeElement.id === "sent" && document.querySelector("h1").textContent === "`+c.title+`"`)
		picture(t, ctx, "right-"+c.ask+"-"+c.title)
		browsertest.Do(t, ctx, chromedp.Reload(), chromedp.WaitVisible(css("#sent")))
		if got := browsertest.Text(t, ctx, "main"); !strings.HasPrefix(got, "All your rights\n\n"+c.title) || !strings.Contains(got, c.says) {
			t.Errorf("%s: after a reload the page says %q", c.ask, got)
		}
		keptNowhere(t, ctx, "anna", "kid@", "b@example")
	}
}

// H06, H08, H10: without script, a form leads to a page that says what is true now. The test sends what a browser would.
func TestPromise_H10_WithoutScriptThePageSaysWhatHolds(t *testing.T) {
	t.Parallel()
	f := serve(t)
	for _, c := range []struct{ form, page, says string }{
		{"right=opt_out", "/request/done?right=opt_out", "From now on we neither sell nor share the personal information behind <b class=\"sent-to\">the address that you entered</b>"},
		{"right=objection&purposes=marketing_email&purposes=business_development", "/request/done?right=objection", "for the marketing that you ticked"},
		{"right=automated_decisions", "/request/done?right=automated_decisions", "No decision that significantly affects you is made by automated means alone."},
		{"right=objection&purposes=marketing_email&purposes=security", "/request/sent?right=objection", "We stop as soon as you have confirmed"},
		{"right=complaint&details=x", "/request/sent?right=complaint&state=open", "We have received your complaint"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.origin+"/v1/requests", strings.NewReader(c.form+"&email="+url.QueryEscape("anna@example.org")))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", f.origin)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if at := strings.TrimPrefix(answer.Request.URL.String(), f.origin); at != c.page || !strings.Contains(string(body), c.says) || err != nil {
			t.Errorf("%s leads to %s: %v %s", c.form, at, err, body)
		}
	}
	if slices.ContainsFunc(f.urls, func(u string) bool { return strings.Contains(u, "anna") }) {
		t.Errorf("an address holds what was typed: %q", f.urls)
	}
}

// H06, H10: whatever is in force is taken back on the page of a mailbox, in two presses; whoever takes an opt-out back is told that they opt in again. The
// page says why a purpose is off, and what the team decided.
func TestPromise_H10_WhatIsInForceIsTakenBackInTwoPresses(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	f := serve(t)
	f.limit()
	f.wait("", thing("0190f4e2-0000-7000-8000-000000000009", "request", 0, map[string]any{"right": "restriction", "ground": "claims", "purposes": []string{"quality_assurance"}, "categories": []string{"contact"}, "dueAt": "2026-12-23T23:59:59Z"}),
		thing("0190f4e2-0000-7000-8000-00000000000c", "request", 0, map[string]any{"right": "know", "scope": "categories", "dueAt": "2026-12-23T23:59:59Z"}),
		thing("0190f4e2-0000-7000-8000-00000000000d", "request", 0, map[string]any{"right": "child_erasure", "dueAt": "2026-12-23T23:59:59Z"}))
	openMe(t, ctx, f)
	card := func(id string) string { return `#requests li[data-id="` + id + `"]` }
	for at, wants := range map[string][]string{
		card(optedOut): {"Do not sell or share my data", "In force", "holds until you take it back"}, card(restricted): {"Limit the use of my data", "Our privacy team is looking at it", "20 December 2026"},
		"#pending li:first-child":                     {"Limit the use of my data", "The reason: you need the data for a legal claim.", "Only these uses: Quality assurance.", "Only this data: Contact data.", "we stop it at once, except where the use protects others"},
		`#pending [data-id$="c"]`:                     {"Which kinds of data we collect", "a link to a statement"},
		`#pending [data-id$="d"]`:                     {"stop at once for the child’s email address"},
		card(reported):                                {"Report data about a child", "It has taken effect. Our privacy team is looking at it", "Take it back"},
		card(objected):                                {"Object to the use of my data", "Still stopped: Quality assurance.", "Take it back"},
		card(answered):                                {"Delete my data", "Partly done", "We must keep the invoices.", "<img src=x", "Decided on 24 November 2026"},
		card(gathering):                               {"With our team", "Our answer takes longer, as we decided on 25 November 2026.", "We are asking the hotel.", "Withdraw this request"},
		`#choices [data-purpose="marketing_email"]`:   {"Off, because you objected on 23 November 2026.", "Agree"},
		`#browser [data-purpose="marketing_cookies"]`: {"Off, because you opted out on 23 November 2026."},
	} {
		got := browsertest.Text(t, ctx, at)
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s lacks %q: %q", at, want, got)
			}
		}
	}
	for _, l := range soak.Pick(looks(320, 1280)[:2], looks(320, 1280)) {
		browsertest.Look(t, ctx, l.width, 844, l.scheme)
		browsertest.Fits(t, ctx)
		browsertest.Accessible(t, ctx)
		picture(t, ctx, fmt.Sprintf("me-in-force-%d-%s", l.width, l.scheme))
	}
	click(t, ctx, card(optedOut)+" .lift")
	if got := browsertest.Text(t, ctx, "#sure"); !strings.Contains(got, "Opt in again?") || !strings.Contains(got, "you opt in again") {
		t.Errorf("the page asks %q", got)
	}
	picture(t, ctx, "me-opt-in-again")
	click(t, ctx, `#sure button[value="keep"]`)
	f.sentAre(t, "keeping")
	click(t, ctx, card(optedOut)+" .lift")
	click(t, ctx, `#sure button[value="withdraw"]`)
	browsertest.Do(t, ctx, chromedp.WaitVisible(css(card(optedOut)+`[data-state="withdrawn"]`)))
	if got := browsertest.Text(t, ctx, card(optedOut)); !strings.Contains(got, "You took this back") || strings.Contains(got, "Take it back") {
		t.Errorf("the card says %q", got)
	}
	if got := browsertest.Text(t, ctx, `#choices [data-purpose="marketing_email"]`); strings.Contains(got, "Off, because") {
		t.Errorf("the choice still says %q", got)
	}
	holds(t, ctx, "taken back", `document.activeElement === document.querySelector('`+card(optedOut)+` .meaning')`)
	f.sentAre(t, "taking back", "POST /v1/requests/"+optedOut+"/withdraw ")
}

// T31: a later opening of a link takes nothing back, and says how to.
func TestThreat_T31_ALaterOpeningTakesNothingBack(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	f := serve(t)
	f.limit()
	f.again()
	openMe(t, ctx, f)
	if got := browsertest.Text(t, ctx, "#requests"); strings.Count(got, "To take it back, first get a new link to this page.") != 4 {
		t.Errorf("the requests say %q", got)
	}
	holds(t, ctx, "a later opening", `!document.querySelector(".lift") && !document.querySelector('[data-id="`+reported+`"] .withdraw')`)
}

// T30, L01: a status link shows what is in force and what the team decided, with the authorities. It takes nothing back, since it may have been forwarded.
func TestThreat_T30_AStatusLinkTakesNothingBack(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	f := serve(t)
	f.spoil(0, func([]byte) []byte {
		return []byte(`{"id":"` + testID + `","right":"restriction","state":"open","waitingFor":"team","receivedAt":"2026-11-23T10:00:00Z","dueAt":"2026-12-23T23:59:59Z","timeZone":"Europe/London","policyVersion":"2026-11-02",
"clocks":` + testClocks + `,"events":[{"at":"2026-11-23T10:00:00Z","kind":"received"},{"at":"2026-11-23T10:01:00Z","kind":"in_force"},{"at":"2026-11-23T10:01:00Z","kind":"for_team","reason":"judgement"},{"at":"2026-11-24T10:01:00Z","kind":"extended"}],
"exports":[],"extension":{"reason":` + naughtyJSON + `,"decidedAt":"2026-11-24T10:00:00Z"}}`)
	})
	browsertest.Do(t, ctx, chromedp.Navigate(f.origin+"/requests/"+testID+secret), chromedp.WaitVisible(css("#view")))
	got := browsertest.Text(t, ctx, "main")
	for _, want := range []string{"In force", "Our privacy team is looking at it", "To take it back, open your privacy page", "Why our answer takes longer", "<img src=x", "Decided on 24 November 2026", "Information Commissioner", "It took effect", "Our privacy team has to decide about it", "our answer takes longer, and why"} {
		if !strings.Contains(strings.ToLower(got), strings.ToLower(want)) {
			t.Errorf("the page lacks %q: %q", want, got)
		}
	}
	holds(t, ctx, "in force", `document.getElementById("withdraw").hidden && document.body.id !== "broken"`)
	browsertest.Look(t, ctx, 320, 844, "dark")
	browsertest.Fits(t, ctx)
	browsertest.Accessible(t, ctx)
	picture(t, ctx, "status-in-force")

	f.spoil(0, func([]byte) []byte {
		return []byte(`{"id":"` + testID + `","right":"objection","state":"fulfilled","receivedAt":"2026-11-23T10:00:00Z","dueAt":"2026-12-23T23:59:59Z","timeZone":"Europe/London","policyVersion":"2026-11-02","inForce":true,
"clocks":` + testClocks + `,"events":[{"at":"2026-11-23T10:01:00Z","kind":"in_force"},{"at":"2026-11-24T10:01:00Z","kind":"closed","reason":"partly_done"},{"at":"2026-11-24T10:02:00Z","kind":"lifted"}],
"exports":[],"outcome":{"result":"partly_done","reason":"Because.","decidedAt":"2026-11-24T10:00:00Z","stands":["quality_assurance"]}}`)
	})
	browsertest.Do(t, ctx, chromedp.Reload(), chromedp.WaitVisible(css("#view")))
	if got := browsertest.Text(t, ctx, "main"); !strings.Contains(got, "Still stopped: Quality assurance.") || !strings.Contains(got, "To take it back, open your privacy page") {
		t.Errorf("a part that holds: %q", got)
	}
}
