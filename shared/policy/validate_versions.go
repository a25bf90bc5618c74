package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// DaysAhead is how many days lie at least between the publication of a version and its first day in force, if the version adds or changes
// a purpose or transfers the business (promises K06, D05). It is a rule about policies, so no policy can shorten it.
const DaysAhead = 30

// publication checks what a version says about its own publication (promises K01, K05, K06, D05).
func (c *checker) publication(p *Policy) {
	c.refuse(p.Kind == Editorial || len(p.WhatChanged) > 0, "a version that people are told about lists its changes (promise K05)", "/whatChanged")
	c.refuse(p.EffectiveFrom >= p.LastUpdated, "a version is in force from the day of its publication at the earliest (promise K01)", "/effectiveFrom")
	c.refuse(p.Kind != Transfer || p.ahead(),
		fmt.Sprintf("a transfer of the business is announced %d days before (promise D05)", DaysAhead), "/effectiveFrom")
	c.notices(p)
}

// notices checks that the notices about a version leave after its publication, and reach people before the version is in force.
func (c *checker) notices(p *Policy) {
	published, from, err := p.days()
	if err != nil {
		c.refuse(false, "this is no time zone", "/controller/timeZone")
		return
	}
	announce, err := p.announce()
	if err != nil || p.Kind == Editorial { // the schema refuses what is no time; nobody is told about an editorial change
		return
	}
	end, _ := p.replaces(from.Unix())
	c.refuse(!announce.Before(published), "notices start on the day of publication at the earliest (promise K01)", "/announceAt")
	c.refuse(announce.Unix() <= end, "notices start before the version comes into force, or on the day of publication (promise K06)", "/announceAt")
	told := announce.UTC().AddDate(0, 0, p.NoticeWithin) // a campaign counts days of 24 hours
	c.refuse(!p.ahead() || !told.After(from), "the last notice leaves before the version comes into force (promise K06)", "/noticeDeadlineDays")
}

// days returns when the day of publication and the first day in force begin.
func (p *Policy) days() (published, from time.Time, err error) {
	if published, err = p.midnight(p.LastUpdated); err != nil {
		return published, from, err
	}
	from, err = p.midnight(p.EffectiveFrom)
	return published, from, err
}

// ahead reports whether the first day in force is [DaysAhead] days after the publication, or later.
func (p *Policy) ahead() bool {
	day, err := time.Parse(time.DateOnly, p.LastUpdated)
	return err == nil && p.EffectiveFrom >= day.AddDate(0, 0, DaysAhead).Format(time.DateOnly)
}

// succession checks a version against the one before it (promises K01, K05, K06).
func (c *checker) succession(before, p *Policy) {
	c.refuse(p.LastUpdated > before.LastUpdated, "the version before was published on that day or later (promise K01)", "/lastUpdated")
	c.refuse(!p.overtakes(before), "the version would come into force before the one that it replaces (promise K06)", "/effectiveFrom")
	if used := newUses(before, p); len(used) > 0 && !p.ahead() {
		c.refuse(false, fmt.Sprintf("new and changed purposes are announced %d days before: %s (promise K06)", DaysAhead, strings.Join(used, "; ")), "/effectiveFrom")
	}
	if p.Kind != Editorial {
		return
	}
	for _, d := range Differences(before, p) {
		c.refuse(!slices.Contains(substance[:], d.Names[0]),
			fmt.Sprintf("an editorial version leaves this as it was, but it is %s (promise K05)", d.Fate), "%s", d.Path)
	}
}

// substance lists the sections that say what is done with personal data. An editorial version does not change them.
var substance = [...]string{"purposes", "categories", "retention", "systems"}

// overtakes reports whether the version would come into force before the one that was published before it.
func (p *Policy) overtakes(before *Policy) bool {
	from, err := p.midnight(p.firstDay())
	earlier, earlierErr := before.midnight(before.firstDay())
	return err == nil && earlierErr == nil && from.Before(earlier)
}

// use returns the purpose without what only says which objections hold at once: that changes nobody's data, and favours the person.
func (x Purpose) use() Purpose {
	x.DirectMarketing, x.Compelling = false, false
	return x
}

// newUses says which purposes are new or changed in a version, and which categories serve a purpose that they did not serve before.
func newUses(before, p *Policy) (uses []string) {
	for _, x := range p.Purposes {
		if old, ok := before.Purpose(x.ID); !ok {
			uses = append(uses, string(x.ID)+" is new")
		} else if old.use() != x.use() {
			uses = append(uses, string(x.ID)+" has changed")
		}
	}
	for _, category := range p.Categories {
		old, _ := before.Category(category.ID)
		for _, id := range category.Purposes {
			if !slices.Contains(old.Purposes, id) {
				uses = append(uses, string(category.ID)+" data newly serves "+string(id))
			}
		}
	}
	return uses
}
