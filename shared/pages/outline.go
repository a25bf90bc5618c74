package pages

import (
	"strconv"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// section is a section of the policy page as a reader sees it, without its layout. Two versions are compared by it.
type section struct {
	ID, Title string // as on the policy page
	Entries   []entry
}

// entry is a statement, a row of a table or an item of a list.
type entry struct {
	ID    string // the same in every version
	Title string
	Lines []line
}

// line is a cell of a row, with the title of its column, or a text without a label.
type line struct{ Label, Text string }

// outline returns everything that the policy page says of a version, except what names the version itself. A test changes each member of a policy and
// checks that whatever changes the page changes the outline.
func outline(p *policy.Policy) []section {
	return []section{
		{"responsible", "Who is responsible", append([]entry{controller(p), {"scope", "Where this policy applies", texts(p.Scope.Text)}}, statements(p.Preamble)...)},
		{"collect", "What we collect", append(append(categories(p), visits(p)...), statements(p.Collection)...)},
		{"use", "Why we use it", uses(p)},
		{"share", "Who else sees it", append(statements(p.Disclosures), register(p)...)},
		{"transfers", "Transfers", append(statements(p.Transfers), safeguards(p)...)},
		{"cookies", "Cookies", append(statements(p.CookieNotes), cookies(p)...)},
		{"retention", "How long we keep it", periods(p)},
		{"security", "Security", statements(p.Security)},
		{"rights", "Your rights", rights(p)},
		{"children", "Children", []entry{{"children", "Children", texts(p.Children.Text)}}},
		{"changes", "Changes", statements(p.Changes)},
		{"decisions", "Where the policy left a question open", statements(p.Decisions)},
		{"contact", "Contact and complaints", contacts(p)},
	}
}

func texts(text string) []line { return []line{{"", text}} }

func statements(list []policy.Statement) []entry {
	var all []entry
	for _, s := range list {
		all = append(all, entry{s.ID, s.Title, texts(s.Text)})
	}
	return all
}

func controller(p *policy.Policy) entry {
	c := p.Controller
	return entry{"controller", "The controller of your personal data", []line{{"Name", c.Name}, {"Website", host(c.Site)}, {"Email", c.Email}, {"Telephone", c.Phone}}}
}

func categories(p *policy.Policy) []entry {
	var all []entry
	for _, c := range p.Categories {
		all = append(all, entry{string(c.ID), c.Title, []line{
			{"Examples", join(c.Examples)}, {"Purposes", purposes(p, c.Purposes)}, {"Where it comes from", sources(c.Sources)},
			{"Kept", p.RetentionFor(c.ID).Period}, {"Collected", c.Collected}, {"Every field", fields(c.Fields)},
		}})
	}
	return all
}

// visits returns what a count of visits may contain. The first versions do not say it.
func visits(p *policy.Policy) []entry {
	a := p.Analytics
	if a.SmallestCount == 0 {
		return nil
	}
	return []entry{{"visits", "What a count of visits may contain", []line{
		{"Smallest count", strconv.Itoa(a.SmallestCount) + " visits"}, {"Pages", join(a.Pages)}, {"Referring sites", join(a.Referrers)},
		{"Browsers", join(a.Browsers)}, {"Devices", join(a.Devices)},
	}}}
}

func uses(p *policy.Policy) []entry {
	var all []entry
	for _, x := range p.Purposes {
		e := entry{string(x.ID), x.Title, append(texts(x.Text), line{"Lawful basis", basis(x.Basis)})}
		if x.Sells {
			e.Lines = append(e.Lines, line{"", sharing})
		}
		all = append(all, e)
	}
	return all
}

// basis names a lawful basis with its article.
func basis(b privacy.LawfulBasis) string {
	for _, h := range bases {
		if h.ID == string(b) {
			return h.Title + " (" + h.Article + ")"
		}
	}
	return string(b)
}

func register(p *policy.Policy) []entry {
	var all []entry
	for _, row := range systems(p) {
		all = append(all, entry{row.Parent + "/" + row.System.ID, row.System.Title, []line{
			{"Kind", row.Kind()}, {"What for", row.System.Text}, {"Data", row.Data()}, {"Country", row.Country()}, {"Agreement", row.System.Agreement},
		}})
	}
	return all
}

func safeguards(p *policy.Policy) []entry {
	var all []entry
	for _, s := range p.Safeguards {
		all = append(all, entry{s.ID, s.Title, texts(s.Text)})
	}
	return all
}

func cookies(p *policy.Policy) []entry {
	var all []entry
	for _, c := range p.Cookies {
		all = append(all, entry{c.Name, c.Name, []line{{"Kind", cookieKind(c)}, {"What for", c.Purpose}, {"Lasts", c.Life}, {"Set by", c.Setter}}})
	}
	return all
}

func periods(p *policy.Policy) []entry {
	var all []entry
	for _, r := range p.Retention {
		e := entry{r.ID, r.Title, []line{{"Kept for", r.Period}, {"What starts the period", r.Start}, {"Reason", r.Reason}}}
		if r.Own {
			e.Lines = append(e.Lines, line{"Listed under", ownRecords})
		}
		if said := onErasure(p, r); said != "" {
			e.Lines = append(e.Lines, line{ifErased, said})
		}
		all = append(all, e)
	}
	return all
}

func rights(p *policy.Policy) []entry {
	all := []entry{{"answer", "When we answer", texts(answerWithin(p))}}
	for _, r := range p.Rights {
		e := entry{r.ID, r.Title, append(texts(r.Text), line{"Article", strings.ToUpper(r.Law) + " " + r.Article})}
		if r.Online {
			e.Lines = append(e.Lines, line{"", "You can ask for it online."})
		}
		all = append(all, e)
	}
	return all
}

func contacts(p *policy.Policy) []entry {
	c := p.Controller
	all := []entry{{"contact", "Contact", []line{{"Team", c.Team}, {"Email", c.PrivacyEmail}, {"Security issues", c.SecurityEmail}}}}
	for _, a := range p.Authorities {
		all = append(all, entry{a.Jurisdiction + "/" + a.Name, a.Name, []line{{"Website", a.Site}}})
	}
	return all
}
