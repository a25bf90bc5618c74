package bundle

import (
	"fmt"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// processing is processing.json: the items of GDPR Art. 15(1)(a) to (h) and 15(2), and those of CCPA §1798.110(c). They are computed from the
// inventory that also drives retention and deletion (promises H01, H08). In a statement it says the same about everybody: it counts no records.
type processing struct {
	PolicyVersion string                 `json:"policyVersion"`
	Covers        *covers                `json:"covers,omitempty"` // in an answer to a request to know
	Controller    controller             `json:"controller"`
	Purposes      []purpose              `json:"purposes"`           // Art. 15(1)(a)
	Categories    []storedCategory       `json:"categories"`         // Art. 15(1)(b)
	Recipients    []recipient            `json:"recipients"`         // Art. 15(1)(c)
	Disclosures   []policy.Statement     `json:"disclosures"`        // Art. 15(1)(c): other recipients and the cases in which they receive data
	Retention     []retention            `json:"retention"`          // Art. 15(1)(d)
	Rights        []policy.DeclaredRight `json:"rights"`             // Art. 15(1)(e)
	Complaint     []policy.Authority     `json:"complaint"`          // Art. 15(1)(f)
	Sources       []source               `json:"sources"`            // Art. 15(1)(g): the sources of the records in this bundle, or of all data in a statement
	Automated     automated              `json:"automatedDecisions"` // Art. 15(1)(h)
	Transfers     []transfer             `json:"transfers"`          // Art. 15(2)
}

type purpose struct {
	ID         privacy.Purpose     `json:"id"`
	Title      string              `json:"title"`
	Text       string              `json:"text"`
	Basis      privacy.LawfulBasis `json:"lawfulBasis"`
	Sharing    bool                `json:"sharing"` // counts as sale or sharing (CCPA §1798.140(ad), (ah); promise D01)
	Categories []privacy.Category  `json:"categories"`
}

// covers says how far back an answer to a request to know reaches. For data that was collected since 1 January 2022 there is no limit to how far
// back somebody can ask (CCPA §1798.130(a)(2)(B), regulations §7024(h)); this service sets none for older data either.
type covers struct {
	From string `json:"from"` // YYYY-MM-DD
	Text string `json:"text"`
}

type storedCategory struct {
	Category   privacy.Category  `json:"category"`
	Title      string            `json:"title"`
	Collected  string            `json:"collected"` // directly, automatically
	Examples   []string          `json:"examples"`
	Sources    []privacy.Source  `json:"sources"` // where data of the category usually comes from
	Purposes   []privacy.Purpose `json:"purposes"`
	Recipients []string          `json:"recipients"` // their titles
	Period     string            `json:"period"`     // how long it is kept
	Records    *int              `json:"records,omitempty"`
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
	Records int            `json:"records,omitempty"`
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

// describe computes processing.json for the contents of a bundle. A statement lists every category that has a data subject, and every source.
func describe(in Input, summary Summary, sources map[privacy.Source]int) processing {
	p := in.Policy
	out := processing{
		PolicyVersion: p.Version, Covers: coversOf(in), Controller: controllerOf(p), Disclosures: p.Disclosures,
		Rights: p.Rights, Complaint: p.Authorities, Sources: []source{}, Automated: automatedOf(p),
	}
	for _, x := range p.Purposes {
		out.Purposes = append(out.Purposes, purpose{x.ID, x.Title, x.Text, x.Basis, x.Sells, servedBy(p, x.ID)})
	}
	for _, r := range p.Retention {
		out.Retention = append(out.Retention, retention{r.Title, r.Period, r.Start, r.Reason, r.Stored})
	}
	for _, s := range p.Systems {
		if s.Owner == "processor" {
			out.receive(p, s, "")
		}
	}
	if in.Content == request.Statement {
		for _, c := range p.Categories {
			if c.ID.HasSubject() {
				out.Categories = append(out.Categories, out.category(p, c))
			}
		}
		for _, s := range privacy.Sources {
			if slices.ContainsFunc(out.Categories, func(c storedCategory) bool { return slices.Contains(c.Sources, s) }) {
				out.Sources = append(out.Sources, source{Source: s, Title: sourceTitles[s]})
			}
		}
		return out
	}
	for _, s := range summary.Sources {
		out.Sources = append(out.Sources, source{s, sourceTitles[s], sources[s]})
	}
	for _, c := range summary.Categories {
		declared, _ := p.Category(c.Category)
		row := out.category(p, declared)
		row.Records = &c.Count
		out.Categories = append(out.Categories, row)
	}
	return out
}

// category describes a category. It takes the recipients from what is described already.
func (out *processing) category(p *policy.Policy, c policy.Category) storedCategory {
	row := storedCategory{Category: c.ID, Title: c.Title, Collected: c.Collected, Examples: c.Examples, Sources: c.Sources, Purposes: c.Purposes, Recipients: []string{}}
	for _, r := range out.Recipients {
		if slices.Contains(r.Categories, c.ID) {
			row.Recipients = append(row.Recipients, r.Title)
		}
	}
	for _, r := range p.Retention {
		if r.ID == c.Retention {
			row.Period = r.Period
		}
	}
	return row
}

// coversOf says how far back the answer to a request to know reaches, and returns nil for another right.
func coversOf(in Input) *covers {
	switch {
	case in.Right != privacy.Know:
		return nil
	case in.Content == request.Statement:
		return &covers{"2022-01-01", "This statement covers all personal data that we store, whenever we collected it. So it includes everything that we collected since 1 January 2022 and still store."}
	}
	return &covers{"2022-01-01", "This answer covers everything that we store about you, whenever we collected it. So it includes everything that we collected since 1 January 2022 and still store."}
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
	out := describe(Input{Policy: p, Content: request.Statement}, Summary{}, nil)
	for _, item := range []struct {
		article string
		there   bool
	}{
		{"15(1)(a) purposes", len(out.Purposes) > 0 && !slices.ContainsFunc(out.Purposes, func(x purpose) bool { return x.Text == "" || x.Basis == "" })},
		{"15(1)(b) categories", len(p.Categories) > 0 && !slices.ContainsFunc(p.Categories, func(c policy.Category) bool { return c.Title == "" || len(c.Examples) == 0 })},
		{"15(1)(c) recipients", len(out.Recipients) > 0 && len(out.Disclosures) > 0},
		{"15(1)(d) retention", len(out.Retention) > 0 && !slices.ContainsFunc(out.Categories, func(c storedCategory) bool { return c.Period == "" }) && !slices.ContainsFunc(out.Retention, func(r retention) bool { return r.Period == "" || r.Starts == "" })},
		{"15(1)(e) rights", len(out.Rights) > 0},
		{"15(1)(f) complaint", len(out.Complaint) > 0},
		{"15(1)(g) sources", len(out.Sources) > 0 && !slices.ContainsFunc(privacy.Sources[:], func(s privacy.Source) bool { return sourceTitles[s] == "" })},
		{"15(1)(h) automated decisions", out.Automated.Text != "" && !out.Automated.Exist},
		{"15(2) transfers", len(out.Transfers) > 0 && !slices.ContainsFunc(out.Transfers, func(t transfer) bool { return t.Text == "" })},
	} {
		if !item.there {
			return fmt.Errorf("bundle: policy %s says nothing for GDPR Art. %s", p.Version, item.article)
		}
	}
	return nil
}
