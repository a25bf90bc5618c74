package pages

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

const (
	verifyLink      = "https://privacy.example/verify/0190#dG9rZW4"
	statusLink      = "https://privacy.example/requests/0190#c3RhdHVz"
	confirmLink     = "https://privacy.example/confirm/0191#Y29uZmlybQ"
	preferencesLink = "https://privacy.example/preferences/0191#cHJlZg"
	exportLink      = "https://privacy.example/exports/0190.1#dG9rZW4.AGE-SECRET-KEY-PQ-1QQQQ"
)

// small is a policy with values of its own, so that a fact that does not come from the policy shows.
func small() *policy.Policy {
	return &policy.Policy{
		Version: "2031-04-05",
		Controller: policy.Controller{
			Name: "Example & Sons", Site: "https://example.test", Email: "hello@example.test", Phone: "+44 1", Team: "The <Team>",
			PrivacyEmail: "privacy@example.test", SecurityEmail: "security@example.test", TimeZone: "Europe/London",
		},
		Rights: []policy.DeclaredRight{{ID: "access", Title: "Access", Law: "gdpr", Article: "Art. 15", Text: "Receive a copy & more."}},
		Purposes: []policy.Purpose{
			{ID: privacy.MarketingEmail, Title: "Mail & <offers>", Basis: privacy.Consent},
			{ID: privacy.Testimonials, Title: "Stories", Basis: privacy.Consent},
		},
		Authorities: []policy.Authority{{Jurisdiction: "uk", Name: "The Office", Site: "https://office.test"}},
		Retention: []policy.Retention{
			{Days: 5, Stored: []policy.Kind{policy.Challenge}}, {Days: 9, Stored: []policy.Kind{policy.Confirmation}},
		},
		Preferences: 90,
	}
}

func mails(t *testing.T, p *policy.Policy) map[string]Mail {
	t.Helper()
	out := map[string]Mail{}
	add := func(name string, m Mail, err error) {
		if err != nil {
			t.Fatal(name, err)
		}
		out[name] = m
	}
	m, err := VerifyRequest(p, VerifyRequestMail{
		Right: privacy.Access, VerifyURL: verifyLink, StatusURL: statusLink, TimeZone: "Europe/London",
		ReceivedAt: time.Date(2031, 7, 1, 23, 30, 0, 0, time.UTC), DueAt: time.Date(2031, 7, 31, 22, 59, 59, 0, time.UTC),
	})
	add("verify", m, err)
	m, err = ExportReady(p, ExportReadyMail{
		Right: privacy.Access, ExportURL: exportLink, StatusURL: statusLink, Uses: 10, ExpiresAt: time.Date(2031, 7, 8, 9, 5, 0, 0, time.UTC),
	})
	add("export", m, err)
	m, err = NothingHeld(p, NothingHeldMail{Right: privacy.Access, Kept: policy.Span{Months: 9}, StatusURL: statusLink})
	add("nothing", m, err)
	m, err = ConfirmConsent(p, ConfirmConsentMail{
		Granted: []privacy.Purpose{privacy.MarketingEmail}, ConfirmURL: confirmLink, PreferencesURL: preferencesLink,
	})
	add("consent", m, err)
	m, err = ConfirmConsent(p, ConfirmConsentMail{ConfirmURL: confirmLink, PreferencesURL: preferencesLink})
	add("refusal", m, err)
	return out
}

func TestMailLinksStandAlone(t *testing.T) {
	want := map[string][]string{"verify": {verifyLink, statusLink}, "export": {exportLink, statusLink}, "nothing": {statusLink},
		"consent": {confirmLink, preferencesLink}, "refusal": {confirmLink, preferencesLink}}
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
		if strings.ContainsAny(m.Subject, "\r\n") {
			t.Errorf("%s: the subject is not one line", name)
		}
	}
}

// The days are those of the controller's calendar: 23:30 UTC in July is the next day in London.
func TestPromise_H13_MailNamesDaysInControllersZone(t *testing.T) {
	m := mails(t, small())
	for _, text := range []string{m["verify"].Text, m["verify"].HTML} {
		if !strings.Contains(text, "2 July 2031") || !strings.Contains(text, "31 July 2031") {
			t.Error("the verification mail lacks the day of receipt or the deadline")
		}
	}
	if !strings.Contains(m["export"].Text, "8 July 2031, 10:05 BST") {
		t.Error("the export's expiry is not on London's clock")
	}
}

