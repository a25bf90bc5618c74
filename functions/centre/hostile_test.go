package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/infra/local/seed/people"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/pages"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// rotten returns the policy in force with markup in every sentence, as change has rewritten it.
func rotten(t testing.TB, change func(string) string) *policy.Policy {
	t.Helper()
	document, err := json.Marshal(policy.Newest())
	if err != nil {
		t.Fatal(err)
	}
	var p policy.Policy
	if err := json.Unmarshal(texts(t, document, inTurn(0, change), machine...), &p); err != nil {
		t.Fatal(err)
	}
	return &p
}

// rottenPolicies returns all published versions with markup in every sentence. The strip announces a version, and a version is coming.
func rottenPolicies(t testing.TB, change func(string) string) pages.Policies {
	t.Helper()
	p := spoilt(t, func(place int) func(string) string { return inTurn(place, change) })
	in := rotten(t, change)
	in.Version = p.Published[1].Version
	p.InForce = func(time.Time) *policy.Policy { return in }
	p.Banner = func(time.Time) policy.Banner { return policy.Banner{Show: true, Version: in.Version} }
	return p
}

// visit opens a page as its link does and presses whatever must be pressed, until an element is visible.
func (f *fake) visit(t testing.TB, ctx context.Context, path, press, shows string) {
	t.Helper()
	browsertest.Do(t, ctx, blank(f), chromedp.Navigate(f.origin+path))
	if press != "" {
		click(t, ctx, press)
	}
	browsertest.Do(t, ctx, chromedp.WaitVisible(css(shows)))
}

// outbox keeps the last mail that it is asked to send.
type outbox mail.Message

func (o *outbox) Send(_ context.Context, m mail.Message) error {
	*o = outbox(m)
	return nil
}

// The pages show as text whatever the service answers, even answers that it never gives, and whatever a person types.
func TestThreat_T17_NothingInAnAnswerBecomesMarkup(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	for path, name := range htmlRoutes(t) {
		press, shows := "", "#view"
		switch name {
		case pages.PolicyPage, pages.VersionsPage, pages.VersionPage, pages.ChangesPage, pages.MissingPage, pages.RequestPage, pages.SentPage, pages.DonePage, pages.ProblemPage, pages.ExportPage: // show no answer, except the export page, which has its own test
			continue
		case pages.FormPage:
			shows = "#form"
		case pages.MePage:
			press = "#open"
		case pages.StatusPage: // shows its answer at once
		}
		for first := range soak.Pick(1, 3) { // so that each piece appears in more than one place
			browsertest.SameNodes(t, ctx, path, func(change func(string) string) {
				f.restart()
				f.mailbox.anyID = true // no id is what the service made it
				f.wait("", changeOf("addresses_changed"))
				f.spoil(0, func(body []byte) []byte {
					purpose, _ := json.Marshal(change(people.Markup()[first]))
					body = bytes.ReplaceAll(body, []byte(`{"testimonials":"granted"}`), fmt.Appendf(nil, `{%s:"granted","other":"denied"}`, purpose)) // a purpose that the policy lacks
					return texts(t, body, inTurn(first*9, change), "kind")
				})
				f.visit(t, ctx, path+secret+".token", press, shows)
				if name == pages.MePage {
					browsertest.Do(t, ctx, chromedp.Click(css("#choose-marketing_email")), chromedp.Poll[chromedp.Void](`document.activeElement.className === "state"`))
					browsertest.Do(t, ctx, chromedp.Click(css("#pending .primary.confirm")), chromedp.WaitVisible(css("#pending .result")))
					browsertest.Do(t, ctx, chromedp.Click(css("#requests .renew")), chromedp.WaitVisible(css("#requests .result")))
				}
				if name == pages.FormPage {
					browsertest.Do(t, ctx, chromedp.SetValue(css("#email"), change(people.Markup()[first])))
					click(t, ctx, "#send")
					browsertest.Do(t, ctx, chromedp.WaitVisible(css("#sent")))
				}
			})
		}
	}
}

// hostileProblem names every field of the form, and one that does not exist.
const hostileProblem = `{"title":"t","detail":"d","errors":[{"pointer":"/right","detail":"d"},{"pointer":"/email","detail":"d"},{"pointer":"/jurisdiction","detail":"d"},
{"pointer":"/details","detail":"d"},{"pointer":"/ground","detail":"d"},{"pointer":"/purposes/0","detail":"d"},{"pointer":"/categories/1","detail":"d"},
{"pointer":"/onBehalfOf/name","detail":"d"},{"pointer":"\"]<img src=x onerror=window.broken=1>","detail":"d"}]}`

