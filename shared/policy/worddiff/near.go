package worddiff

import (
	"strings"
	"unicode"
)

// Near leaves out the unchanged words that are far from every change. It keeps the given number of words on each side of a change. It
// leaves a run of unchanged words whole if fewer words than that would go.
func Near(parts []Part, words int) []Part {
	var out []Part
	for i, p := range parts {
		if p.Kind != Same {
			out = append(out, p)
			continue
		}
		head, tail := words, words
		if i == 0 {
			head = 0
		}
		if i == len(parts)-1 {
			tail = 0
		}
		out = append(out, shorten(p.Text, head, tail, words)...)
	}
	return out
}

// shorten returns the first and the last words of an unchanged text, with a Cut for those between, if at least the given number go.
func shorten(text string, head, tail, least int) []Part {
	all := split(text)
	starts := make([]int, 0, len(all)) // the words proper, which Near counts
	for i, word := range all {
		if strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
			starts = append(starts, i)
		}
	}
	if len(starts)-head-tail < max(least, 1) {
		return []Part{{Same, text}}
	}
	var parts []Part
	if head > 0 {
		parts = append(parts, Part{Same, strings.Join(all[:starts[head]], "")})
	}
	parts = append(parts, Part{Kind: Cut})
	if tail > 0 {
		parts = append(parts, Part{Same, strings.Join(all[starts[len(starts)-tail]:], "")})
	}
	return parts
}
