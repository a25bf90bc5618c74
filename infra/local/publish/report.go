package main

import (
	"encoding/json"
	"os"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// report says what was published, from when it is in force, and what happens next. outcome says what became of the running service, live
// whether it serves the version, and told whether its data folder has a campaign of this name already.
func (p *publisher) report(version, outcome string, live, told bool) error {
	text, err := os.ReadFile(p.policy.published(version))
	if err != nil {
		return err
	}
	var published policy.Policy
	if err := json.Unmarshal(text, &published); err != nil {
		return err
	}
	today := p.now().Format(time.DateOnly)
	if zone, err := time.LoadLocation(published.Controller.TimeZone); err == nil {
		today = p.now().In(zone).Format(time.DateOnly)
	}
	p.say("\nVersion %s of the policy is published. Its kind is %s, decided by %s", version, published.Kind, strings.TrimSuffix(published.Author, ".")+".")
	switch from := day(published.EffectiveFrom); {
	case published.EffectiveFrom < today:
		p.say("It has been in force since %s.", from)
	case published.EffectiveFrom == today:
		p.say("It is in force from today, %s.", from)
	default:
		p.say("It will be in force from %s. Until then the version before it stays in force.", from)
	}
	if published.LastUpdated < today {
		p.say("Its date is %s, and today is %s. The date of a version is the day of its publication (promise K01): correct it before you deploy.", day(published.LastUpdated), day(today))
	}
	p.say("%s\n\n%s", outcome, p.letters(published, live, told))
	p.say("\nA publication is a commit: `git add shared/policy && git commit`. To take it back before that: `%s`", p.command("unpublish"))
	return nil
}

// letters says who is told about the version, and where to see it.
func (p *publisher) letters(published policy.Policy, live, told bool) string {
	who := map[string]string{"significant": "every account holder", "business_transfer": "everybody with an address"}[published.Kind]
	if who == "" {
		return "Nobody is told about it by mail, because its kind is " + published.Kind + "."
	}
	when := "Letters to " + who + " go out within a minute."
	switch {
	case told:
		when = "This data folder has a campaign about a version of this name already. Nobody is mailed twice, so fewer letters go out, or none. For all letters, start with a new folder (`DATA=$(mktemp -d) make run`), seed it, and publish."
	case !live:
		when = "Letters to " + who + " go out within a minute after a service with this version has started. A service with a new data folder tells nobody: it has no history."
	}
	return when + "\n  inbox       " + p.service.url + "/_local/mail" +
		"\n  progress    " + p.service.url + "/_local/#publish" +
		"\n  terminal    " + p.prefix() + "go run ./infra/ctl notices watch " + published.Version + " --local" +
		"\n  difference  " + p.service.url + "/policy/changes/" + published.Version
}

// day is a date in words.
func day(date string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return t.Format("2 January 2006")
}
