package letters_test

import (
	"html"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

func TestMailLinksStandAlone(t *testing.T) {
	want := map[string][]string{"export": {exportLink, statusLink}, "nothing": {statusLink}, "notice": {changesLink}, "transfer": {changesLink},
		"receipt-request": {statusLink}, "receipt-question": {statusLink}, "receipt-all": {statusLink}, "receipt-both": {statusLink},
		"receipt-filed": {statusLink}, "receipt-answered": {statusLink}, "receipt-every": {statusLink}, "receipt-erasure": {statusLink}}
	maps.Copy(want, rightLinks())
	maps.Copy(want, erasureLinks())
	for _, name := range mailboxNames() {
		link := meLink
		if strings.HasPrefix(name, "receipt") {
			link = mePage
		}
		want[name] = append(want[name], link)
	}
	for name, m := range mails(t, small()) {
		lines := strings.Split(m.Text, "\n")
		for _, link := range want[name] {
			if !slices.Contains(lines, link) {
				t.Errorf("%s: %s does not stand alone on a line", name, link)
			}
		}
		for _, line := range lines {
			if i := strings.Index(line, "http"); i > 0 {
				t.Errorf("%s: a link shares its line: %q", name, line)
			}
		}
		if m.Subject == "" || strings.ContainsFunc(m.Subject+m.Unsubscribe, unicode.IsControl) {
			t.Errorf("%s: the subject is not one line, or a header holds a control character", name)
		}
	}
}

// The days are those of the controller's calendar: 23:30 UTC in July is the next day in London.
func TestPromise_H13_MailNamesDaysInControllersZone(t *testing.T) {
	m := mails(t, small())
	for _, text := range []string{m["link-request"].Text, m["link-request"].HTML} {
		if !strings.Contains(text, "2 July 2031") || !strings.Contains(text, "31 July 2031") {
			t.Error("the mail with the link lacks the day of receipt or the deadline")
		}
	}
	if !strings.Contains(m["export"].Text, "8 July 2031, 10:05 BST") {
		t.Error("the export's expiry is not on London's clock")
	}
}

func TestPromise_A01_MailNamesController(t *testing.T) {
	for name, m := range mails(t, small()) {
		c := small().Controller
		wants := []string{c.Name, c.PrivacyEmail, c.Site, c.Email, c.Phone, c.Team, c.SecurityEmail, "https://office.test", "2031-04-05"}
		if name == "team" { // it is not for people, who need the rest
			wants = wants[:2]
			for _, text := range []string{m.Text, m.HTML} {
				if strings.Contains(text, "complain") || strings.Contains(text, c.Site) || !strings.Contains(text, "nobody but its privacy team") {
					t.Errorf("the team's mail has a foot for people: %s", text)
				}
			}
		}
		for _, want := range wants {
			if !strings.Contains(m.Text, want) {
				t.Errorf("%s: the text lacks %q", name, want)
			}
		}
		if strings.Contains(m.HTML, "helpdeskexpert") || strings.Contains(m.Text, "helpdeskexpert") {
			t.Errorf("%s: a fact does not come from the policy", name)
		}
	}
}

// An article of a law says nothing to most people.
func TestMailSaysWhatTheRightIs(t *testing.T) {
	m := mails(t, small())
	for _, name := range []string{"link-request", "export", "nothing"} {
		for _, text := range []string{m[name].Text, html.UnescapeString(m[name].HTML)} {
			if !strings.Contains(text, "Get a copy of my data") || !strings.Contains(text, "Access (Art. 15 GDPR): Receive a copy & more.") {
				t.Errorf("%s: the right is not explained: %s", name, text)
			}
		}
	}
}

// Access and portability are told apart in the subject and in the text of each mail, as they are in the form.
func TestAccessAndPortabilityAreToldApart(t *testing.T) {
	for right, says := range map[privacy.Right][]string{
		privacy.Access:      {"request for a copy of your data", "a copy of the personal data we hold about you", "why we use it, who receives it and how long we keep it"},
		privacy.Portability: {"request to take your data to another provider", "the data you gave us", "take it to another provider"},
	} {
		var box outbox
		post, r := letters.Post{Sender: &box, Origin: origin, Policy: policy.InForce, Now: time.Now}, request.Request{ID: "0190", Right: right}
		for _, err := range []error{
			post.Link(t.Context(), "anna@example.org", mailbox.Letter{Mailbox: "bWFpbGJveA", Token: "bGluaw", Waiting: []mailbox.Waiting{{ID: r.ID, Right: right, ReceivedAt: late}}}),
			post.ExportReady(t.Context(), r, export.Attempt{Request: r.ID}, "dG9rZW4", "AGE-SECRET-KEY-PQ-1QQQQ", "c3RhdHVz"),
			post.NothingStored(t.Context(), "anna@example.org", r, "c3RhdHVz"),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range box.sent {
			if !strings.Contains(m.Subject, says[0]) || !strings.Contains(m.Text, says[1]) || !strings.Contains(m.Text, says[2]) {
				t.Errorf("%s is not told from the other right: %s\n%s", right, m.Subject, m.Text)
			}
		}
	}
}

// The mail about an address without records claims what this service can know: nothing about other systems, nor that nothing at all is
// stored, since the request is. It says what to do next.
func TestPromise_H01_TheMailAboutNoRecordsClaimsNoMore(t *testing.T) {
	m := mails(t, small())["nothing"]
	for _, text := range []string{m.Text, html.UnescapeString(m.HTML)} {
		for _, want := range []string{"for the address that this email was sent to", "The privacy service of Example & Sons stores no records about you under it.",
			"Other systems of Example & Sons may hold data about you", "keep the request itself", "It keeps the request for 9 months after the answer.",
			"ask again with that address", "write to", "privacy@example.test"} {
			if !strings.Contains(text, want) {
				t.Errorf("the mail lacks %q: %s", want, text)
			}
		}
		for _, untrue := range []string{"every system", "holds none", "We hold nothing", "nothing about you"} {
			if strings.Contains(text, untrue) {
				t.Errorf("the mail claims %q", untrue)
			}
		}
	}
}

func TestThreat_T12_MailLinksAreNotTracked(t *testing.T) {
	anchor := regexp.MustCompile(`<a [^>]*>`)
	for name, m := range mails(t, small()) {
		for _, a := range anchor.FindAllString(m.HTML, -1) {
			if !strings.HasPrefix(a, "<a ses:no-track ") {
				t.Errorf("%s: %s may be rewritten", name, a)
			}
		}
		for _, banned := range []string{"<img", "<script", "<link", "url("} {
			if strings.Contains(m.HTML, banned) {
				t.Errorf("%s: the mail loads something: %s", name, banned)
			}
		}
	}
}

func TestThreat_T17_MailEscapes(t *testing.T) {
	for name, m := range mails(t, small()) {
		if strings.Contains(m.HTML, "<Team>") || name != "team" && !strings.Contains(m.HTML, "The &lt;Team&gt;") || !strings.Contains(m.HTML, "Example &amp; Sons") {
			t.Errorf("%s: the HTML part is not escaped", name)
		}
		if name == "export" && !strings.Contains(m.HTML, `href="`+exportLink+`"`) {
			t.Errorf("%s: the link did not survive", name)
		}
	}
}

// The mail says what the button behind its link will make true, and nothing that was not asked for.
func TestPromise_C02_MailNamesWhatIsAgreedTo(t *testing.T) {
	m := mails(t, small())
	for _, title := range []string{"Mail & <offers>", "Stories"} {
		want := title == "Mail & <offers>"
		if strings.Contains(m["link-consent"].Text, title) != want || strings.Contains(html.UnescapeString(m["link-consent"].HTML), title) != want {
			t.Errorf("%q: named is not %t", title, want)
		}
		if strings.Contains(m["link-refusal"].Text, title) || !strings.Contains(m["link-refusal"].Text, "Refusal or withdrawal") {
			t.Errorf("the mail about a refusal says %q", m["link-refusal"].Text)
		}
	}
}

// Neither an address nor what somebody wrote stands in a mail: a mistyped address would hand it to a stranger.
func TestThreat_T04_NoMailHoldsPersonalData(t *testing.T) {
	for name, m := range mails(t, small()) {
		if m.To != "anna@example.org" {
			t.Errorf("%s: sent to %q", name, m.To)
		}
		for _, said := range []string{m.Subject, m.Text, m.HTML, m.Unsubscribe, m.Mail.About, m.Mail.Part} {
			if strings.Contains(strings.ToLower(said), "anna") {
				t.Errorf("%s: holds personal data: %s", name, said)
			}
		}
	}
}

// T04, F24: every mail says to SES which mail it is, by ids and fixed words alone, so that what SES reports about it can be placed.
func TestThreat_T04_TagsNameTheMailAndNobody(t *testing.T) {
	want := map[string]feedback.Mail{
		"nothing": {Kind: feedback.Request, About: "0190", Part: "nothing-0"},
		"export":  {Kind: feedback.Request, About: "0190", Part: "export-1"},
		"team":    {Kind: feedback.Team, About: "2031-07-31", Part: "reminder-1943224200"},
	}
	for name := range aboutRequests {
		kind, _, _ := strings.Cut(name, "-")
		want[name] = feedback.Mail{Kind: feedback.Request, About: "0190", Part: kind + "-4"}
	}
	for _, name := range aboutErasures {
		kind, _, _ := strings.Cut(name, "-")
		want[name] = feedback.Mail{Kind: feedback.Request, About: "0190", Part: kind + "-5"}
	}
	for name := range waits {
		want[name] = feedback.Mail{Kind: feedback.Link, About: "bWFpbGJveA", Part: "link-3"}
	}
	for name := range acts {
		want[name] = feedback.Mail{Kind: feedback.Receipt, About: "bWFpbGJveA", Part: "receipt-4"}
	}
	for name, m := range mails(t, small()) {
		if m.Mail.Kind == feedback.Notice {
			continue // the campaign gives each mail its tag
		}
		if m.Mail != want[name] {
			t.Errorf("%s: %+v", name, m.Mail)
		}
	}
}

// The mails about consents can be answered with one click (RFC 8058); the other mails are no marketing and belong to no list.
func TestPromise_C03_OnlyMailsAboutConsentsHaveOneClick(t *testing.T) {
	about := []string{"link-consent", "link-refusal", "link-choices", "link-both", "link-all", "link-mail-all", "receipt-choice", "receipt-all"}
	for name, m := range mails(t, small()) {
		want := ""
		if slices.Contains(about, name) {
			want = oneStop
		}
		if m.Unsubscribe != want {
			t.Errorf("%s: one-click unsubscription is %q", name, m.Unsubscribe)
		}
	}
}

func TestThreat_T15_MailRefusesBrokenLinks(t *testing.T) {
	for _, broken := range []links.Origin{"", "javascript:alert(1)", "/a", "ftp://a.test", "https://a.test/\nBcc: x@y", "https://a.test/ b", "https://a.test/<b>"} {
		var box outbox
		post, r := letters.Post{Sender: &box, Origin: broken, Policy: policytest.Always(small()), Now: time.Now}, request.Request{ID: "0190", Right: privacy.Access}
		for name, err := range map[string]error{
			"link":     post.Link(t.Context(), "anna@example.org", mailbox.Letter{Mailbox: "bWFpbGJveA", Token: "dG9rZW4"}),
			"receipt":  post.Receipt(t.Context(), "anna@example.org", mailbox.Receipt{Mailbox: "bWFpbGJveA", Acts: []mailbox.Act{confirms}}),
			"export":   post.ExportReady(t.Context(), r, export.Attempt{Request: r.ID}, "dG9rZW4", "AGE-SECRET-KEY-PQ-1QQQQ", "c3RhdHVz"),
			"nothing":  post.NothingStored(t.Context(), "anna@example.org", r, "c3RhdHVz"),
			"notice":   second(letters.Notice(broken, small())),
			"limited":  post.Limited(t.Context(), "anna@example.org", aboutRequests["limited-opt-out"], "c3RhdHVz"),
			"extended": post.Extended(t.Context(), "anna@example.org", aboutRequests["extended"], "c3RhdHVz"),
			"agreed":   post.ErasureAgreed(t.Context(), "anna@example.org", r, erasure.Erasure{}, "c3RhdHVz"),
			"erased":   post.Erased(t.Context(), "anna@example.org", r, erasure.Erasure{}, "c3RhdHVz"),
			"none":     post.NothingToErase(t.Context(), "anna@example.org", r, erasure.Erasure{}, "c3RhdHVz"),
			"closed":   post.Closed(t.Context(), "anna@example.org", aboutRequests["closed-done"], "c3RhdHVz"),
		} {
			if err == nil {
				t.Errorf("%s: %q was accepted", name, broken)
			} else if strings.Contains(err.Error(), "dG9rZW4") || strings.Contains(err.Error(), "c3RhdHVz") {
				t.Errorf("%s: the error repeats the link", name)
			}
		}
		if len(box.sent) > 0 {
			t.Errorf("%d mails with links to %q were sent", len(box.sent), broken)
		}
	}
}

// second returns the second of two results.
func second(_ notice.Letter, err error) error { return err }
