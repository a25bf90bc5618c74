package main

import (
	"fmt"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/worddiff"
)

// near is how many unchanged words stand on each side of a change.
const near = 8

// changes says for a reviewer what publishing the newest version does: what it says about itself, and everything in which it differs from the
// version before it.
func (e edition) changes() string {
	p := e.policies[0]
	var b strings.Builder
	fmt.Fprintf(&b, "Version %s (%s, decided by %s), published %s, in force from %s.\n", p.Version, p.Kind, p.Author, p.LastUpdated, p.EffectiveFrom)
	fmt.Fprintf(&b, "  %s\n", p.Summary)
	for _, c := range p.WhatChanged {
		fmt.Fprintf(&b, "  - %s: %s\n", c.Title, c.Text)
	}
	if p.AnnounceAt != "" {
		fmt.Fprintf(&b, "  Notices start at %s.\n", p.AnnounceAt)
	}
	if len(e.policies) == 1 {
		b.WriteString("It is the first version.\n")
		return b.String()
	}
	found := policy.Differences(e.policies[1], p)
	if len(found) == 0 {
		fmt.Fprintf(&b, "It says the same as version %s.\n", e.policies[1].Version)
		return b.String()
	}
	fmt.Fprintf(&b, "Changes since version %s. [-Words-] like these were removed, {+words+} like these are new:\n", e.policies[1].Version)
	section := ""
	for _, d := range found {
		if d.Names[0] != section {
			section = d.Names[0]
			fmt.Fprintf(&b, "%s\n", section)
		}
		fmt.Fprintf(&b, "  %s %s\n", marks[d.Fate], sentence(d))
	}
	return b.String()
}

var marks = map[policy.Fate]string{policy.Added: "+", policy.Removed: "-", policy.Changed: "~", policy.Moved: "~"}

// sentence says what became of a member: its way below the section, and its old and new words.
func sentence(d policy.Difference) string {
	where := strings.Join(d.Names[1:], " / ")
	var said string
	switch d.Fate {
	case policy.Added:
		said = d.After
	case policy.Removed:
		said = d.Before
	case policy.Moved:
		said = "in another order, now " + d.After
	default:
		if said = d.Before + " → " + d.After; strings.Contains(d.Before, " ") || strings.Contains(d.After, " ") {
			said = words(worddiff.Near(worddiff.Compare(d.Before, d.After), near))
		}
	}
	switch {
	case where == "":
		return said
	case strings.Contains(said, "\n"): // a whole entry: its members stand below its name
		return where + "\n      " + strings.ReplaceAll(said, "\n", "\n      ")
	default:
		return where + ": " + said
	}
}

// words shows which words changed, in the way of git diff --word-diff.
func words(parts []worddiff.Part) string {
	var b strings.Builder
	for _, p := range parts {
		switch p.Kind {
		case worddiff.Added:
			b.WriteString("{+" + p.Text + "+}")
		case worddiff.Removed:
			b.WriteString("[-" + p.Text + "-]")
		case worddiff.Cut:
			b.WriteString("…")
		default:
			b.WriteString(p.Text)
		}
	}
	return b.String()
}
