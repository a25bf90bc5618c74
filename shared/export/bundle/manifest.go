package bundle

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// manifestVersion is the version of the bundle's layout, described by the schemas in schema/.
const manifestVersion = 1

// manifest is manifest.json, the last file of a bundle.
type manifest struct {
	Version       int              `json:"version"`
	Right         privacy.Right    `json:"right"`
	CreatedAt     string           `json:"createdAt"` // RFC 3339, UTC
	PolicyVersion string           `json:"policyVersion"`
	Controller    controller       `json:"controller"`
	Categories    []labelled       `json:"categories"` // in the policy's order; none in a statement
	Record        []label          `json:"record"`     // what every record has besides its data
	Purposes      []purposeTitle   `json:"purposes"`   // in the policy's order
	Documents     []document       `json:"documents"`  // in the order in which they are shown
	Sources       []privacy.Source `json:"sources"`
	Files         []file           `json:"files"` // every file but this one
}

// labelled is a category with the labels of its fields.
type labelled struct {
	CategorySummary
	Fields []label `json:"fields"`
}

// manifest returns what the bundle contains and the words for showing it, which are those of the policy under which the bundle is made.
func (b *bundle) manifest(documents []document) manifest {
	p := b.in.Policy
	m := manifest{
		Version: manifestVersion, Right: b.in.Right, CreatedAt: stamp(b.in.CreatedAt), PolicyVersion: p.Version, Controller: controllerOf(p),
		Categories: []labelled{}, Record: envelope(b.in.Subject.Restrictions), Purposes: purposeTitles(p), Documents: documents, Sources: b.summary.Sources, Files: b.archive.files,
	}
	for _, c := range b.summary.Categories {
		declared, _ := p.Category(c.Category)
		m.Categories = append(m.Categories, labelled{c, labelsOf(declared.Fields)})
	}
	if m.Sources == nil {
		m.Sources = []privacy.Source{}
	}
	return m
}

// controller names who is responsible, in every machine-readable document (promise A01).
type controller struct {
	Name         string `json:"name"`
	Site         string `json:"site"`
	Email        string `json:"email"`
	Phone        string `json:"phone"`
	PrivacyEmail string `json:"privacyEmail"`
}

func controllerOf(p *policy.Policy) controller {
	c := p.Controller
	return controller{c.Name, c.Site, c.Email, c.Phone, c.PrivacyEmail}
}

// stamp returns a time as RFC 3339 in UTC, or "" for the zero time, which means "no date".
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
