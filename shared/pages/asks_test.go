package pages

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// about returns the page that a query leads to while p is in force, and which page it is.
func about(t *testing.T, p *policy.Policy, name Name, query string) (Name, string) {
	t.Helper()
	policies := Compiled()
	policies.InForce = func(time.Time) *policy.Policy { return p }
	s, err := newSite(policies, built)
	if err != nil {
		t.Fatal(err)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	name, page, err := s.About(name, values, noon)
	if err != nil {
		t.Fatal(err)
	}
	return name, string(page.Body)
}

// every returns everything that a person can ask for.
func every(p *policy.Policy) (all []ask) {
	for _, g := range asks(p) {
		all = append(all, g.Asks...)
	}
	return all
}

// query returns the query of the form.
func (a ask) query() string { return strings.TrimPrefix(a.Path(), "/request?") }

// H01: the page of the rights leads to a form for each right that the service answers, and each right that the policy offers online is among them.
func TestPromise_H01_EveryRightHasAForm(t *testing.T) {
	p := policy.Newest()
	_, list := about(t, p, RequestPage, "")
	var have []privacy.Right
	for _, a := range every(p) {
		have = append(have, a.Right)
		name, form := about(t, p, RequestPage, a.query())
		if name != FormPage || !strings.Contains(form, "<h1>"+html.EscapeString(a.Title)+"</h1>") {
			t.Errorf("%s leads to %s", a.Path(), name)
		}
		if !strings.Contains(list, `<a href="`+html.EscapeString(a.Path())+`"`) {
			t.Errorf("nothing leads to %s", a.Path())
		}
	}
	for right := range request.Rights {
		if slices.Contains(have, right) != right.Known() {
			t.Errorf("there is no form for %s", right)
		}
	}
	_, shown := about(t, p, PolicyPage, "")
	for _, r := range p.Rights {
		if r.Online != strings.Contains(shown, `href="/request?right=`+r.ID+`"`) {
			t.Errorf("the policy's page does not lead to the form for %s, or leads to one that is not there", r.ID)
		}
	}
	bare := *p
	bare.Rights = nil
	if left := every(&bare); len(left) != 2 {
		t.Errorf("a policy without rights offers %v", left)
	}
	if name, _ := about(t, &bare, RequestPage, "right=access"); name != RequestPage {
		t.Errorf("a right that the policy does not offer leads to %s", name)
	}
}

var (
	inputs  = regexp.MustCompile(`<(?:input|select|textarea)\b[^>]*>`)
	ofInput = regexp.MustCompile(`\b(name|value|type)="([^"]*)"`)
)

// filled returns a form as a browser sends it: the texts typed, and the boxes ticked.
func filled(form string, typed map[string]string, tick ...string) url.Values {
	sent := url.Values{}
	for _, tag := range inputs.FindAllString(form, -1) {
		with := map[string]string{}
		for _, m := range ofInput.FindAllStringSubmatch(tag, -1) {
			with[m[1]] = html.UnescapeString(m[2])
		}
		box := with["type"] == "radio" || with["type"] == "checkbox"
		switch {
		case box && !slices.Contains(tick, with["value"]):
		case box, with["type"] == "hidden":
			sent.Add(with["name"], with["value"])
		default:
			sent.Add(with["name"], typed[with["name"]])
		}
	}
	return sent
}

// Each form has what its right needs: the service accepts it as a browser sends it. It has no field that the right does not have.
func TestTheServiceAcceptsEachForm(t *testing.T) {
	p := policy.Newest()
	typed := map[string]string{"email": "anna@example.org", "details": "Please.", "childEmail": "kid@example.org", "agentName": "Bea", "agentEmail": "bea@example.org", "agentRelation": "lawyer", "jurisdiction": "eu"}
	tick := []string{"specific", "true", "claims", "marketing_email", "business_development", "quality_assurance", "invoicing", "contact"}
	var fields []web.FormField
	for _, f := range links.FormFields {
		kinds := map[string]web.FieldKind{"purposes": web.FormList, "categories": web.FormList, "declaration": web.FormFlag}
		fields = append(fields, web.FormField{Name: f.Name, Pointer: f.Pointer, Kind: kinds[f.Name]})
	}
	for _, a := range every(p) {
		_, form := about(t, p, RequestPage, a.query())
		sent := filled(form, typed, tick...)
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(sent.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		var f request.Filing
		if err := web.DecodeForm(r, web.PublicLimit, &f, fields...); err != nil {
			t.Errorf("%s: %v", a.ID, err)
			continue
		}
		if err := f.Check(p); err != nil || f.Right != a.Right {
			t.Errorf("%s sends %s: %v", a.ID, sent.Encode(), err)
		}
		for _, needed := range append(slices.Clone(request.Rights[a.Right].Must), request.Rights[a.Right].Asks...) {
			if needed != "visitor" && !strings.Contains(sent.Encode(), strings.Replace(needed, "child", "childEmail", 1)+"=") {
				t.Errorf("%s has no field for %s", a.ID, needed)
			}
		}
	}
}

// H06: only an objection to direct marketing needs no confirmation, so the form for it offers nothing else, and all of it ticked; the other form offers none
// of it.
func TestPromise_H06_MarketingIsStoppedWithoutAConfirmation(t *testing.T) {
	p := policy.Newest()
	values := regexp.MustCompile(`name="purposes" value="(\w+)"( checked)?`)
	for query, marketing := range map[string]bool{"right=objection&to=marketing": true, "right=objection": false} {
		_, form := about(t, p, RequestPage, query)
		offered := 0
		for _, m := range values.FindAllStringSubmatch(form, -1) {
			purpose, _ := p.Purpose(privacy.Purpose(m[1]))
			if offered++; purpose.DirectMarketing != marketing || (m[2] != "") != marketing || !marketing && purpose.Basis != privacy.LegitimateInterests {
				t.Errorf("%s offers %s", query, m[0])
			}
		}
		if said := strings.Contains(form, "There is nothing to confirm"); offered < 3 || said != marketing {
			t.Errorf("%s offers %d, and needs no confirmation: %t", query, offered, said)
		}
	}
}

// What a form says about the confirmation is what the service does.
func TestEachFormSaysWhetherItMustBeConfirmed(t *testing.T) {
	p := policy.Newest()
	for _, a := range every(p) {
		proof := request.Rights[a.Right].Proof
		if want := proof == request.ByMailbox && a.ID != marketing; a.Confirmed() != want || a.AtOnce() != (!want && a.Right != privacy.Complaint) {
			t.Errorf("%s: confirmed %t, at once %t", a.ID, a.Confirmed(), a.AtOnce())
		}
	}
}

// H13, I02, L03, H10: each figure on a form and after it is the policy's.
func TestPromise_A02_FormsPrintThePeriodsOfThePolicy(t *testing.T) {
	p := *policy.Newest()
	p.AnswerWithin, p.ChildWithin, p.ComplaintAck, p.OptOutMonths = 12, 1, 33, 17
	p.CoolingOff = 55
	p.Retention = append([]policy.Retention{
		{Days: 5, Stored: []policy.Kind{policy.MailboxLink}}, {Days: 4, Stored: []policy.Kind{policy.ExportObject}},
	}, p.Retention...)
	for _, c := range []struct {
		name    Name
		query   string
		figures []string
	}{
		{RequestPage, "", []string{"within 12 days"}},
		{RequestPage, "right=access", []string{"within 12 days", "open it within 5 days", "We keep the file for 4 days"}},
		{RequestPage, "right=erasure", []string{"within 12 days", "open it within 5 days", "We then wait 55 hours", "begins 55 hours after"}},
		{RequestPage, "right=restriction", []string{"within 12 days"}},
		{RequestPage, "right=child_erasure", []string{"within 1 day."}},
		{RequestPage, "right=complaint", []string{"We acknowledge it within 33 days, and answer it within 12 days."}},
		{RequestPage, "right=opt_out", []string{"for 17 months"}},
		{SentPage, "", []string{"open it within 5 days"}},
		{SentPage, "right=complaint&state=open", []string{"We acknowledge it within 33 days, and answer it within 12 days."}},
		{DonePage, "right=opt_out", []string{"for 17 months"}},
	} {
		_, page := about(t, &p, c.name, c.query)
		for _, figure := range c.figures {
			if !strings.Contains(text(page), figure) {
				t.Errorf("%s?%s does not say %q", c.name, c.query, figure)
			}
		}
	}
}

// T17: of the query, a page shows nothing. A word that it does not know counts as no word.
func TestThreat_T17_TheQueryOfAFormIsNoText(t *testing.T) {
	p := policy.Newest()
	for _, name := range []Name{RequestPage, SentPage, DonePage} {
		plain, none := about(t, p, name, "")
		for _, query := range []string{"right=%3Cimg%3E", "right=Access", "right=non_discrimination", "right=access%20", "to=marketing", "right=marketing", "right=canary&right=access", "state=%3Cb%3E"} {
			if got, page := about(t, p, name, query); got != plain || page != none {
				t.Errorf("%s?%s changes the page", name, query)
			}
		}
	}
	for query, want := range map[string]string{"right=access&to=marketing": "right=access", "right=objection&to=canary": "right=objection", "right=access&state=canary": "right=access"} {
		_, got := about(t, p, RequestPage, query)
		if _, same := about(t, p, RequestPage, want); got != same {
			t.Errorf("%s is not %s", query, want)
		}
	}
}

// After a form without script, the page says what is true of that right: a link follows, nothing has to be confirmed, or it holds already.
func TestThePagesAfterAFormSayWhatIsTrue(t *testing.T) {
	p := policy.Newest()
	statement := rightText(p, "automated_decisions")
	for _, c := range []struct {
		name            Name
		query, says     string
		title, butNever string
	}{
		{SentPage, "", "We are sending a link", "Please check your email", "nothing to confirm"},
		{SentPage, "right=access", "We start once you have confirmed", "Please check your email", "nothing to confirm"},
		{SentPage, "right=erasure", "delete nothing before you have agreed to it", "Please check your email", "We start once"},
		{SentPage, "right=objection", "We stop as soon as you have confirmed", "Please check your email", "nothing to confirm"},
		{SentPage, "right=complaint&state=open", "We have received your complaint", "We have received it", "sending a link"},
		{SentPage, "right=opt_out&state=open", "It has not taken effect yet", "We have received it", "From now on"},
		{SentPage, "right=objection&state=open", "It has not taken effect yet", "We have received it", "sending a link"},
		{DonePage, "right=opt_out", "From now on we neither sell nor share", "Done", "confirm"},
		{DonePage, "right=objection", "for the marketing that you ticked", "Done", "confirm"},
		{DonePage, "right=automated_decisions", statement, "Done", "From now on"},
		{DonePage, "", "What you asked for has taken effect", "Done", "From now on"},
		{DonePage, "right=erasure", "What you asked for has taken effect", "Done", "delete"},
		{DonePage, "right=access", "What you asked for has taken effect", "Done", "link"},
	} {
		name, page := about(t, p, c.name, c.query)
		_, page, _ = strings.Cut(page, "<main")
		page, _, _ = strings.Cut(page, "</main>")
		if said := text(page); name != c.name || !strings.Contains(said, c.says) || !strings.Contains(page, "<h1>"+c.title+"</h1>") || strings.Contains(said, c.butNever) {
			t.Errorf("%s?%s says %q", c.name, c.query, said)
		}
	}
}

// The page of a refusal leads back to the form that was refused.
func TestARefusalLeadsBackToItsForm(t *testing.T) {
	s, err := newSite(Compiled(), built)
	if err != nil {
		t.Fatal(err)
	}
	for right, path := range map[privacy.Right]string{"restriction": "/request?right=restriction", "": "/request"} {
		page, err := s.Problem(links.Refusal{Kind: links.FormBusy}.Of(right), noon)
		if err != nil || !strings.Contains(string(page.Body), `<a class="button primary" href="`+path+`">`) {
			t.Errorf("%q: %v %s", right, err, page.Body)
		}
	}
}

// Each field of the forms has words about what it must be, in the form's order.
func TestEachFieldHasWordsForARefusal(t *testing.T) {
	for _, f := range links.FormFields {
		if said := wrong(links.Refusal{Fields: f.Name}); len(said) != 1 {
			t.Errorf("%s: %q", f.Name, said)
		}
	}
	if len(musts) != len(links.FormFields) {
		t.Error("there are words about a field that no form has")
	}
}

// Every page and every mail calls a right by one name. An objection has two forms, each with a name of its own.
func TestEachRightHasOneName(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range every(policy.Newest()) {
		named, ok := a.Right.Words()
		want := named.Wish
		if a.Right == privacy.Objection {
			want = map[bool]string{true: privacy.StopMarketing.Wish, false: named.Wish}[a.ID == marketing]
		}
		if !ok || a.Title != want || seen[a.Title] {
			t.Errorf("%s is called %q, not %q", a.ID, a.Title, want)
		}
		seen[a.Title] = true
	}
}