// The same applies to what a page says when its call was refused, including the errors at the form's fields.
func TestThreat_T17_NothingInAProblemBecomesMarkup(t *testing.T) {
	t.Parallel()
	f := serve(t)
	ctx := browsertest.New(t)
	marks := map[string]int{"/request?right=restriction": 7, "/request?right=automated_decisions": 2}
	press := map[pages.Name]string{pages.FormPage: "#send", pages.MePage: "#open", pages.ExportPage: "#open"}
	for path, name := range htmlRoutes(t) {
		if !name.Scripted() { // makes no call
			continue
		}
		for _, status := range soak.Pick([]int{422}, []int{409, 422, 500}) {
			browsertest.SameNodes(t, ctx, path, func(change func(string) string) {
				f.spoil(status, func([]byte) []byte { return texts(t, []byte(hostileProblem), inTurn(status, change), "pointer") })
				f.visit(t, ctx, path+secret+".identity", press[name], "#errors")
			})
			if name == pages.FormPage && status == 422 {
				if marked := browsertest.Get(t, ctx, chromedp.Evaluate[int](`[...document.querySelectorAll('.error')].filter(e => !e.hidden && e.textContent.length > 10).length`)); marked != marks[path] {
					t.Errorf("%d fields are marked: this test looks in the wrong place", marked)
				}
			}
		}
	}
}

func TestThreat_T17_NothingInAPolicyBecomesMarkup(t *testing.T) {
	t.Parallel()
	ctx := browsertest.New(t)
	for path, name := range htmlRoutes(t) {
		if name == pages.ChangesPage { // what it consists of depends on the texts; it has its own test
			continue
		}
		shows := map[pages.Name]string{pages.StatusPage: "#view"}[name]
		if shows == "" {
			shows = "main"
		}
		browsertest.SameNodes(t, ctx, path, func(change func(string) string) {
			site, err := pages.NewSite(rottenPolicies(t, change))
			if err != nil {
				t.Fatal(err)
			}
			serveSite(t, site).visit(t, ctx, path+secret+".identity", "", shows)
		})
	}
	for name, send := range map[string]func(letters.Post, request.Request) error{
		"export": func(p letters.Post, r request.Request) error {
			return p.ExportReady(t.Context(), r, export.Attempt{Request: r.ID}, "secret", "identity", "secret")
		},
		"nothing": func(p letters.Post, r request.Request) error {
			return p.NothingStored(t.Context(), r.Email, r, "secret")
		},
		"link": func(p letters.Post, r request.Request) error {
			granted := map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted, privacy.Testimonials: consent.Granted}
			return p.Link(t.Context(), r.Email, mailbox.Letter{Token: "secret", Waiting: []mailbox.Waiting{{Right: r.Right, DueAt: time.Now()}, {Decisions: granted}, {Change: audit.AddressesChanged}}})
		},
		"receipt": func(p letters.Post, r request.Request) error {
			both := map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted, privacy.Testimonials: consent.Denied}
			return p.Receipt(t.Context(), r.Email, mailbox.Receipt{Acts: []mailbox.Act{
				{Kind: mailbox.Confirmed, Request: r.ID, Right: r.Right, Status: "secret"}, {Kind: mailbox.Decided, Decisions: both}, {Kind: mailbox.Discarded, Right: r.Right},
				{Kind: mailbox.Attached}, {Kind: mailbox.Contested}, {Kind: mailbox.Filed, Request: r.ID, Right: privacy.AutomatedDecisions, Status: "secret"},
			}})
		},
		"limited": func(p letters.Post, r request.Request) error {
			r.Right, r.Purposes = privacy.Objection, []privacy.Purpose{privacy.MarketingEmail, "service_improvement", "security"}
			return p.Limited(t.Context(), r.Email, r, "secret")
		},
		"extended": func(p letters.Post, r request.Request) error { return p.Extended(t.Context(), r.Email, r, "secret") },
		"closed":   func(p letters.Post, r request.Request) error { return p.Closed(t.Context(), r.Email, r, "secret") },
	} {
		browsertest.SameNodes(t, ctx, "the mail "+name, func(change func(string) string) {
			var last outbox
			post := letters.Post{Sender: &last, Origin: "https://privacy.example", Policy: policytest.Always(rotten(t, change)), Now: time.Now}
			why := change(naughty)
			r := request.Request{
				ID: testID, Right: privacy.Access, ReceivedAt: time.Now(), Terms: policy.Newest().Terms(),
				Extension: request.Extension{Reason: why}, Outcome: request.Outcome{Result: request.Declined, Reason: why},
			}
			if err := send(post, r); err != nil {
				t.Fatal(err)
			}
			open(t, ctx, []byte(last.HTML))
		})
	}
}
