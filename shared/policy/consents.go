package policy

import (
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Consents is what consents need of the policy. It stands apart so that function consent does not link the whole policy.
type Consents struct {
	Versions History        // every version ever published
	Rules    []ConsentRules // those of the versions that may be in force, the newest first
}

// ConsentRules is what one version of the policy says about consents.
type ConsentRules struct {
	Version  string
	From     int64             // when the version comes into force, in Unix seconds
	Purposes []privacy.Purpose // rest on consent, in the order of the policy; consent is asked for no others (promise C02)
	Sharing  []privacy.Purpose // count as sale or sharing under the CCPA
	Cookies  []privacy.Purpose // are those of cookies and the like, and so are chosen for a browser and not for an address
	ConsentPeriods
}

// ConsentPeriods are the periods that consents take from the policy.
type ConsentPeriods struct {
	Decision     Span // after which the data subject is asked again (CNIL guidance)
	OptOut       Span // after which somebody who has opted out is asked again (CCPA regulations §7028)
	Proof        Span // how long the record is kept after the consent ended (promise F08)
	Confirmation Span // life of an unconfirmed consent
	GraceDays    int  // how long a new consent may still name a version after its replacement
}

// ForConsents returns what consents need of the policy as it is published.
func ForConsents() Consents { return Consents{published, consentRules} }

// VersionInForce returns the name of the version that is in force at the time now, without linking the policy.
func VersionInForce(now time.Time) string { return ForConsents().InForce(now).Version }

// InForce returns the rules of the version in force at the time now. Callers must not change them.
func (c Consents) InForce(now time.Time) *ConsentRules {
	return &c.Rules[newestBy(now, len(c.Rules), func(i int) int64 { return c.Rules[i].From })]
}

// Accepts reports whether a new consent may name a version at the time now as the one that was shown. It may if the version is in force, or
// was replaced at most GraceDays days ago, so that a new version does not break a page that is already open (design: POST /v1/consents).
func (c Consents) Accepts(version string, now time.Time) bool {
	rules := c.InForce(now)
	if version == rules.Version {
		return true
	}
	v, ok := c.Versions.Find(version)
	return ok && v.From <= now.Unix() && !v.skipped() && now.Before(v.Replaced().AddDate(0, 0, rules.GraceDays))
}

// Asked returns the purposes about which an act may decide that names a version as the one that was shown. Nobody decides about a purpose that
// they were not shown, and a page that was open when a newer version came into force may still record every choice that it offered.
func (c Consents) Asked(version string, now time.Time) []privacy.Purpose {
	if v, ok := c.Versions.Find(version); ok {
		return v.Asked
	}
	return c.InForce(now).Purposes
}

// Shares reports whether a purpose counts as sale or sharing under the CCPA. Global Privacy Control denies such a purpose (promise D01).
func (r *ConsentRules) Shares(p privacy.Purpose) bool { return slices.Contains(r.Sharing, p) }

// ConsentPeriods returns the periods of consents under the policy.
func (p *Policy) ConsentPeriods() ConsentPeriods {
	return ConsentPeriods{
		Decision: Span{Months: p.ConsentMonths}, OptOut: Span{Months: p.OptOutMonths}, Proof: p.SpanOf(ConsentRecord),
		Confirmation: p.SpanOf(Confirmation), GraceDays: p.VersionGrace,
	}
}

// ConsentRules returns the rules of consents under the policy, without the time from which they hold.
func (p *Policy) ConsentRules() ConsentRules {
	rules := ConsentRules{Version: p.Version, Purposes: p.asked(), ConsentPeriods: p.ConsentPeriods()}
	for _, x := range p.Purposes {
		if x.Sells {
			rules.Sharing = append(rules.Sharing, x.ID)
		}
	}
	for _, purpose := range rules.Purposes {
		if p.OfBrowser(purpose) {
			rules.Cookies = append(rules.Cookies, purpose)
		}
	}
	return rules
}

// asked returns the purposes that rest on consent.
func (p *Policy) asked() (purposes []privacy.Purpose) {
	for _, x := range p.Purposes {
		if x.Basis == privacy.Consent {
			purposes = append(purposes, x.ID)
		}
	}
	return purposes
}
