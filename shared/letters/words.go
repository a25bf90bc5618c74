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
)

// right is how mails name the right that was asked for.
type right struct {
	Title string // such as "Access (Art. 15 GDPR)"
	Means string // what the right is, in a sentence of the policy
	name  string // in one word for a subject line, such as "access"
}

// rightOf names a right in the policy's own words. A right that the policy in force no longer names keeps its wire name.
func rightOf(p *policy.Policy, id privacy.Right) right {
	stated, ok := p.Right(id)
	if !ok {
		return right{Title: string(id), name: string(id)}
	}
	name, _, _ := strings.Cut(strings.ToLower(stated.Title), " (")
	return right{Title: stated.Citation(), Means: stated.Text, name: name}
}

// item is how mails name a request, or a choice about consents.
type item struct {
	Title  string // such as "Access (Art. 15 GDPR)" or "Consent: Marketing emails"
	Means  string // what it is, in a sentence; may be empty
	Choice bool   // not a request
	name   string // for a subject line, such as "access request"
}

// itemOf names a request by its right. It names a choice by what is consented to; of all else it says only that it was refused or withdrawn.
func itemOf(p *policy.Policy, id privacy.Right, decisions map[privacy.Purpose]consent.State) item {
	if id != "" {
		asked := rightOf(p, id)
		return item{Title: asked.Title, Means: asked.Means, name: asked.name + " request"}
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
	return item{Title: "A change of the addresses that lead to your records"}
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

// dueDay writes the day of a deadline, and nothing if there is none.
func dueDay(p *policy.Policy, zone string, due time.Time) string {
	if due.IsZero() {
		return ""
	}
	return day(zoneOf(p, zone), due)
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
