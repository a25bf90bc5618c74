package people

import (
	"fmt"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// passwordHashes are bcrypt hashes of cost 12 (promise G01) of random texts that were thrown away. Computing one per
// person would take minutes.
var passwordHashes = []string{
	"$2a$12$XNfyZrHqUXm2XmAwn6xATeO107tYPztUJwOlr6Rl1vV.ABMqtDdEO",
	"$2a$12$8yWx1kXMOCXvoB0kLXWA8OJFGdfoi52yAPBJBZ.2jx9gMgW6fAm8u",
	"$2a$12$ScUVitXhsa2BZX9R.yQpZeZGh6Ss6ODgetMs2XaLvqP9FCOul5WIK",
	"$2a$12$iWb3tGgUO7N04yacVYawD.SMSfyRmPNUDb4W9G8HDXSccUP56.sFS",
	"$2a$12$lZbz9KPQzbmm0juTtDHdF.2srpu6mXHhjsKqk4SpXcPtzM/vr8o3W",
}

// accounts decides how the contract went: it runs, ended, ended so long ago that account data is past its retention
// (promise F01), or the person came back.
func (p *person) accounts() {
	oldest := p.base.Add(-historyYears * year)
	switch p.IntRange(1, 10) {
	case 1: // ended long ago
		p.ended = p.between(p.base.Add(-6*year), p.base.Add(-accountKept-10*day))
	case 2, 3: // ended, and still kept
		p.ended = p.between(p.base.Add(-accountKept+10*day), p.base.Add(-day))
	case 4: // came back
		ended := p.between(p.base.Add(-5*year), p.base.Add(-year))
		p.account(1, p.between(oldest, ended.Add(-30*day)), ended)
		p.started = p.between(ended.Add(day), p.base.Add(-30*day))
		p.account(2, p.started, time.Time{})
		return
	}
	p.started = p.between(oldest, p.last().Add(-30*day))
	p.account(1, p.started, p.ended)
}

// account adds one account; ended is zero while its contract runs.
func (p *person) account(number int, started, ended time.Time) {
	data := account{
		Username: strings.ToLower(p.FirstName()) + fmt.Sprint(p.index), PasswordHash: p.RandomString(passwordHashes),
		Status: "active", ContractStartedAt: started,
	}
	at := started
	if !ended.IsZero() {
		data.Status, data.ContractEndedAt, at = "closed", &ended, ended
	}
	p.add(privacy.Account, fmt.Sprintf("acct-%d", number), privacy.Direct, at, data)
}

// indirect are the sources that know a person before the person does business with the company (GDPR Art. 14).
var indirect = []string{string(privacy.ReferralPartner), string(privacy.AnalyticsProvider), string(privacy.PublicSource)}

// identityAndContact adds the person's identity and contact, as they or somebody else stated them.
func (p *person) identityAndContact(at time.Time) {
	source := privacy.Direct
	if p.lead {
		source = privacy.Source(p.RandomString(indirect))
	}
	who := identity{p.first, p.family, freeText(p.Faker, p.JobTitle)}
	p.add(privacy.Identity, "self", source, at, who)
	p.add(privacy.Contact, "primary", source, at, contact{p.email, p.phone(), freeText(p.Faker, p.company)})
	if !p.lead && p.oneIn(6) { // a directory has the same data, less carefully written
		who.FirstName, who.JobTitle = string([]rune(p.first)[:1])+".", p.JobTitle()
		p.add(privacy.Identity, "directory", privacy.PublicSource, p.between(at, p.last()), who)
	}
}

func (p *person) company() string {
	if p.oneIn(2) {
		return p.RandomString(p.culture.company)
	}
	return p.Company()
}

// phone returns a number from a range that is kept free for fiction.
func (p *person) phone() string {
	switch p.IntRange(0, 3) {
	case 0:
		return fmt.Sprintf("+44 20 7946 0%03d", p.upTo(999))
	case 1:
		return fmt.Sprintf("+1 (202) 555-01%02d", p.upTo(99))
	case 2:
		return fmt.Sprintf("030/23125-%03d", p.upTo(999))
	default:
		return fmt.Sprintf("+1202555%04d ext. %d", 100+p.upTo(99), p.upTo(9999))
	}
}

var (
	channels = []string{"live_chat", "email", "phone"}
	tiers    = []string{"starter", "team", "enterprise"}
	lists    = []string{"newsletter", "offers", "product-updates"}
	topics   = []string{"security", "automation", "chat", "pricing", "künstliche Intelligenz", "プライバシー", "<b>offers</b>"}
)

func (p *person) preference() {
	at := p.between(p.started, p.last())
	p.add(privacy.Preference, "support", privacy.Direct, at,
		preference{p.RandomString(channels), p.RandomString(tiers), p.culture.language})
}

// marketing adds a subscription for two people in five; some come from partners.
func (p *person) marketing(from time.Time) {
	if p.upTo(4) > 1 {
		return
	}
	source := privacy.Direct
	if p.oneIn(4) {
		source = privacy.Source(p.RandomString(indirect))
	}
	interests := []string{}
	for range p.upTo(3) {
		interests = append(interests, p.RandomString(topics))
	}
	list, at := p.RandomString(lists), p.between(from, p.last())
	p.add(privacy.Marketing, list, source, at, marketing{list, at, interests})
}
