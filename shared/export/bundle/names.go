package bundle

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is a text with all letters in one case and one normal form. In the Latin, Greek and Cyrillic scripts it has no accents,
// because many people leave them out. Each rune knows the bytes of the original that it comes from: the letter with all its marks.
type folded struct {
	runes    []rune
	from, to []int
}

func fold(s string) folded {
	f := folded{make([]rune, 0, len(s)), make([]int, 0, len(s)), make([]int, 0, len(s))}
	for i := 0; i < len(s); {
		n := norm.NFD.NextBoundaryInString(s[i:], true)
		for _, r := range norm.NFD.String(s[i : i+n]) {
			if unicode.Is(unicode.Mn, r) && len(f.runes) > 0 && unicode.In(f.runes[len(f.runes)-1], unicode.Latin, unicode.Greek, unicode.Cyrillic) {
				continue // an accent
			}
			if r = foldRune(r); r == 'ß' {
				f.add('S', i, i+n)
				r = 'S'
			}
			f.add(r, i, i+n)
		}
		i += n
	}
	return f
}

func (f *folded) add(r rune, from, to int) {
	f.runes, f.from, f.to = append(f.runes, r), append(f.from, from), append(f.to, to)
}

// foldRune returns one rune for all cases of a letter, and for all characters that look like an apostrophe, a hyphen or a space.
func foldRune(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z':
		return r - 'a' + 'A'
	case r <= unicode.MaxASCII && !unicode.IsSpace(r):
		return r
	case r == 'ı':
		return 'I'
	case strings.ContainsRune("\u2018\u2019\u02bc", r):
		return '\''
	case unicode.Is(unicode.Pd, r):
		return '-'
	case unicode.IsSpace(r):
		return ' '
	}
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	if least == '\u0345' { // the iota below a letter; it is the only mark that folds to this rune
		return 'Ι'
	}
	return least
}

// nameTree is a tree of the folded names of third persons. Each path from the root to a node with ends is a name.
type nameTree struct {
	next    map[rune]*nameTree
	ends    bool
	several bool // the name has more than one letter
}

// collect adds the name, and those of its parts that can stand for the person: with three letters or more, and written like a name.
func (n *nameTree) collect(name string) {
	name = strings.TrimLeftFunc(norm.NFC.String(name), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsMark(r) }) // a leading mark belongs to the character before the name
	name = strings.TrimSpace(name)
	if named(name, 1) {
		n.add(name)
	}
	parts := strings.Fields(name)
	if len(parts) < 2 {
		return
	}
	lower := !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsLetter(r) && !unicode.IsLower(r) }) // "anna berg", not "de la Cruz"
	for _, part := range parts {
		part = strings.TrimFunc(part, func(r rune) bool { return !inWord(r) })
		if first, _ := utf8.DecodeRuneInString(part); named(part, 3) && (lower || !unicode.IsLower(first)) {
			n.add(part)
		}
	}
}

func (n *nameTree) add(name string) {
	for _, r := range fold(name).runes {
		if n.next[r] == nil {
			if n.next == nil {
				n.next = map[rune]*nameTree{}
			}
			n.next[r] = &nameTree{}
		}
		n = n.next[r]
	}
	n.ends, n.several = true, utf8.RuneCountInString(name) > 1
}

// named reports whether s can stand for a person in a text: it has letters, it has at least that many runes, and it is not a single
// ASCII letter.
func named(s string, runes int) bool {
	return strings.IndexFunc(s, unicode.IsLetter) >= 0 && utf8.RuneCountInString(s) >= runes && len(s) > 1
}

// find returns where names occur in the text as whole words, and takes the longest name at each place. It reads each word once per
// letter that the word shares with a name.
func (n *nameTree) find(text string) (found []span) {
	if n.next == nil {
		return nil
	}
	f := fold(text)
	for i := 0; i < len(f.runes); {
		length := n.longest(text, f, i)
		if length > 0 {
			found = append(found, span{f.from[i], f.to[i+length-1]})
		}
		i += max(length, 1)
	}
	return found
}

// mostMarks is the most bytes before a name in which find looks for the letter that marks there belong to.
const mostMarks = 128

// longest returns the number of runes of the longest name that starts at i, or 0 if none does.
func (n *nameTree) longest(text string, f folded, i int) int {
	if i > 0 && f.from[i-1] == f.from[i] {
		return 0
	}
	before, _ := utf8.DecodeLastRuneInString(strings.TrimRightFunc(text[max(0, f.from[i]-mostMarks):f.from[i]], unicode.IsMark))
	first, _ := utf8.DecodeRuneInString(text[f.from[i]:])
	if !free(first, before, true) {
		return 0
	}
	length := 0
	for j := i; j < len(f.runes); j++ {
		if n = n.next[f.runes[j]]; n == nil {
			break
		}
		if !n.ends || j+1 < len(f.runes) && f.from[j+1] == f.from[j] {
			continue
		}
		last, _ := utf8.DecodeRuneInString(text[f.from[j]:])
		after, _ := utf8.DecodeRuneInString(text[f.to[j]:])
		if free(first, before, n.several) && free(last, after, n.several) {
			length = j + 1 - i
		}
	}
	return length
}

// unspaced are the scripts that write words without spaces between them, or attach particles to names.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
}

// free reports whether a name can end (or begin) between its edge and the neighbouring rune. In a script without spaces, a name of
// several letters can do so anywhere.
func free(edge, neighbour rune, several bool) bool {
	return !inWord(edge) || !inWord(neighbour) || several && unicode.In(edge, unspaced...)
}

func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}
