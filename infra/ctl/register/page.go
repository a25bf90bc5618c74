package register

import (
	"regexp"
	"slices"
)

// Line is a row as a page shows it.
type Line struct {
	Kind, ID, Text, Where string
	Shown                 string // the tests, as Write lists them
	Result                string
}

// Page is a page that Write wrote earlier.
type Page []Line

// written matches the heading of a part, "## Promises", and a row.
var written = regexp.MustCompile(`(?m)^(?:## (\w+)s|\| ([A-Z]\d\d) \| (.*) \| (.*) \| (.*) \| (.*) \|)$`)

// ReadPage reads a page that Write wrote. It ignores everything but the rows.
func ReadPage(text string) Page {
	var page Page
	kind := ""
	for _, m := range written.FindAllStringSubmatch(text, -1) {
		if m[1] != "" {
			kind = m[1]
			continue
		}
		page = append(page, Line{kind, m[2], m[3], m[4], m[5], m[6]})
	}
	return page
}

// line finds the line of a row; a promise and a fault may have the same number.
func (p Page) line(r Row) Line {
	if i := slices.IndexFunc(p, func(l Line) bool { return l.Kind == r.Kind && l.ID == r.ID }); i >= 0 {
		return p[i]
	}
	return Line{}
}
