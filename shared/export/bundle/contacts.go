package bundle

import (
	"regexp"
	"strings"
	"sync"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// emails matches addresses: local part, at sign (also encoded as in links), domain. Like phones, it is compiled when it is first used: that
// takes 150 KiB, too much for each start of the function export.
var emails = compiled(`([^\s@＠<>(),;:"'\[\]]+)(?:@|＠|%40)([\pL\pM\pN_-]+(?:[.。．｡][\pL\pM\pN_-]+)*[.。．｡][\pL\pM\pN_-]+[\pL\pM\pN])`)

func compiled(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// The longest local part and the longest domain in bytes (RFC 5321). Of a longer text before or after an at sign, only so much is read.
const (
	longestLocal  = 64
	longestDomain = 255
)

// addresses is the set of e-mail addresses of third persons, normalised.
type addresses map[string]bool

func (a addresses) collect(text string) {
	for _, at := range emails().FindAllStringSubmatchIndex(text, -1) {
		local := strings.TrimLeftFunc(text[at[2]:at[3]], func(r rune) bool { return !inWord(r) }) // such as the asterisks of text in bold
		a[normalLocal(local)+"@"+normalDomain(text[at[4]:at[5]])] = true
	}
}

// find returns where addresses of the set occur in the text, in any case and with the domain in any script.
func (a addresses) find(text string) (found []span) {
	if len(a) == 0 {
		return nil
	}
	for _, at := range emails().FindAllStringSubmatchIndex(text, -1) {
		if one, ok := a.within(text, at); ok {
			found = append(found, one)
		}
	}
	return found
}

// within looks for an address of the set inside a match. Other characters may precede it, such as the underscore of text in italics,
// and a sentence may continue after it without a space.
func (a addresses) within(text string, at []int) (span, bool) {
	for end := min(at[5], at[4]+longestDomain); end > at[4]; end = at[4] + max(0, strings.LastIndexAny(text[at[4]:end], ".。．｡")) {
		domain := "@" + normalDomain(text[at[4]:end])
		begins, word := true, false
		for i, r := range text[at[2]:at[3]] {
			start := at[2] + i
			if begins && (i == 0 || at[3]-start <= longestLocal) && a[normalLocal(text[start:at[3]])+domain] {
				return span{start, end}, true
			}
			word = word || inWord(r)
			begins = !inWord(r) && (!word || !strings.ContainsRune("._+-", r))
		}
	}
	return span{}, false
}

func normalLocal(s string) string { return strings.Map(lowerASCII, norm.NFKC.String(s)) }

// normalDomain returns the domain in ASCII by IDNA, or in lower case if IDNA does not accept it.
func normalDomain(s string) string {
	ascii, err := idna.Lookup.ToASCII(norm.NFC.String(s))
	if err != nil {
		return strings.ToLower(s)
	}
	return strings.Map(lowerASCII, ascii)
}

func lowerASCII(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r - 'A' + 'a'
	}
	return r
}
