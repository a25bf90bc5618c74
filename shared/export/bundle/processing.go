package bundle

import (
	"fmt"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// processing is processing.json: the items of GDPR Art. 15(1)(a) to (h) and 15(2). They are computed from the inventory that also
// drives retention and deletion (promise H01).
type processing struct {
	PolicyVersion string                 `json:"policyVersion"`
	Controller    controller             `json:"controller"`
	Purposes      []purpose              `json:"purposes"`           // Art. 15(1)(a)
	Categories    []storedCategory       `json:"categories"`         // Art. 15(1)(b)
	Recipients    []recipient            `json:"recipients"`         // Art. 15(1)(c)
	Disclosures   []policy.Statement     `json:"disclosures"`        // Art. 15(1)(c): other recipients and the cases in which they receive data
	Retention     []retention            `json:"retention"`          // Art. 15(1)(d)
	Rights        []policy.DeclaredRight `json:"rights"`             // Art. 15(1)(e)
	Complaint     []policy.Authority     `json:"complaint"`          // Art. 15(1)(f)
	Sources       []source               `json:"sources"`            // Art. 15(1)(g): the sources of the records in this bundle
	Automated     automated              `json:"automatedDecisions"` // Art. 15(1)(h)
	Transfers     []transfer             `json:"transfers"`          // Art. 15(2)
}

type purpose struct {
	ID         privacy.Purpose     `json:"id"`
	Title      string              `json:"title"`
	Text       string              `json:"text"`
	Basis      privacy.LawfulBasis `json:"lawfulBasis"`
	Categories []privacy.Category  `json:"categories"`
}

type storedCategory struct {
	Category privacy.Category  `json:"category"`
	Title    string            `json:"title"`
	Examples []string          `json:"examples"`
	Purposes []privacy.Purpose `json:"purposes"`
	Records  int               `json:"records"`
}

type recipient struct {
	Title      string             `json:"title"`
	Text       string             `json:"text"`
	Kind       string             `json:"kind"`
	Country    string             `json:"country"`
	Agreement  string             `json:"agreement"`
	Categories []privacy.Category `json:"categories"`
	Anonymised bool               `json:"anonymised"`
	For        string             `json:"subProcessorOf,omitempty"` // title of the processor, for a sub-processor (promise J02)
}

type retention struct {
	Title   string        `json:"title"`
	Period  string        `json:"period"`
	Starts  string        `json:"starts"`
	Reason  string        `json:"reason"`
	Governs []policy.Kind `json:"governs"`
}

type source struct {
	Source  privacy.Source `json:"source"`
	Title   string         `json:"title"`
	Records int            `json:"records"`
}

type automated struct {
	Exist bool   `json:"exist"`
	Text  string `json:"text"`
}

type transfer struct {
	Recipient string `json:"recipient"`
	Country   string `json:"country"`
	Safeguard string `json:"safeguard"`
	Text      string `json:"text"`
}

// sourceTitles describe the policy's sources in words.
var sourceTitles = map[privacy.Source]string{
	privacy.Direct:            "You",
	privacy.Automatic:         "Your use of our services",
	privacy.ReferralPartner:   "A referral partner",
	privacy.AnalyticsProvider: "An analytics provider",
	privacy.PublicSource:      "A publicly available source",
}

// describe computes processing.json for the contents of a bundle.
func describe(p *policy.Policy, summary Summary, sources map[privacy.Source]int) processing {
	out := processing{
		PolicyVersion: p.Version, Controller: controllerOf(p), Disclosures: p.Disclosures,
		Rights: p.Rights, Complaint: p.Authorities, Sources: []source{}, Automated: automatedOf(p),
	}
	for _, s := range summary.Sources {
		out.Sources = append(out.Sources, source{s, sourceTitles[s], sources[s]})
	}
	for _, c := range summary.Categories {
		row, _ := p.Category(c.Category)
		out.Categories = append(out.Categories, storedCategory{c.Category, row.Title, row.Examples, row.Purposes, c.Count})
	}
	for _, x := range p.Purposes {
		out.Purposes = append(out.Purposes, purpose{x.ID, x.Title, x.Text, x.Basis, servedBy(p, x.ID)})
	}
	for _, r := range p.Retention {
		out.Retention = append(out.Retention, retention{r.Title, r.Period, r.Start, r.Reason, r.Stored})
	}
	for _, s := range p.Systems {
		if s.Owner == "processor" {
			out.receive(p, s, "")
		}
	}
	return out
}

// receive adds a processor and its sub-processors to the recipients, and to the transfers if a safeguard applies.
func (out *processing) receive(p *policy.Policy, s policy.System, parent string) {
	out.Recipients = append(out.Recipients,
		recipient{s.Title, s.Text, s.Kind, s.Country, s.Agreement, s.Categories, s.Anonymised, parent})
	if guard, ok := p.Safeguard(s.Safeguard); ok {
		out.Transfers = append(out.Transfers, transfer{s.Title, s.Country, guard.Title, guard.Text})
	}
	for _, sub := range s.SubProcessors {
		out.receive(p, sub, s.Title)
	}
}

// servedBy lists the categories that serve a purpose.
func servedBy(p *policy.Policy, id privacy.Purpose) []privacy.Category {
	categories := []privacy.Category{}
	for _, c := range p.Categories {
		if slices.Contains(c.Purposes, id) {
			categories = append(categories, c.ID)
		}
	}
	return categories
}

// automatedOf states, from the inventory, whether solely automated decisions are made (GDPR Art. 22; promise H07).
func automatedOf(p *policy.Policy) automated {
	out := automated{Exist: slices.ContainsFunc(p.Purposes, func(x policy.Purpose) bool { return x.Automated })}
	for _, r := range p.Rights {
		if r.ID == "automated_decisions" {
			out.Text = r.Text
		}
	}
	return out
}

// Complete returns an error if the policy leaves an item of GDPR Art. 15(1) or (2) empty, and names the first such item (promise
// H01). The records of each answer supply its sources, so Complete only checks that every source has words.
func Complete(p *policy.Policy) error {
	out := describe(p, Summary{Categories: []CategorySummary{{}}}, nil)
	for _, item := range []struct {
		article string
		there   bool
	}{
		{"15(1)(a) purposes", len(out.Purposes) > 0 && !slices.ContainsFunc(out.Purposes, func(x purpose) bool { return x.Text == "" || x.Basis == "" })},
		{"15(1)(b) categories", len(p.Categories) > 0 && !slices.ContainsFunc(p.Categories, func(c policy.Category) bool { return c.Title == "" || len(c.Examples) == 0 })},
		{"15(1)(c) recipients", len(out.Recipients) > 0 && len(out.Disclosures) > 0},
		{"15(1)(d) retention", len(out.Retention) > 0 && !slices.ContainsFunc(out.Retention, func(r retention) bool { return r.Period == "" || r.Starts == "" })},
		{"15(1)(e) rights", len(out.Rights) > 0},
		{"15(1)(f) complaint", len(out.Complaint) > 0},
		{"15(1)(g) sources", !slices.ContainsFunc(privacy.Sources[:], func(s privacy.Source) bool { return sourceTitles[s] == "" })},
		{"15(1)(h) automated decisions", out.Automated.Text != "" && !out.Automated.Exist},
		{"15(2) transfers", len(out.Transfers) > 0 && !slices.ContainsFunc(out.Transfers, func(t transfer) bool { return t.Text == "" })},
	} {
		if !item.there {
			return fmt.Errorf("bundle: policy %s says nothing for GDPR Art. %s", p.Version, item.article)
		}
	}
	return nil
}
