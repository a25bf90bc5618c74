package policy

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Analytics says what a count of visits may contain, so that no count points at a person (promises B02, F05; threat T29).
type Analytics struct {
	SmallestCount int      `json:"smallestCount"` // the fewest visits with which a rare value is stored: a search term, a page that a wildcard matches, an unlisted referrer
	Pages         []string `json:"pages"`         // paths, such as "/pricing"; a segment "*" stands for any one segment, a last segment "**" for one or more
	Referrers     []string `json:"referrers"`     // hosts, with all their subdomains; "google.*" stands for the country domains of a name
	Browsers      []string `json:"browsers"`      // names; a record may add a version
	Devices       []string `json:"devices"`       // kinds of device
}

// Page reports whether the policy declares a page by its decoded path. The page is rare if only a pattern with a wildcard matches
// it, because then the path contains words that the policy does not know.
func (a Analytics) Page(path string) (declared, rare bool) {
	parts, ok := pathParts(path)
	if !ok {
		return false, false
	}
	for _, page := range a.Pages {
		pattern, ok := pathParts(page)
		if !ok || !covers(pattern, parts) {
			continue
		}
		if !wild(pattern) {
			return true, false
		}
		declared = true
	}
	return declared, declared
}

// Referrer returns the listed host to which a host belongs. It drops the subdomain, which could name somebody. The given host must
// be in lower case. Referrer returns false for a host that is not listed.
func (a Analytics) Referrer(host string) (listed string, ok bool) {
	for _, entry := range a.Referrers {
		if name, countries := strings.CutSuffix(entry, ".*"); countries {
			labels := strings.Split(host, ".")
			for i, label := range labels {
				if label == name && ofCountry(labels[i+1:]) {
					return strings.Join(labels[i:], "."), true
				}
			}
		} else if host == entry || strings.HasSuffix(host, "."+entry) {
			return entry, true
		}
	}
	return "", false
}

// Browser returns the listed browser, with the major version if there is one. The rest of a version is so rare that it helps to
// tell people apart. Browser returns false for a browser that is not listed, and if anything but a version follows the name.
func (a Analytics) Browser(s string) (browser string, ok bool) {
	for _, name := range a.Browsers {
		if s == name {
			return name, true
		}
		if version, found := strings.CutPrefix(s, name+" "); found {
			if major, ok := majorVersion(version); ok {
				return name + " " + major, true
			}
		}
	}
	return "", false
}

// pathParts returns the segments of a path, none for "/". It returns false for a text that is not a path in its shortest form: one
// with a host, a query or a fragment, with empty segments or "..", or with encoded characters.
func pathParts(path string) (parts []string, ok bool) {
	if path == "/" {
		return nil, true
	}
	rest, ok := strings.CutPrefix(path, "/")
	if !ok || strings.ContainsAny(path, `?#;%\`) || strings.ContainsFunc(path, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }) {
		return nil, false
	}
	parts = strings.Split(rest, "/")
	return parts, !slices.Contains(parts, "") && !slices.Contains(parts, ".") && !slices.Contains(parts, "..")
}

func wild(pattern []string) bool {
	return slices.Contains(pattern, "*") || slices.Contains(pattern, "**")
}

// covers reports whether a path matches a pattern.
func covers(pattern, path []string) bool {
	for i, part := range pattern {
		if part == "**" {
			return i < len(path)
		}
		if i == len(path) || part != "*" && part != path[i] {
			return false
		}
	}
	return len(pattern) == len(path)
}

// ofCountry reports whether labels are the part after the name in a country domain: com, de, co.uk, com.br.
func ofCountry(labels []string) bool {
	commercial := func(label string) bool { return label == "com" || label == "co" }
	country := func(label string) bool { return len(label) == 2 && onlyBetween(label, 'a', 'z') }
	switch len(labels) {
	case 1:
		return labels[0] == "com" || country(labels[0])
	case 2:
		return commercial(labels[0]) && country(labels[1])
	default:
		return false
	}
}

// majorVersion returns the first number of a version: "131" for "131.0.6778.86".
func majorVersion(version string) (major string, ok bool) {
	numbers := strings.Split(version, ".")
	for _, n := range numbers {
		if n == "" || len(n) > 5 || !onlyBetween(n, '0', '9') {
			return "", false
		}
	}
	return numbers[0], len(numbers) <= 4 && len(numbers[0]) <= 3 && numbers[0][0] != '0'
}

func onlyBetween(s string, low, high rune) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < low || r > high })
}
