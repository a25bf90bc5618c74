package pages

import (
	"cmp"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// words returns the functions with which templates describe a policy.
func words() template.FuncMap {
	return template.FuncMap{
		"answerWithin":  answerWithin,
		"asks":          asks,
		"bases":         func() []heading { return bases },
		"choices":       choices,
		"cookieKind":    cookieKind,
		"day":           day,
		"coolingOff":    coolingOff,
		"days":          days,
		"fields":        fields,
		"host":          host,
		"ifErased":      func() string { return ifErased },
		"join":          join,
		"kept":          kept,
		"kind":          kind,
		"laws":          func() []heading { return laws },
		"optOut":        optOut,
		"ownRecords":    func() string { return ownRecords },
		"planWords":     planWords,
		"purposes":      purposes,
		"rightText":     rightText,
		"rightsInWords": rightsInWords,
		"sales":         sales,
		"sessionLife":   sessionLife,
		"schedule":      schedule,
		"sharing":       func() string { return sharing },
		"sources":       sources,
		"systems":       systems,
		"wrong":         wrong,
	}
}

// sharing is said of a purpose that counts as sharing under the CCPA (promise D01).
const sharing = "In California this counts as sharing. Your browser’s Global Privacy Control signal switches it off."

// ownRecords is the heading of the service's own rows in the retention schedule (promise F08).
const ownRecords = "Records of the privacy service itself"

// answerWithin says when a request is answered (promise H13).
func answerWithin(p *policy.Policy) string {
	return fmt.Sprintf("We answer within %d days, or within the time that the law sets.", p.AnswerWithin)
}

// kinds says in words what kind of change a publication is (promise K05).
var kinds = map[string]string{
	"editorial": "Editorial change", "significant": "Significant change", "business_transfer": "Transfer of the business",
}

// kind returns the kind of a publication in words, or the slug of a kind that this release does not know.
func kind(slug string) string {
	if words, ok := kinds[slug]; ok {
		return words
	}
	return slug
}

func join(list []string) string { return strings.Join(list, ", ") }

// heading is the heading of a group on the page: a lawful basis or a law.
type heading struct{ ID, Title, Article string }

var bases = []heading{
	{string(privacy.Contract), "Contract", "GDPR Art. 6(1)(b)"},
	{string(privacy.LegitimateInterests), "Legitimate interests", "GDPR Art. 6(1)(f)"},
	{string(privacy.Consent), "Consent", "GDPR Art. 6(1)(a)"},
	{string(privacy.LegalObligation), "Legal obligation", "GDPR Art. 6(1)(c)"},
}

var laws = []heading{
	{"gdpr", "In the European Union and the United Kingdom (GDPR)", ""},
	{"ccpa", "In California (CCPA)", ""},
}

// day returns a date as a person writes it. It returns any other text unchanged.
func day(date string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return t.Format("2 January 2006")
}

// host returns the name of a site as people say it.
func host(site string) string {
	u, err := url.Parse(site)
	if err != nil {
		return site
	}
	return u.Host
}

// rightText returns what a policy says about a right; nothing about one that it does not name.
func rightText(p *policy.Policy, id string) string {
	for _, r := range p.Rights {
		if r.ID == id {
			return r.Text
		}
	}
	return ""
}

// rightsInWords returns every right, and a question, with the title that people know from the form, and with what the policy says about it. An objection has two forms,
// and one title.
func rightsInWords(p *policy.Policy) []policy.DeclaredRight {
	var all []policy.DeclaredRight
	for _, g := range allAsks {
		for _, a := range g.Asks {
			if a.ID == marketing {
				continue
			}
			all = append(all, policy.DeclaredRight{ID: string(a.Right), Title: a.Title, Text: cmp.Or(rightText(p, string(a.Right)), a.Text)})
		}
	}
	question, _ := privacy.Question.Words() // only a mail can be one
	return append(all, policy.DeclaredRight{ID: string(privacy.Question), Title: question.Wish, Text: question.Means})
}

// sales returns the purposes that count as sale or sharing (promise D01).
func sales(p *policy.Policy) []policy.Purpose {
	return slices.DeleteFunc(slices.Clone(p.Purposes), func(x policy.Purpose) bool { return !x.Sells })
}

// optOut returns for how long nobody is asked again who has opted out (promise H10): "12 months".
func optOut(p *policy.Policy) string { return number(p.OptOutMonths, "month") }

// days returns a number of days in words: "30 days", "1 day".
func days(n int) string { return number(n, "day") }

func number(n int, unit string) string {
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

// choices returns the purposes that rest on consent (promise C02): those that are a browser's choice, or those that belong to an address.
func choices(p *policy.Policy, ofBrowser bool) []policy.Purpose {
	var asked []policy.Purpose
	for _, purpose := range p.Purposes {
		if purpose.Basis == privacy.Consent && p.OfBrowser(purpose.ID) == ofBrowser {
			asked = append(asked, purpose)
		}
	}
	return asked
}

// sessionLife returns how long a page stays open that a mailed link has opened: "1 hour", "90 minutes".
func sessionLife(p *policy.Policy) string {
	life, unit := p.Session(), "minute"
	n := int(life.Minutes())
	if n%60 == 0 {
		n, unit = n/60, "hour"
	}
	return number(n, unit)
}

// schedule returns rows of the retention schedule: those for the service's own records if own is true, and otherwise those of the
// policy (promise F08).
func schedule(p *policy.Policy, own bool) []scheduleRow {
	var rows []scheduleRow
	for _, r := range p.Retention {
		if r.Own == own {
			rows = append(rows, scheduleRow{r, onErasure(p, r)})
		}
	}
	return rows
}

func purposes(p *policy.Policy, ids []privacy.Purpose) string {
	titles := make([]string, len(ids))
	for i, id := range ids {
		titles[i] = string(id)
		if purpose, ok := p.Purpose(id); ok {
			titles[i] = purpose.Title
		}
	}
	return strings.Join(titles, ", ")
}

func categoryTitles(p *policy.Policy, ids []privacy.Category) string {
	titles := make([]string, len(ids))
	for i, id := range ids {
		titles[i] = string(id)
		if category, ok := p.Category(id); ok {
			titles[i] = category.Title
		}
	}
	return strings.Join(titles, ", ")
}

// fields lists the names of the fields of a category. The fields of a list follow its name in brackets.
func fields(declared []policy.Field) string {
	titles := make([]string, len(declared))
	for i, f := range declared {
		titles[i] = f.Title
		if len(f.Fields) > 0 {
			titles[i] += " (" + fields(f.Fields) + ")"
		}
	}
	return strings.Join(titles, ", ")
}

var sourceWords = map[privacy.Source]string{
	privacy.Direct:            "you",
	privacy.Automatic:         "your use of our services",
	privacy.ReferralPartner:   "referral partners",
	privacy.AnalyticsProvider: "analytics providers",
	privacy.PublicSource:      "public sources",
}

// sources says where the data of a category comes from (promise B03).
func sources(list []privacy.Source) string {
	said := make([]string, len(list))
	for i, s := range list {
		said[i] = sourceWords[s]
	}
	return capital(strings.Join(said, ", "))
}

// capital returns s with its first letter in upper case, if that letter is ASCII.
func capital(s string) string { return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):] }

