package policy

import (
	"slices"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// judged lists the members of a count of visits that may be free text, because the section on analytics says what they may contain.
var judged = [...]string{"page", "browser", "device", "referrerHost", "searchTerm"}

// analytics demands rules under which a count of visits points at nobody (promises B02, F05; threat T29).
func (c *checker) analytics(p *Policy) {
	a := p.Analytics
	c.refuse(a.SmallestCount >= 2, "one visit points at one person (promise F05)", "/analytics/smallestCount")
	for _, x := range []struct {
		member string
		list   []string
	}{{"pages", a.Pages}, {"referrers", a.Referrers}, {"browsers", a.Browsers}, {"devices", a.Devices}} {
		c.refuse(len(x.list) > 0, "a count could say nothing here (promise B02)", "/analytics/%s", x.member)
	}
	for i, page := range a.Pages {
		c.refuse(pagePattern(page), "a pattern is a path that begins with a known part; * stands for one part, ** for the last ones (promise F05)", "/analytics/pages/%d", i)
		c.refuse(!slices.ContainsFunc(a.Pages[:i], func(other string) bool { return samePages(page, other) }), "another pattern covers the same pages", "/analytics/pages/%d", i)
	}
	for i, host := range a.Referrers {
		c.refuse(referrerPattern(host), "a referrer is a host in small letters, or a name before .* (promise F05)", "/analytics/referrers/%d", i)
		c.refuse(!slices.ContainsFunc(a.Referrers[:i], func(other string) bool { return sameHosts(host, other) }), "another referrer covers the same hosts", "/analytics/referrers/%d", i)
	}
	c.names(a.Browsers, "browsers")
	c.names(a.Devices, "devices")
	for i, x := range p.Categories {
		for j, f := range x.Fields {
			free := f.Type == "list" || f.Type == "objects" || f.Type == "string" && len(f.Enum) == 0
			known := x.ID == privacy.Analytics && f.Type == "string" && slices.Contains(judged[:], f.Name)
			c.refuse(x.ID.HasSubject() || !free || known, "free text in counts could point at a person (promise F05)", "/categories/%d/fields/%d", i, j)
		}
	}
}

// names demands names that consist of letters and appear once, so that nothing else can be written in their place.
func (c *checker) names(list []string, member string) {
	for i, name := range list {
		words := strings.Split(name, " ")
		bad := slices.ContainsFunc(words, func(w string) bool { return w == "" || !onlyBetween(strings.ToLower(w), 'a', 'z') })
		c.refuse(!bad, "a name is made of letters (promise F05)", "/analytics/%s/%d", member, i)
		c.refuse(!slices.Contains(list[:i], name), "this appears twice", "/analytics/%s/%d", member, i)
	}
}

// pagePattern reports whether a page is a path whose first segment is fixed and whose wildcards are whole segments.
func pagePattern(page string) bool {
	parts, ok := pathParts(page)
	for i, part := range parts {
		switch {
		case part == "*" && i > 0, part == "**" && i > 0 && i == len(parts)-1:
		case strings.ContainsAny(part, "*@"):
			return false
		}
	}
	return ok
}

// samePages reports whether one of two patterns is superfluous: they are equal, or both have a wildcard and one page matches both.
// A page without a wildcard that a wildcard also matches is not superfluous, because it needs no smallest count.
func samePages(a, b string) bool {
	if a == b {
		return true
	}
	one, _ := pathParts(a)
	other, _ := pathParts(b)
	if !wild(one) || !wild(other) {
		return false
	}
	for i := range min(len(one), len(other)) {
		if one[i] == "**" || other[i] == "**" {
			return true
		}
		if one[i] != other[i] && one[i] != "*" && other[i] != "*" {
			return false
		}
	}
	return len(one) == len(other)
}

// referrerPattern reports whether an entry is a host of at least two labels, or a name followed by ".*".
func referrerPattern(entry string) bool {
	labels := strings.Split(strings.TrimSuffix(entry, ".*"), ".")
	for _, label := range labels {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, func(r rune) bool { return r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
			return false
		}
	}
	return (len(labels) == 1) == strings.HasSuffix(entry, ".*")
}

// sameHosts reports whether one entry covers a host of the other.
func sameHosts(a, b string) bool {
	example := func(entry string) string { return strings.Replace(entry, ".*", ".com", 1) }
	_, first := Analytics{Referrers: []string{a}}.Referrer(example(b))
	_, second := Analytics{Referrers: []string{b}}.Referrer(example(a))
	return first || second
}
