package main

import (
	"fmt"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// wordings are the sentences that an example turns into one another. They say the same about the service, so no example promises anything new.
// They need no quotation marks in YAML.
var wordings = []string{
	"We tell registered account holders about significant changes by email.",
	"We email registered account holders about significant changes and say from when each change applies.",
}

// example writes a next version in which one sentence has changed, for somebody who wants to see letters. It returns the version's name.
func (p *publisher) example() (version string, err error) {
	n, err := p.next()
	if err != nil {
		return "", err
	}
	old, now, ok := edit(n.source).replace("changes", wordings...)
	if !ok {
		return "", sentence("%s does not contain the sentence that the example changes. Write a version of your own: %s", p.short(p.policy.source(n.newest.Version)), p.command("draft"))
	}
	e := n.head(n.version, "This is an example, published on one machine to show how people are told about a change. One sentence about emails is worded differently.",
		policy.Change{Title: "How we tell you about changes",
			Text: fmt.Sprintf("The policy said: “%s” It now says: “%s” What we do stays the same, and you need not do anything.", old, now)})
	e.replace("changes", old, now)
	e.comment("version", "An example, made from "+n.newest.Version+" by make publish EXAMPLE=true. Do not deploy it.")
	if err := p.write(n, e); err != nil {
		return "", err
	}
	p.say("%s", n.sentence)
	return n.version, nil
}
