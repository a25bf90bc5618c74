package story

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// optsOut opts out of sale and sharing, without a confirmation, and takes that back in two presses (promise H10).
func (h hand) optsOut() {
	h.t.Helper()
	h.agrees("marketing_cookies")
	h.may("marketing_cookies", "consent")
	h.asksFor("opt_out")
	h.picture("form-opt-out")
	id := h.sends("we neither sell nor share")
	h.picture("opted-out")
	h.may("marketing_cookies", "opt_out")
	h.told("Your opt-out of sale and sharing is in force", "We do not ask you to agree again for 12 months")
	h.seesOf(id, "In force")
	h.picture("opt-out-in-force")
	h.lifts(id)
	h.may("marketing_cookies", "consent")
}

// agrees agrees to something by the page of the mailbox, which it opens by a first link.
func (h hand) agrees(purpose string) {
	h.t.Helper()
	h.call(h.t, http.StatusAccepted, "POST", "/v1/consents", nil, map[string]any{"subject": map[string]string{"email": h.email}, "decisions": map[string]string{purpose: "granted"},
		"policyVersion": h.policyVersion(h.t), "language": "en", "surface": "form"}, nil)
	h.opensPage(1)
	h.press("#pending .confirm", "#pending .result")
}

// objectsToMarketing stops all marketing at once (promise H06).
func (h hand) objectsToMarketing() {
	h.t.Helper()
	h.may("business_development", "basis")
	h.asksFor("marketing")
	id := h.sends("From now on we do not use")
	if got := browsertest.Text(h.t, h.ctx, "#stopped"); !strings.Contains(got, "Business development") || !strings.Contains(got, "Marketing emails") {
		h.t.Errorf("stopped is %q", got)
	}
	h.picture("stopped-marketing")
	for _, purpose := range []string{"business_development", "marketing_cookies", "marketing_email"} {
		h.may(purpose, "objection")
	}
	h.told("Your objection to marketing is in force", "Business development")
	h.seesOf(id, "In force")
	h.picture("marketing-in-force")
}

// objects objects to another use. It waits for a confirmation, and then for the team, while the use is stopped (promise H06).
func (h hand) objects() (id string) {
	h.t.Helper()
	h.asksFor("objection")
	h.ticks("purpose-service_improvement")
	h.types("details", "I never asked for this.")
	id = h.sends("We stop as soon as you have confirmed")
	h.may("service_improvement", "basis")
	h.opensPage(1)
	h.picture("objection-waits")
	h.press("#pending .confirm", "#pending .result")
	h.may("service_improvement", "objection")
	h.told("Your objection to the use of your data is in force", "Improvement")
	h.seesOf(id, "Our privacy team weighs your objection")
	h.seesOf(id, "Only these uses: Improvement.")
	h.picture("objection-in-force")
	return id
}

// asksAtOnce reads the statement on automated decisions and complains. Neither has to be confirmed (promises H08, L03).
func (h hand) asksAtOnce() {
	h.t.Helper()
	h.asksFor("automated_decisions")
	h.sends("No decision that significantly affects you")
	h.picture("statement")
	h.asksFor("complaint")
	h.types("details", "Nobody answered my chat.")
	h.sends("We have received your complaint")
	h.picture("complained")
	h.told("We have received your complaint")
}

// asksTheTeam asks for what the service collects, in both ways, reports a child and asks for a correction. One link opens all of it, and each has a button of
// its own. The answers come as files that the browser opens; the rest goes to the team (promises H04, H07, I02).
func (h hand) asksTheTeam() (correction string) {
	h.t.Helper()
	h.asksFor("know")
	h.sends("Please open it within")
	h.asksFor("know")
	h.ticks("scope-specific", "declaration")
	h.sends("Please open it within")
	h.asksFor("child_erasure")
	h.types("childEmail", "kid.rights@example.org")
	h.types("details", "My son is nine.")
	h.sends("As soon as you have confirmed")
	h.asksFor("rectification")
	h.types("details", "My name is spelt with a w.")
	correction = h.sends("We start once you have confirmed")

	h.opensPage(1)
	wait(h.t, "four things to wait", 30*time.Second, func() bool {
		h.do(chromedp.Navigate(h.origin+"/me"), chromedp.WaitVisible(chromedp.CSS("#view")))
		return strings.HasPrefix(browsertest.Text(h.t, h.ctx, "#summary"), "4 things wait")
	})
	h.picture("four-wait")
	for _, part := range []string{"Which kinds of data we collect.", "The data itself."} {
		h.says("#pending", part)
	}
	for range 4 {
		h.press("#pending > li:not(.decided) .confirm", "#pending > li.decided")
		h.do(chromedp.WaitNotPresent(chromedp.CSS("#pending [aria-busy=true]")))
	}
	h.do(chromedp.WaitVisible(chromedp.CSS("#pending > li:nth-child(4).decided")))
	h.picture("four-confirmed")
	h.seesOf(correction, "With our team")
	h.picture("with-the-team")
	var shown []string
	for nth := range 2 { // the statement and the data come in any order
		h.open(h.link(h.t, nth+1, h.email, "/exports/", nil))
		h.press("#open", "#done")
		shown = append(shown, browsertest.Text(h.t, h.ctx, "#categories"))
		h.picture(fmt.Sprintf("know-%d", nth+1))
	}
	has := func(data bool) bool {
		return slices.ContainsFunc(shown, func(page string) bool {
			return strings.Contains(page, "How we use personal data") != data && strings.Contains(page, "Identity data") == data
		})
	}
	if !has(false) || !has(true) {
		h.t.Errorf("the exports show %q", shown)
	}
	return correction
}

// restricts limits the use of all data because it is unlawful, and returns the number of the request. What has ended meanwhile stays (promise H04).
func (h hand) restricts() (id string) {
	h.t.Helper()
	h.puts("transaction", "inv-rights", -30, map[string]any{"invoiceNumber": "INV-R", "issuedAt": ago(30), "currency": "EUR", "amount": "12.00", "status": "paid",
		"description": "Support", "lines": []map[string]any{}})
	h.asksFor("restriction")
	h.ticks("ground-unlawful")
	id = h.sends("We stop as soon as you have confirmed")
	h.opensPage(1)
	h.picture("restriction-waits")
	h.press("#pending .confirm", "#pending .result")
	h.may("service_improvement", "restriction")
	return id
}

func ago(days int) string { return time.Now().UTC().AddDate(0, 0, -days).Format(time.RFC3339) }

// puts sends in a record of the person.
func (h hand) puts(category, id string, days int, data map[string]any) {
	h.t.Helper()
	body := map[string]any{"subject": map[string]string{"email": h.email}, "source": "direct", "occurredAt": time.Now().UTC().AddDate(0, 0, days).Format(time.RFC3339), "data": data}
	h.call(h.t, http.StatusOK, "PUT", "/v1/records/"+category+"/"+id, h.token(h.t, "records.write"), body, nil)
}
