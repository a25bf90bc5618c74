package letters

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// right is how mails name the right that was asked for.
type right struct {
	Title string // in the words that people use, such as "Delete my data"
	Means string // where it stands and what it is, such as "Erasure (Art. 17 GDPR): Have your data deleted."; may be empty
	name  string // for a sentence or a subject line, such as "request to delete your data"
}

// rightOf names a right in the words of package privacy, and says what it is in the policy's own. A right without words keeps its wire name.
func rightOf(p *policy.Policy, id privacy.Right) right {
	words, ok := id.Words()
	if !ok {
		words = privacy.Words{Wish: string(id), Name: string(id) + " request"}
	}
	return rightBy(p, id, words)
}

// askedIn names the right that a request asks for as exactly as the request does: its scope, and an objection to marketing alone.
func askedIn(p *policy.Policy, r request.Request) right {
	if r.Right == privacy.Objection && len(r.Purposes) > 0 && !slices.ContainsFunc(r.Purposes, func(id privacy.Purpose) bool { of, _ := p.Purpose(id); return !of.DirectMarketing }) {
		return rightBy(p, r.Right, privacy.StopMarketing)
	}
	if words, ok := r.Right.WordsOf(r.Scope); ok {
		return rightBy(p, r.Right, words)
	}
	return rightOf(p, r.Right)
}

func rightBy(p *policy.Policy, id privacy.Right, words privacy.Words) right {
	of := right{Title: words.Wish, Means: words.Means, name: words.Name}
	if stated, ok := p.Right(id); ok {
		of.Means = stated.Citation() + ": " + stated.Text
	}
	return of
}

// item is how mails name a request, or a choice about consents.
type item struct {
	Title  string // such as "Delete my data" or "Consent: Marketing emails"
	Means  string // what it is, in a sentence; may be empty
	Choice bool   // not a request
	name   string // for a subject line, such as "request to delete your data"
}

// itemOf names a request by its right, and by its scope if that is known. It names a choice by what is consented to; of all else it says only that it was refused or withdrawn.
func itemOf(p *policy.Policy, id privacy.Right, scope privacy.Scope, decisions map[privacy.Purpose]consent.State) item {
	if id != "" {
		asked := rightOf(p, id)
		if words, ok := id.WordsOf(scope); ok {
			asked = rightBy(p, id, words)
		}
		return item{Title: asked.Title, Means: asked.Means, name: asked.name}
	}
	i := item{Title: "Refusal or withdrawal of consent", Choice: true, name: "choice"}
	if given := titles(p, decisions, consent.Granted); given != "" {
		i.Title = "Consent: " + given
		if titles(p, decisions, consent.Denied) != "" {
			i.Means = "All other consents in this choice are refused or withdrawn."
		}
	}
	return i
}

// changeOf names a change of whom an address stands for. It says nothing about the other side: neither an address nor a name (threat T04).
func changeOf(act audit.Act) item {
	if act == audit.SubjectsJoined {
		return item{Title: "Two records of ours, joined into one because they are about one person"}
	}
	return item{Title: "A change to the addresses that lead to your records"}
}

// once returns the item without the meaning of its right if a mail has explained the right before. explained holds what it has explained.
func (i item) once(explained map[string]bool) item {
	if i.Choice {
		return i
	}
	if explained[i.Title] {
		i.Means = ""
	}
	explained[i.Title] = true
	return i
}

// titles returns the titles of the purposes with a decision, in the order of the policy. A purpose that the policy in force no longer names
// keeps its wire name.
func titles(p *policy.Policy, decisions map[privacy.Purpose]consent.State, decided consent.State) string {
	var named, unnamed []string
	for _, id := range slices.Sorted(maps.Keys(decisions)) {
		if decisions[id] == decided && !slices.ContainsFunc(p.Purposes, func(of policy.Purpose) bool { return of.ID == id }) {
			unnamed = append(unnamed, string(id))
		}
	}
	for _, of := range p.Purposes {
		if decisions[of.ID] == decided {
			named = append(named, of.Title)
		}
	}
	return strings.Join(append(named, unnamed...), ", ")
}

// zoneOf returns the time zone of something that names one, and otherwise that of the controller.
func zoneOf(p *policy.Policy, zone string) string { return cmp.Or(zone, p.Controller.TimeZone) }

// day writes the day of a time as the calendar of a time zone has it (promise H13). zone is an IANA name.
func day(zone string, t time.Time) string { return t.In(location(zone)).Format("2 January 2006") }

// categoryTitles returns the titles of categories in the order given. A category that the policy in force no longer names keeps its wire name.
func categoryTitles(p *policy.Policy, ids []privacy.Category) (named []string) {
	for _, id := range ids {
		of, ok := p.Category(id)
		if !ok {
			of.Title = string(id)
		}
		named = append(named, of.Title)
	}
	return named
}

// dayOf writes the day of a time in a zone that may be unknown, and nothing if there is no time.
func dayOf(p *policy.Policy, zone string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return day(zoneOf(p, zone), t)
}

// moment writes a time as the clock of a time zone has it, with the zone's abbreviation. zone is an IANA name.
func moment(zone string, t time.Time) string {
	return t.In(location(zone)).Format("2 January 2006, 15:04 MST")
}

// location returns a time zone by its IANA name, and UTC for an unknown name.
func location(zone string) *time.Location {
	z, err := time.LoadLocation(zone)
	if err != nil {
		return time.UTC
	}
	return z
}
