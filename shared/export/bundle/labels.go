package bundle

import (
	"regexp"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// label says how one member of a JSON file is shown to a reader. The manifest has the labels of every file, in the order in which
// members are shown. So index.html and the page that opens an export in the browser use the same titles and words.
type label struct {
	Name   string            `json:"name"`             // of the member
	Title  string            `json:"title"`            // the title that the reader sees
	Type   string            `json:"type"`             // a type of the policy's fields, or one of the types below
	Words  map[string]string `json:"words,omitempty"`  // from each machine word to its meaning
	Absent string            `json:"absent,omitempty"` // shown if the value is missing, null or empty; if Absent is empty, a missing member is not shown
	Fields []label           `json:"fields,omitempty"` // labels of each item of a list, or of the decision on each purpose
}

// Types of labels that exist besides the types of the policy's fields.
const (
	// typePurposes is an object with a member for each purpose. It is shown as a list in the order of the manifest's purposes. The
	// first field, "purpose", shows the member's name. If a member's value is not an object, the second field shows it.
	typePurposes = "purposes"
	typeFile     = "file" // not shown to a reader: only the file has it
)

// labelsOf returns the labels of a category in the policy's order. Credentials get no label, because no bundle contains them (promise G01).
func labelsOf(fields []policy.Field) []label {
	var labels []label
	for _, f := range fields {
		if f.Type == credential {
			continue
		}
		l := label{Name: f.Name, Title: f.Title, Type: f.Type, Fields: labelsOf(f.Fields)}
		for _, word := range f.Enum {
			if l.Words == nil {
				l.Words = map[string]string{}
			}
			l.Words[word] = say(said()["enum"], word)
		}
		labels = append(labels, l)
	}
	return labels
}

// envelope returns the labels of what every record has besides its data. The heading of a record is the day on which it happened, and its id. A
// restriction may keep records past their period; they have no end date then.
func envelope(restrictions []Restriction) []label {
	endless := "The period has not started."
	if len(restrictions) > 0 {
		endless = "There is no date. The period has not started, or a restriction that you asked for keeps this record."
	}
	return []label{
		{Name: "source", Title: "Source", Type: "string", Words: sourceWords()},
		{Name: "expiresAt", Title: "Kept until", Type: "time", Absent: endless},
	}
}

func sourceWords() map[string]string {
	words := map[string]string{}
	for source, title := range sourceTitles {
		words[string(source)] = title
	}
	return words
}

// purposeTitle names a purpose in the words of the policy.
type purposeTitle struct {
	Purpose privacy.Purpose `json:"purpose"`
	Title   string          `json:"title"`
}

func purposeTitles(p *policy.Policy) []purposeTitle {
	titles := []purposeTitle{}
	for _, x := range p.Purposes {
		titles = append(titles, purposeTitle{x.ID, x.Title})
	}
	return titles
}

var (
	humps    = regexp.MustCompile(`([a-z])([A-Z0-9])|([0-9])([A-Z])`)
	acronyms = regexp.MustCompile(`\b(gpc|id|ip|url|vat)\b`)
)

// titleOf turns the name of a member without a title into one: ipAddress becomes "IP address".
func titleOf(name string) string {
	words := strings.ToLower(humps.ReplaceAllString(strings.ReplaceAll(name, "_", " "), "$1$3 $2$4"))
	words = acronyms.ReplaceAllStringFunc(words, strings.ToUpper)
	if words == "" {
		return words
	}
	first := []rune(words)[0]
	return strings.ToUpper(string(first)) + words[len(string(first)):]
}

// say returns the meaning of a machine word. A word that is not listed is returned without its underscores.
func say(words map[string]string, word string) string {
	if text, ok := words[word]; ok {
		return text
	}
	return strings.ReplaceAll(word, "_", " ")
}
