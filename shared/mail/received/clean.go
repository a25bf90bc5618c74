package received

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxBlank is how many empty lines may follow each other in a text.
const maxBlank = 2

// clean makes a text fit to be shown and stored: valid UTF-8, lines that end in "\n", and no character that is not seen. Such a character
// could hide a word from the reader, turn the order of a line around, or write into a log or a terminal (threat T15).
func clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n", "\v", "\n", "\f", "\n", "\u00a0", " ").Replace(s)
	s = strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, s)
	var out strings.Builder
	empty := 0
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimRightFunc(line, blank)
		if line == "" {
			empty++
			continue
		}
		if out.Len() > 0 {
			out.WriteString(strings.Repeat("\n", 1+min(empty, maxBlank)))
		}
		out.WriteString(line)
		empty = 0
	}
	return out.String()
}

// invisible reports whether nobody sees r: control characters, characters without width (also in the middle of a letter or an emoji), and
// those that set the direction of writing. Arabic number signs belong to the same category of Unicode, but are seen.
func invisible(r rune) bool {
	if r < ' ' {
		return r != '\n' && r != '\t'
	}
	return r > '~' && (unicode.IsControl(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) ||
		unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r))
}

// binary reports whether a text is none: one of twenty characters, or more, belongs neither into a text nor into the commands of a terminal.
func binary(s string) bool {
	odd, all := 0, 0
	for _, r := range s {
		all++
		if r < ' ' && !strings.ContainsRune("\t\n\v\f\r\x1b", r) {
			odd++
		}
	}
	return odd*20 >= all && odd > 0
}

func blank(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Z, r) }

// fit cuts a text after at most n bytes, between two characters.
func fit(s string, n int) (string, bool) {
	if len(s) <= n {
		return s, false
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.TrimRightFunc(s[:n], blank), true
}
