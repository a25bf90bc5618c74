package pages

import (
	"net/url"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// ask is something that a person can ask for, with a form of its own. Most rights are one ask; an objection to marketing and one to other uses are two,
// because only one of them has to be confirmed.
type ask struct {
	ID     string // stands for it in the templates: a right, or marketing
	Right  privacy.Right
	Title  string // in words that people use
	Text   string // what it is good for
	Button string // sends the form
}

// marketing is the ID of the objection to direct marketing.
const marketing = "marketing"

// askGroup is a group of asks under a heading, as the page lists them.
type askGroup struct {
	ID, Title string
	Asks      []ask
}

// allAsks lists everything that a person can ask for.
var allAsks = []askGroup{
	{"see", "See my data, or take it elsewhere", []ask{
		asking(privacy.Access, "Everything we hold about you, and what we do with it.", "Ask for a copy"),
		asking(privacy.Portability, "The data that you gave us, in a form that other programs can read.", "Ask for my data"),
		asking(privacy.Know, "Which personal information we collect, where it comes from, why we use it and who gets it.", "Ask what you collect"),
	}},
	{"correct", "Correct or delete", []ask{
		asking(privacy.Rectification, "Something that we hold about you is wrong or incomplete.", "Ask for the correction"),
		asking(privacy.Erasure, "We delete what we hold about you, unless a law makes us keep it.", "Ask for deletion"),
		asking(privacy.Delete, "We delete the personal information that we hold about you, under California’s privacy law.", "Ask for deletion"),
	}},
	{"stop", "Stop using my data", []ask{
		{marketing, privacy.Objection, privacy.StopMarketing.Wish, "No advertising to you and no marketing emails. It takes effect at once.", "Stop marketing"},
		asking(privacy.Objection, "You choose which uses of your data you object to.", "Object to these uses"),
		asking(privacy.Restriction, "We keep the data and stop using it, for example while you dispute that it is accurate.", "Limit the use"),
		asking(privacy.OptOut, "Your opt-out under California’s privacy law. It takes effect at once.", "Do not sell or share my data"),
	}},
	{"automated", "Automated decisions", []ask{
		asking(privacy.AutomatedDecisions, "Whether a machine alone decides anything that matters to you.", "Ask for the statement"),
	}},
	{"children", "Children", []ask{
		asking(privacy.ChildErasure, "You believe that we hold data about a child.", "Send the report"),
	}},
	{"complain", "Complain", []ask{
		asking(privacy.Complaint, "Our privacy team looks into it and tells you what came of it.", "Send the complaint"),
	}},
}

// asking returns the ask for a right, under the name that everything else gives it.
func asking(right privacy.Right, text, button string) ask {
	named, _ := right.Words()
	return ask{string(right), right, named.Wish, text, button}
}

// askIn returns the ID of what the query of a page asks for; nothing if it asks for nothing known (threat T17).
func askIn(query url.Values) string {
	right := privacy.Right(query.Get("right"))
	for _, g := range allAsks {
		for _, a := range g.Asks {
			if a.Right == right && (a.ID == marketing) == (right == privacy.Objection && query.Get("to") == marketing) {
				return a.ID
			}
		}
	}
	return ""
}

// asks returns what a person can ask for under a policy, in groups. Two asks are no rights that the policy names: a report about a child, and a complaint.
func asks(p *policy.Policy) []askGroup {
	var offered []askGroup
	for _, g := range allAsks {
		g.Asks = slices.DeleteFunc(slices.Clone(g.Asks), func(a ask) bool {
			named := slices.ContainsFunc(p.Rights, func(r policy.DeclaredRight) bool { return r.Online && r.ID == string(a.Right) })
			return !named && a.Right != privacy.ChildErasure && a.Right != privacy.Complaint
		})
		if len(g.Asks) > 0 {
			offered = append(offered, g)
		}
	}
	return offered
}

// askOf returns the ask with the ID, if the policy offers it.
func askOf(p *policy.Policy, id string) (ask, bool) {
	for _, g := range asks(p) {
		for _, a := range g.Asks {
			if a.ID == id {
				return a, true
			}
		}
	}
	return ask{}, false
}

// Path returns the address of the form.
func (a ask) Path() string {
	path := "/request?right=" + string(a.Right)
	if a.ID == marketing {
		path += "&to=" + marketing
	}
	return path
}

// Confirmed reports whether the person has to confirm it by a link that we mail them.
func (a ask) Confirmed() bool {
	return a.ID != marketing && request.Rights[a.Right].Proof == request.ByMailbox
}

// AtOnce reports whether what is asked for holds as soon as the form was sent.
func (a ask) AtOnce() bool { return !a.Confirmed() && a.Right != privacy.Complaint }

// Has reports whether the form has a field with the name, besides those of every form.
func (a ask) Has(field string) bool { return slices.Contains(request.Rights[a.Right].Asks, field) }

// Needs reports whether the field must be filled in.
func (a ask) Needs(field string) bool { return slices.Contains(request.Rights[a.Right].Must, field) }

// Purposes returns the purposes among which the form lets a person choose. Nobody can object to what rests on neither legitimate interests nor direct
// marketing; and a restriction stops neither what the law demands nor what protects others (GDPR Art. 18(2), 21(1), 21(2)).
func (a ask) Purposes(p *policy.Policy) []policy.Purpose {
	return slices.DeleteFunc(slices.Clone(p.Purposes), func(x policy.Purpose) bool {
		switch {
		case a.ID == marketing:
			return !x.DirectMarketing
		case a.Right == privacy.Objection:
			return x.DirectMarketing || x.Basis != privacy.LegitimateInterests
		default:
			return x.Compelling || x.Basis == privacy.LegalObligation
		}
	})
}

// Categories returns the categories among which the form lets a person choose.
func (a ask) Categories(p *policy.Policy) []policy.Category {
	return slices.DeleteFunc(slices.Clone(p.Categories), func(c policy.Category) bool { return !c.ID.HasSubject() })
}
