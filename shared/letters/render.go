package letters

import (
	"bytes"
	"embed"
	"errors"
	htmltemplate "html/template"
	"net/url"
	"strings"
	"sync"
	"text/template"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// frame is what every mail says around its own text: the title, and the footer with the controller and the authorities, or with what the team
// needs.
type frame struct {
	Policy    *policy.Policy // in force, or the version that the mail announces
	Subject   string         // one line
	Announces bool           // the mail announces Policy, which need not be in force yet
	ForTeam   bool           // the mail is for the privacy team, whom nobody has to tell where to complain
}

// files holds two templates for each mail. In the text each link stands alone on its line, so that no mail program breaks or swallows it. In the
// HTML each link is marked ses:no-track, so that SES never rewrites it (threat T12).
//
//go:embed templates
var files embed.FS

// bothParts have the sentences that both parts of a mail say.
const bothParts = "templates/*.tmpl"

// parsed holds the templates of the texts and of the HTML. They are parsed on first use, because most runs of a function send no mail.
// sync.OnceValues would be shorter, but makes the linker keep every method of both types.
var parsed struct {
	once sync.Once
	text *template.Template
	html *htmltemplate.Template
}

// parse fills parsed. A template that does not parse is a mistake in this package, which its tests find.
func parse() {
	parsed.text = template.Must(template.ParseFS(files, "templates/*.txt", bothParts))
	parsed.html = htmltemplate.Must(htmltemplate.ParseFS(files, "templates/*.html", bothParts))
}

// render returns the text and the HTML of a mail. name is that of its templates, without their endings.
func render(name string, content any) (text, html string, err error) {
	parsed.once.Do(parse)
	var t, h bytes.Buffer
	if err := parsed.text.ExecuteTemplate(&t, name+".txt", content); err != nil {
		return "", "", err
	}
	if err := parsed.html.ExecuteTemplate(&h, name+".html", content); err != nil {
		return "", "", err
	}
	return t.String(), h.String(), nil
}

var errLink = errors.New("letters: a link of a mail is not an absolute http(s) URL")

// checkLink refuses what could not stand alone on a line as a link (threat T15). The error does not repeat the link, which holds a
// secret.
func checkLink(link string) error {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(link, " \t\r\n<>\"") {
		return errLink
	}
	return nil
}
