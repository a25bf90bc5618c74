// Package worddiff compares two texts word by word, for people who read what changed.
package worddiff

import (
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// Kind says what became of a part of a text.
type Kind string

// The kinds of parts. Cut stands in place of unchanged words that [Near] has left out.
const (
	Same    Kind = "same"
	Added   Kind = "added"
	Removed Kind = "removed"
	Cut     Kind = "cut"
)

// Part is a run of words with one fate. A Cut has no text.
type Part struct {
	Kind Kind
	Text string
}

// Compare returns the parts of which the two texts consist, in reading order. What was removed comes before what replaced it. The parts
// without those added give before, and the parts without those removed give after, byte for byte.
//
// The library compares runes. So each distinct word becomes a rune of its own, and the library's clean-up, which merges changes with
// little between them, merges whole words.
func Compare(before, after string) []Part {
	a := alphabet{runes: map[string]rune{}}
	differ := diffmatchpatch.New()
	differ.DiffTimeout = 0 // the same texts always give the same parts, however busy the machine is
	diffs := differ.DiffMainRunes(a.encode(before), a.encode(after), false)
	kinds := map[diffmatchpatch.Operation]Kind{diffmatchpatch.DiffEqual: Same, diffmatchpatch.DiffInsert: Added, diffmatchpatch.DiffDelete: Removed}
	var parts []Part
	for _, d := range differ.DiffCleanupSemantic(diffs) {
		parts = append(parts, Part{kinds[d.Type], a.decode(d.Text)})
	}
	return parts
}

// alphabet gives each distinct word a rune. The first is U+E000, so that no word gets one of the surrogates, which a string cannot hold.
type alphabet struct {
	runes map[string]rune
	words []string
}

const first = 0xE000

func (a *alphabet) encode(text string) []rune {
	var out []rune
	for _, word := range split(text) {
		if _, known := a.runes[word]; !known {
			a.runes[word] = rune(first + len(a.words))
			a.words = append(a.words, word)
		}
		out = append(out, a.runes[word])
	}
	return out
}

func (a *alphabet) decode(encoded string) string {
	var text strings.Builder
	for _, r := range encoded {
		text.WriteString(a.words[r-first])
	}
	return text.String()
}