func TestPromise_A01_MailNamesController(t *testing.T) {
	for name, m := range mails(t, small()) {
		c := small().Controller
		for _, want := range []string{c.Name, c.Site, c.Email, c.Phone, c.Team, c.PrivacyEmail, c.SecurityEmail, "https://office.test", "2031-04-05"} {
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
	for _, name := range []string{"verify", "export", "nothing"} {
		for _, text := range []string{m[name].Text, html.UnescapeString(m[name].HTML)} {
			if !strings.Contains(text, "Access (Art. 15 GDPR)") || !strings.Contains(text, "Receive a copy & more.") {
				t.Errorf("%s: the right is not explained: %s", name, text)
			}
		}
	}
}

// Access and portability are told apart where somebody chooses or answers: in the form, in the subject and in the text of each mail.
func TestAccessAndPortabilityAreToldApart(t *testing.T) {
	p := policy.Current()
	form := html.UnescapeString(text(rendered(t, p, RequestPage)))
	for _, want := range []string{"To see what we hold about you, choose access.", "To take your data to another provider, choose portability."} {
		if !strings.Contains(form, want) {
			t.Errorf("the form does not say %q", want)
		}
	}
	for right, says := range map[privacy.Right][]string{
		privacy.Access:      {"access request", "a copy of the personal data we hold about you", "why we use it, who receives it and how long we keep it"},
		privacy.Portability: {"portability request", "the data you gave us", "take it to another provider"},
	} {
		verify, err := VerifyRequest(p, VerifyRequestMail{Right: right, TimeZone: "UTC", VerifyURL: verifyLink, StatusURL: statusLink})
		if err != nil {
			t.Fatal(err)
		}
		export, err := ExportReady(p, ExportReadyMail{Right: right, ExportURL: exportLink, StatusURL: statusLink})
		if err != nil {
			t.Fatal(err)
		}
		nothing, err := NothingHeld(p, NothingHeldMail{Right: right, StatusURL: statusLink})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []Mail{verify, export, nothing} {
			if !strings.Contains(m.Subject, says[0]) || !strings.Contains(m.Text, says[1]) || !strings.Contains(m.Text, says[2]) || !strings.Contains(form, says[1]) {
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
		if strings.Contains(m.HTML, "<Team>") || !strings.Contains(m.HTML, "The &lt;Team&gt;") || !strings.Contains(m.HTML, "Example &amp; Sons") {
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
		if strings.Contains(m["consent"].Text, title) != want || strings.Contains(html.UnescapeString(m["consent"].HTML), title) != want {
			t.Errorf("%q: named is not %t", title, want)
		}
		if strings.Contains(m["refusal"].Text, title) || !strings.Contains(m["refusal"].Text, "refused or withdrew") {
			t.Errorf("the mail about a refusal says %q", m["refusal"].Text)
		}
	}
}

// Each figure that a mail prints is the policy's.
func TestPromise_A02_MailsPrintThePeriodsOfThePolicy(t *testing.T) {
	m := mails(t, small())
	for name, figures := range map[string][]string{"verify": {"once, within 5 days."}, "consent": {"once, within 9 days.", "for 90 minutes after we send this email, and again for 90 minutes after"}} {
		for _, figure := range figures {
			if !strings.Contains(m[name].Text, figure) || !strings.Contains(m[name].HTML, figure) {
				t.Errorf("%s does not say %q:\n%s\n%s", name, figure, m[name].Text, m[name].HTML)
			}
		}
	}
}

func TestThreat_T15_MailRefusesBrokenLinks(t *testing.T) {
	for _, link := range []string{"", "javascript:alert(1)", "/verify/1#x", "https://a.test/\nBcc: x@y", "https://a.test/ b"} {
		if _, err := NothingHeld(small(), NothingHeldMail{Right: privacy.Access, StatusURL: link}); err == nil {
			t.Errorf("%q was accepted", link)
		} else if link != "" && strings.Contains(err.Error(), link) {
			t.Errorf("the error repeats the link")
		}
	}
}
