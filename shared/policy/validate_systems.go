package policy

import (
	"fmt"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// protected lists the countries that need no transfer safeguard: the European Economic Area and the United Kingdom, whose law the
// policy follows as well (GDPR Chapter V; promise J01). The codes are ISO 3166-1 alpha-2.
var protected = [...]string{
	"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT",
	"NL", "PL", "PT", "RO", "SE", "SI", "SK", // the European Union
	"IS", "LI", "NO", // the rest of the European Economic Area
	"GB",
}

// processorKinds are the four kinds of processor that the policy admits (promise D02).
var processorKinds = [...]string{"infrastructure", "communication", "analytics", "payments"}

func (c *checker) systems(p *Policy) {
	seen := map[string]bool{}
	for i, s := range p.Systems {
		path := fmt.Sprintf("/systems/%d", i)
		c.system(p, s, path, seen)
		c.refuse(s.Owner == "own" || s.Agreement != "", "a processor works under an agreement (GDPR Art. 28(3); promise D02)", "%s/agreement", path)
		c.refuse(s.Owner == "own" || slices.Contains(processorKinds[:], s.Kind), "processors are of four kinds (promise D02)", "%s/kind", path)
		for j, sub := range s.SubProcessors {
			below := fmt.Sprintf("%s/subProcessors/%d", path, j)
			c.system(p, sub, below, seen)
			c.refuse(sub.Agreement != "", "a sub-processor works under an agreement (GDPR Art. 28(4); promise J02)", "%s/agreement", below)
			c.refuse(sub.Owner == "processor", "a sub-processor is a processor (promise J02)", "%s/owner", below)
			c.refuse(len(sub.SubProcessors) == 0, "sub-processors stand in one list under their processor (promise J02)", "%s/subProcessors", below)
		}
	}
}

// system checks the rules for every system: one of the controller's, a processor's or a sub-processor's.
func (c *checker) system(p *Policy, s System, path string, seen map[string]bool) {
	c.refuse(!seen[s.ID], "a system stands once in the register (promise D07)", "%s/id", path)
	seen[s.ID] = true
	_, known := p.Safeguard(s.Safeguard)
	c.refuse(s.Safeguard == "" || known, "the safeguard is not declared (promise J01)", "%s/safeguard", path)
	abroad := !slices.Contains(protected[:], s.Country)
	c.refuse(!abroad || s.Safeguard != "", "a transfer outside the EEA and the UK needs a safeguard (GDPR Art. 46; promise J01)", "%s/safeguard", path)
	for j, id := range s.Categories {
		_, ok := p.Category(id)
		c.refuse(ok, "the category is not declared (promise B01)", "%s/categories/%d", path, j)
	}
	if s.Owner == "own" {
		return
	}
	switch s.Kind {
	case "analytics":
		c.refuse(s.Anonymised, "an analytics provider gets anonymised data only (promise D06)", "%s/anonymised", path)
		for j, id := range s.Categories {
			c.refuse(!id.HasSubject(), "an analytics provider gets no category that belongs to a person (promise D06)", "%s/categories/%d", path, j)
		}
	case "communication":
		c.refuse(s.Transactional, "a mail provider carries transactional mail only (promise D06)", "%s/transactionalOnly", path)
		c.refuse(!slices.Contains(s.Categories, privacy.Marketing), "a mail provider gets no marketing data (promise D06)", "%s/categories", path)
	}
}
