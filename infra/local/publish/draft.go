package main

import (
	"fmt"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// draft writes the next version as a copy of the newest. Brackets stand around what its author must write, and the compiler refuses it until
// they are gone.
func (p *publisher) draft() error {
	n, err := p.next()
	if err != nil {
		return err
	}
	e := n.head(after(n.version, policy.DaysAhead), "[Say in a sentence or two what changes. The letter and the banner show it.]",
		policy.Change{Title: "[Name one change in a few words.]", Text: "[Say what changes and what it means for the reader. Add an entry for each change.]"})
	e.comment("version", "A draft, made from "+n.newest.Version+". Replace the texts in brackets, then change the policy below them, and run make publish.",
		"The version and lastUpdated are the day of publication, and so is the file's name. Delete this file to give the draft up.")
	e.comment("kind", "editorial: nobody is told. significant: every account holder is mailed. business_transfer: everybody with an address is mailed.")
	e.comment("author", "Who decided the kind.")
	e.comment("effectiveFrom", fmt.Sprintf("The first day in force. A new or changed purpose and a business transfer need %d days between publication and this day.", policy.DaysAhead))
	if err := p.write(n, e); err != nil {
		return err
	}
	p.say("%s", n.sentence)
	p.say("A draft of version %s is in %s. It is a copy of %s.", n.version, p.short(p.policy.source(n.version)), n.newest.Version)
	p.say("Replace the texts in brackets, change the policy below them, and run %s.", p.command("publish"))
	return nil
}
