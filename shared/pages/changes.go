package pages

import (
	"slices"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/worddiff"
)

// near is how many unchanged words a page shows on each side of a change.
const near = 12

// difference is what distinguishes a version from another for a reader.
type difference struct {
	Sections  []changedSection
	Unchanged []section // those in which nothing changed
}

// changedSection is a section in which something changed.
type changedSection struct {
	ID, Title string
	Entries   []changedEntry // those that changed
	Same      int            // how many others did not
}

// changedEntry is an entry that was added, removed or changed.
type changedEntry struct {
	What  string // added, removed or changed
	Title []worddiff.Part
	Lines []changedLine
}

// changedLine is a line that changed or, in an entry that was added or removed, any line.
type changedLine struct {
	Label string
	Parts []worddiff.Part
}

// compare returns the difference of two versions, in the order of the newer.
func compare(before, after *policy.Policy) difference {
	var d difference
	old := outline(before)
	for i, s := range outline(after) { // both have the same sections
		if c := compareSections(old[i], s); len(c.Entries) > 0 {
			d.Sections = append(d.Sections, c)
		} else {
			d.Unchanged = append(d.Unchanged, s)
		}
	}
	return d
}

// compareSections matches the entries by their ids, or else by their titles. What was removed comes last.
func compareSections(before, after section) changedSection {
	c := changedSection{ID: after.ID, Title: after.Title}
	left := slices.Clone(before.Entries)
	for _, e := range after.Entries {
		i := slices.IndexFunc(left, func(x entry) bool { return x.ID == e.ID })
		if i < 0 {
			i = slices.IndexFunc(left, func(x entry) bool { return x.Title == e.Title && !has(after, x.ID) })
		}
		if i < 0 {
			c.Entries = append(c.Entries, whole(e, "added", worddiff.Added))
			continue
		}
		if changed, is := compareEntries(left[i], e); is {
			c.Entries = append(c.Entries, changed)
		} else {
			c.Same++
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, e := range left {
		c.Entries = append(c.Entries, whole(e, "removed", worddiff.Removed))
	}
	return c
}

func has(s section, id string) bool {
	return slices.ContainsFunc(s.Entries, func(e entry) bool { return e.ID == id })
}

// whole returns an entry that only one of the versions has.
func whole(e entry, what string, kind worddiff.Kind) changedEntry {
	c := changedEntry{What: what, Title: []worddiff.Part{{Kind: kind, Text: e.Title}}}
	for _, l := range e.Lines {
		if l.Text != "" {
			c.Lines = append(c.Lines, changedLine{l.Label, []worddiff.Part{{Kind: kind, Text: l.Text}}})
		}
	}
	return c
}

// compareEntries returns the lines that differ. It returns false if the two entries say the same.
func compareEntries(before, after entry) (changedEntry, bool) {
	c := changedEntry{What: "changed", Title: worddiff.Compare(before.Title, after.Title)}
	for _, pair := range pairs(before.Lines, after.Lines) {
		if pair[0].Text != pair[1].Text {
			parts := worddiff.Near(worddiff.Compare(pair[0].Text, pair[1].Text), near)
			c.Lines = append(c.Lines, changedLine{pair[1].Label, parts})
		}
	}
	return c, before.Title != after.Title || len(c.Lines) > 0
}

// pairs returns the lines of two entries side by side. Lines match by their label, those with the same label in their order. A line that only one of the
// entries has stands beside an empty one.
func pairs(before, after []line) [][2]line {
	var all [][2]line
	left := slices.Clone(before)
	for _, l := range after {
		i := slices.IndexFunc(left, func(x line) bool { return x.Label == l.Label })
		if i < 0 {
			all = append(all, [2]line{{}, l})
			continue
		}
		all = append(all, [2]line{left[i], l})
		left = slices.Delete(left, i, i+1)
	}
	for _, l := range left {
		all = append(all, [2]line{l, {Label: l.Label}})
	}
	return all
}
