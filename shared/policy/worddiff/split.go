package worddiff

import (
	"strings"
	"unicode"
)

const (
	opening = `([{“‘"'`
	closing = `.,;:!?)]}”’"'`
)

// split returns the words of a text, the runs of space between them, and the punctuation around them, each on its own. Together they are
// the text. Punctuation inside a word belongs to it, so that an address, a path and "don't" are one word each.
func split(text string) []string {
	var words []string
	for text != "" {
		space := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsSpace(r) })
		if space < 0 {
			space = len(text)
		}
		if space > 0 {
			words, text = append(words, text[:space]), text[space:]
			continue
		}
		end := strings.IndexFunc(text, unicode.IsSpace)
		if end < 0 {
			end = len(text)
		}
		words, text = append(words, chunk(text[:end])...), text[end:]
	}
	return words
}

// chunk splits what stands between two spaces.
func chunk(text string) []string {
	word := strings.TrimLeft(text, opening)
	words := strings.Split(text[:len(text)-len(word)], "")
	bare := strings.TrimRight(word, closing)
	if bare != "" {
		words = append(words, bare)
	}
	return append(words, strings.Split(word[len(bare):], "")...)
}
