package pages

import (
	"bytes"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"net/url"
	"slices"
	"strings"
	"sync"
	"text/template"
	"time"
	_ "time/tzdata" // the runtime's image need not know the controller's time zone

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Mail is a message ready to be addressed. It carries no personal data but the secrets of its links (threat T04).
type Mail struct {
	Subject string // one line
	Text    string // each link stands alone on its line, so that no client breaks or swallows it
	HTML    string // each link is marked ses:no-track, so that SES never rewrites it (threat T12)
}

// VerifyRequestMail is what the mail says that asks a data subject to confirm a request (threats T01, T10).
type VerifyRequestMail struct {
	Right      privacy.Right
	ReceivedAt time.Time
	DueAt      time.Time // the binding deadline (promise H13)
	TimeZone   string    // in which the request's days are counted, an IANA name
	VerifyURL  string
	StatusURL  string
}

// ExportReadyMail is what the mail says that hands an export over (promise H05).
type ExportReadyMail struct {
	Right     privacy.Right
	ExportURL string
	StatusURL string
	ExpiresAt time.Time
	Uses      int // how often the export can be downloaded
}

// NothingHeldMail is what the mail says that answers a verified request about an address under which this service stores no records and
// nothing else but the request (threat T14). It speaks of this service and this address, and of no other system: nobody looked there.
type NothingHeldMail struct {
	Right     privacy.Right
	Kept      policy.Span // how long the request is kept, by the policy under which it was received
	StatusURL string
}

// VerifyRequest returns the mail that asks for a confirmation. It fails on a link that is not an absolute http(s) URL.
func VerifyRequest(p *policy.Policy, m VerifyRequestMail) (Mail, error) {
	right, name, means := rightWords(p, m.Right)
	return letter{
		Policy: p, Name: "verify", Subject: "Please confirm your " + name + " request", Right: right, Means: means,
		Main: m.VerifyURL, Status: m.StatusURL, Life: p.SpanOf(policy.Challenge),
		Received: date(m.TimeZone, m.ReceivedAt), Due: date(m.TimeZone, m.DueAt),
	}.render()
}

// ExportReady returns the mail that carries the link to an export. It fails on a link that is not an absolute http(s) URL.
func ExportReady(p *policy.Policy, m ExportReadyMail) (Mail, error) {
	right, name, means := rightWords(p, m.Right)
	return letter{
		Policy: p, Name: "export", Subject: "Your data is ready (" + name + " request)", Right: right, Means: means,
		Main: m.ExportURL, Status: m.StatusURL, Uses: m.Uses, Expires: moment(p, m.ExpiresAt),
	}.render()
}

// NothingHeld returns the mail that says that no records are stored under the address, and how long the request is kept. It fails on a link
// that is not an absolute http(s) URL.
func NothingHeld(p *policy.Policy, m NothingHeldMail) (Mail, error) {
	right, name, means := rightWords(p, m.Right)
	return letter{
		Policy: p, Name: "nothing", Subject: "The answer to your " + name + " request", Right: right, Means: means,
		Main: m.StatusURL, Status: m.StatusURL, Kept: m.Kept,
	}.render()
}

// ConfirmConsentMail is what the mail says that asks a data subject to confirm a consent by address (promise C02).
type ConfirmConsentMail struct {
	Granted        []privacy.Purpose // none when every purpose is refused or withdrawn
	ConfirmURL     string
	PreferencesURL string
}

// ConfirmConsent returns the mail that asks for the confirmation of a consent. It fails on a link that is not an absolute http(s) URL.
func ConfirmConsent(p *policy.Policy, m ConfirmConsentMail) (Mail, error) {
	var granted []string
	for _, id := range m.Granted {
		if purpose, ok := p.Purpose(id); ok {
			granted = append(granted, purpose.Title)
		}
	}
	return letter{
		Policy: p, Name: "consent", Subject: "Please confirm your choice", Granted: granted,
		Main: m.ConfirmURL, Status: m.PreferencesURL, Life: p.SpanOf(policy.Confirmation),
	}.render()
}

//go:embed mails
var mailFiles embed.FS

// mailSet is parsed on first use: a function that sends no mail pays nothing for it.
var mailSet struct {
	once sync.Once
	text *template.Template
	html *htmltemplate.Template
}

func mailTemplates() (*template.Template, *htmltemplate.Template) {
	mailSet.once.Do(func() {
		mailSet.text = template.Must(template.ParseFS(mailFiles, "mails/*.txt"))
		mailSet.html = htmltemplate.Must(htmltemplate.New("").Funcs(htmltemplate.FuncMap{"tel": tel}).ParseFS(mailFiles, "mails/*.html"))
	})
	return mailSet.text, mailSet.html
}

// letter is what the templates of a mail see.
type letter struct {
	Policy                 *policy.Policy
	Name                   string // of the template
	Subject                string
	Right, Means           string      // the right's title, and what it is in a sentence
	Main, Status           string      // the link the mail is about, and the one of the status page
	Received, Due, Expires string      // as the data subject reads them
	Life                   policy.Span // of the link the mail is about
	Uses                   int
	Kept                   policy.Span // how long the request is kept
	Granted                []string    // titles of purposes
}

func (l letter) render() (Mail, error) {
	for _, link := range []string{l.Main, l.Status} {
		if err := checkLink(link); err != nil {
			return Mail{}, err
		}
	}
	texts, pages := mailTemplates()
	var text, html bytes.Buffer
	if err := texts.ExecuteTemplate(&text, l.Name+".txt", l); err != nil {
		return Mail{}, err
	}
	if err := pages.ExecuteTemplate(&html, l.Name+".html", l); err != nil {
		return Mail{}, err
	}
	return Mail{Subject: l.Subject, Text: text.String(), HTML: html.String()}, nil
}

// checkLink refuses what could not stand alone on a line as a link (threat T15). The error does not repeat the link: it
// holds a secret.
func checkLink(link string) error {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(link, " \t\r\n<>\"") {
		return fmt.Errorf("pages: a link of a mail is not an absolute http(s) URL")
	}
	return nil
}

// rightWords names a right in the policy's own words, such as "Access (Art. 15 GDPR)", in one word for a subject, such as "access", and
// says what it is.
func rightWords(p *policy.Policy, right privacy.Right) (title, name, means string) {
	i := slices.IndexFunc(p.Rights, func(r policy.DeclaredRight) bool { return r.ID == string(right) })
	if i < 0 {
		return string(right), string(right), ""
	}
	r := p.Rights[i]
	return fmt.Sprintf("%s (%s %s)", r.Title, r.Article, law(r.Law)), strings.ToLower(r.Title), r.Text
}

// date formats a day as the controller's calendar has it (promise H13).
func date(zone string, t time.Time) string { return t.In(location(zone)).Format("2 January 2006") }

// moment formats a time on the controller's clock, with the zone's abbreviation.
func moment(p *policy.Policy, t time.Time) string {
	return t.In(location(p.Controller.TimeZone)).Format("2 January 2006, 15:04 MST")
}

func location(zone string) *time.Location {
	z, err := time.LoadLocation(zone)
	if err != nil {
		return time.UTC
	}
	return z
}
