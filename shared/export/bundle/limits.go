package bundle

import (
	"slices"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// OptOut is an opt-out of sale and sharing that is in force (CCPA §1798.120; promise H10).
type OptOut struct {
	Request string    `json:"request"` // id of the request that imposed it
	Since   time.Time `json:"since"`
}

// Objection is an objection that is in force (GDPR Art. 21; promise H06).
type Objection struct {
	Request  string            `json:"request"`
	Since    time.Time         `json:"since"`
	Purposes []privacy.Purpose `json:"purposes"`
}

// Restriction is a restriction that is in force (GDPR Art. 18; promise H04). One without purposes and without categories restricts all data.
type Restriction struct {
	Request    string             `json:"request"`
	Since      time.Time          `json:"since"`
	Ground     privacy.Ground     `json:"ground"`
	Purposes   []privacy.Purpose  `json:"purposes,omitempty"`
	Categories []privacy.Category `json:"categories,omitempty"`
}

// restricted says in one sentence for each restriction what is restricted and what that means.
func restricted(p *policy.Policy, restrictions []Restriction) (sentences []string) {
	for _, r := range restrictions {
		what, then := "all your data", "We use it only"
		if len(r.Categories) > 0 {
			what = "your data of these kinds: " + titlesOf(r.Categories, categoryWords(p))
		}
		if len(r.Purposes) > 0 {
			what, then = what+", for these purposes: "+titlesOf(r.Purposes, purposeWords(p)), "We use it for them only"
		}
		sentences = append(sentences, "Use restricted since "+day(r.Since)+": "+what+". We go on storing it. "+then+" with your consent, for legal claims, or to protect others.")
	}
	return sentences
}

func titlesOf[T ~string](list []T, words map[string]string) string {
	titles := make([]string, len(list))
	for i, word := range list {
		titles[i] = say(words, string(word))
	}
	return strings.Join(titles, ", ")
}

// purposeWords returns the policy's titles of the purposes.
func purposeWords(p *policy.Policy) map[string]string {
	words := map[string]string{}
	for _, x := range p.Purposes {
		words[string(x.ID)] = x.Title
	}
	return words
}

// categoryWords returns the policy's titles of the categories.
func categoryWords(p *policy.Policy) map[string]string {
	words := map[string]string{}
	for _, c := range p.Categories {
		words[string(c.ID)] = c.Title
	}
	return words
}

// limitLabels describes what the data subject has limited.
func limitLabels(p *policy.Policy) []label {
	request := label{Name: "request", Title: "Request number", Type: "string"}
	since := label{Name: "since", Title: "Since", Type: "time"}
	purposes := label{Name: "purposes", Title: "Purposes", Type: "list", Words: purposeWords(p)}
	every := purposes
	every.Absent = "all"
	return []label{
		{Name: "optOuts", Title: "You opted out of sale and sharing", Type: "objects", Absent: "no", Fields: []label{since, request}},
		{Name: "objections", Title: "You objected to", Type: "objects", Absent: "nothing", Fields: []label{since, purposes, request}},
		{Name: "restrictions", Title: "You had the use restricted of", Type: "objects", Absent: "nothing", Fields: []label{
			since, {Name: "ground", Title: "Because", Type: "string", Words: said()["ground"]}, every,
			{Name: "categories", Title: "Kinds of data", Type: "list", Words: categoryWords(p), Absent: "all"}, request,
		}},
		{Name: "keepingChangedAt", Title: "Last change of what restrictions keep", Type: "time"},
	}
}

// shownLimits returns the limits in the form that the bundle shows: an empty list is a list.
func (s Subject) shownLimits() Subject {
	s.OptOuts, s.Restrictions = append([]OptOut{}, s.OptOuts...), append([]Restriction{}, s.Restrictions...)
	s.Objections = slices.Clone(s.Objections)
	if s.Objections == nil {
		s.Objections = []Objection{}
	}
	for i := range s.Objections {
		s.Objections[i].Purposes = append([]privacy.Purpose{}, s.Objections[i].Purposes...)
	}
	return s
}
