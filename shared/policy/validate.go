package policy

import (
	"fmt"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Violation is a part of a policy that the law, or the policy's own promises, forbid.
type Violation struct {
	Path   string // RFC 6901 pointer into the policy, such as "/purposes/3/basis"
	Detail string // what is wrong, with the promise or the article that forbids it
}

// Error returns the path and what is wrong there.
func (v Violation) Error() string { return v.Path + ": " + v.Detail }

// Validate returns everything that makes a policy unlawful or inconsistent, as Violations. The compiler refuses to publish a version that has
// any. before is the version that was published before it, or nil for the first one. The schema checks the shape of the file, so Validate
// does not.
func Validate(p, before *Policy) []error {
	var c checker
	c.publication(p)
	if before != nil {
		c.succession(before, p)
	}
	c.controller(p)
	c.purposes(p)
	c.categories(p)
	c.analytics(p)
	c.retention(p)
	c.periods(p)
	c.cookies(p)
	c.systems(p)
	return c.found
}

type checker struct{ found []error }

// refuse records a violation unless ok.
func (c *checker) refuse(ok bool, detail, path string, args ...any) {
	if !ok {
		c.found = append(c.found, Violation{fmt.Sprintf(path, args...), detail})
	}
}

// controller demands every way to reach the controller (GDPR Art. 13(1)(a); promise A01), and a scope (promise A03).
func (c *checker) controller(p *Policy) {
	for _, f := range []struct{ path, value string }{
		{"name", p.Controller.Name}, {"site", p.Controller.Site}, {"email", p.Controller.Email}, {"phone", p.Controller.Phone},
		{"privacyEmail", p.Controller.PrivacyEmail}, {"securityEmail", p.Controller.SecurityEmail},
	} {
		c.refuse(f.value != "", "the controller must be named and reachable (promise A01)", "/controller/%s", f.path)
	}
	c.refuse(len(p.Scope.Origins) > 0, "the policy must apply somewhere (promise A03)", "/scope/origins")
	c.refuse(len(p.Authorities) > 0, "an authority that takes complaints must be named (promise L01)", "/authorities")
}

// askable lists the only purposes for which consent may be asked: marketing mail, non-essential cookies and testimonials (promise C02).
var askable = [...]privacy.Purpose{privacy.MarketingEmail, privacy.AnalyticsCookies, privacy.MarketingCookies, privacy.Testimonials}

// bases lists the lawful bases. Each purpose has exactly one (promise C01).
var bases = [...]privacy.LawfulBasis{privacy.Contract, privacy.LegitimateInterests, privacy.Consent, privacy.LegalObligation}

func (c *checker) purposes(p *Policy) {
	seen := map[privacy.Purpose]bool{}
	for i, x := range p.Purposes {
		c.refuse(!seen[x.ID], "a purpose stands once, with one basis (promise C01)", "/purposes/%d/id", i)
		seen[x.ID] = true
		c.refuse(slices.Contains(bases[:], x.Basis), "a purpose needs a lawful basis (GDPR Art. 6(1); promise B04)", "/purposes/%d/basis", i)
		c.refuse(!x.Automated, "no solely automated decisions are made (GDPR Art. 22; promise H07)", "/purposes/%d/automated", i)
		asked := slices.Contains(askable[:], x.ID)
		c.refuse(x.Basis != privacy.Consent || asked, "consent is asked for marketing mail, cookies and testimonials only (promise C02)", "/purposes/%d/basis", i)
		c.refuse(!x.Compelling || x.Basis == privacy.LegitimateInterests && !x.DirectMarketing, "only a legitimate interest that is no direct marketing can be compelling (GDPR Art. 21(1), (3))", "/purposes/%d/compelling", i)
		c.refuse(x.Basis == privacy.Consent || !asked, "this purpose rests on consent and on nothing else (promise C02)", "/purposes/%d/basis", i)
	}
}

func (c *checker) categories(p *Policy) {
	for i, x := range p.Categories {
		c.refuse(slices.Contains(privacy.Categories[:], x.ID), "the service knows no such category (promise B01)", "/categories/%d/id", i)
		c.refuse(len(x.Purposes) > 0, "a category serves at least one purpose (promise B04)", "/categories/%d/purposes", i)
		for j, id := range x.Purposes {
			_, ok := p.Purpose(id)
			c.refuse(ok, "the purpose is not declared (promise B04)", "/categories/%d/purposes/%d", i, j)
		}
		rule, ok := p.Rule(x.Retention)
		c.refuse(ok, "the retention rule is not in the schedule (promise F08)", "/categories/%d/retention", i)
		c.refuse(!ok || slices.Contains(rule.Stored, Kind(x.ID)), "the retention rule does not govern this category (promise F08)", "/categories/%d/retention", i)
	}
	for _, id := range privacy.Categories {
		_, ok := p.Category(id)
		c.refuse(ok, "the category "+string(id)+" is stored but not declared (promise B01)", "/categories")
	}
}

// retention demands one rule for each stored kind, including the service's own (promise F08). It also demands a period for
// marketing data without a recorded consent, because a withdrawal that never comes would not end it (promise F04).
func (c *checker) retention(p *Policy) {
	kinds := StoredKinds()
	rule := map[Kind]bool{}
	for i, r := range p.Retention {
		consented := r.Starts == "consent_withdrawn"
		c.refuse(consented == (r.UnconsentedDays > 0), "what a withdrawal ends, and nothing else, has a period without a consent (promise F04)", "/retention/%d/unconsentedDays", i)
		for j, kind := range r.Stored {
			c.refuse(slices.Contains(kinds, kind), "nothing of this kind is stored (promise F08)", "/retention/%d/stored/%d", i, j)
			c.refuse(!rule[kind], "another rule governs this kind already (promise F08)", "/retention/%d/stored/%d", i, j)
			rule[kind] = true
		}
	}
	for _, kind := range kinds {
		c.refuse(rule[kind], "no rule says how long the stored kind "+string(kind)+" is kept (promise F08)", "/retention")
	}
}

// cookies demands a consent purpose for each non-essential cookie, and forbids one for essential cookies (promise E01).
func (c *checker) cookies(p *Policy) {
	for i, k := range p.Cookies {
		purpose, _ := p.Purpose(k.Consent)
		if k.Kind == "essential" {
			c.refuse(k.Consent == "", "an essential cookie does not ask for consent (promise E01)", "/cookies/%d/consent", i)
			continue
		}
		c.refuse(purpose.Basis == privacy.Consent, "a cookie that is not essential needs a purpose that rests on consent (promise E01)", "/cookies/%d/consent", i)
	}
}