// systemRow is a row of the register: a system, or a sub-processor in the rows below its processor (promise J02).
type systemRow struct {
	Policy    *policy.Policy
	System    policy.System
	Parent    string // title of the processor; set for a sub-processor only
	Safeguard string // title of the safeguard, if the transfer needs one (promise J01)
}

// Kind returns what kind of system it is, and of a sub-processor also for whom it works.
func (r systemRow) Kind() string {
	if r.Parent != "" {
		return r.System.Kind + ", for " + r.Parent
	}
	if r.System.Owner == "own" {
		return "our own"
	}
	return r.System.Kind
}

// Data returns the categories that the system stores.
func (r systemRow) Data() string {
	titles := categoryTitles(r.Policy, r.System.Categories)
	if r.System.Anonymised {
		titles += " (anonymised)"
	}
	return titles
}

// Country returns the country of the system, and what makes the transfer lawful.
func (r systemRow) Country() string {
	name := country(r.System.Country)
	if r.Safeguard != "" {
		name += "; " + r.Safeguard
	}
	return name
}

// cookieKind says what kind of cookie it is, how it is stored, and whether it needs consent (promise E03).
func cookieKind(c policy.Cookie) string {
	words := capital(c.Kind) + ", " + strings.ReplaceAll(c.Storage, "_", " ")
	if c.Consent != "" {
		words += "; only with your consent"
	}
	return words
}

func systems(p *policy.Policy) []systemRow {
	var rows []systemRow
	add := func(s policy.System, parent string) {
		safeguard, _ := p.Safeguard(s.Safeguard)
		rows = append(rows, systemRow{p, s, parent, safeguard.Title})
	}
	for _, s := range p.Systems {
		add(s, "")
		for _, sub := range s.SubProcessors {
			add(sub, s.Title)
		}
	}
	return rows
}
