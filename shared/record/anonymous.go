package record

import (
	"html"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/helpdeskexpert/privacy/shared/privacy/digits"
)

// Identifying reports whether s contains something that could belong to one person: an e-mail address, an IP address, a telephone number or
// another number of seven digits or more, a UUID, or a word that looks like a token. Counts of visits must not contain any of these
// (promises B02, F05; threat T29). A name looks like any other word, so a rare value also needs a smallest count.
func Identifying(s string) bool {
	s = plain(s)
	return holdsMail(s) || holdsIP(s) || holdsNumber(s) || holdsToken(s)
}

// plain undoes the ways of writing that hide what a text says: percent-encoding and HTML entities, even repeated, characters
// that cannot be seen, full-width letters, digits of other scripts, and other dashes and spaces than those of ASCII.
func plain(s string) string {
	for range 10 { // nobody encodes more often by mistake
		before := s
		if s = html.UnescapeString(encoded.ReplaceAllStringFunc(s, decode)); s == before {
			break
		}
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.Is(unicode.Pd, r), r == '−':
			return '-'
		case unicode.IsSpace(r):
			return ' '
		case r == '。', r == '·', r == '•', r == '․':
			return '.'
		}
		if digit, ok := digits.Of(r); ok {
			return rune(digit)
		}
		return r
	}, norm.NFKC.String(s))
}

var encoded = regexp.MustCompile(`(%[0-9A-Fa-f]{2})+`)

// decode returns the bytes of a percent-encoded text.
func decode(s string) string {
	var b strings.Builder
	for i := 1; i < len(s); i += 3 {
		n, _ := strconv.ParseUint(s[i:i+2], 16, 8)
		b.WriteByte(byte(n))
	}
	return b.String()
}

var spelledAt = regexp.MustCompile(`(?i)[(\[{<]\s*at\s*[)\]}>]|\S at \S+ dot (com|net|org|info|[a-z]{2})\b`)

// holdsMail reports whether s holds an e-mail address, or the @ before somebody's name.
func holdsMail(s string) bool { return strings.Contains(s, "@") || spelledAt.MatchString(s) }

var (
	colons = regexp.MustCompile(`[0-9A-Za-z]*:[0-9A-Za-z:]*`)
	dashes = regexp.MustCompile(`[0-9A-Fa-f]+(-+[0-9A-Fa-f]+)+`)
	groups = regexp.MustCompile(`[0-9]+(?:[._-][0-9]+){3,}`)
	zeros  = []string{"0", "0", "0"}
)

// holdsIP reports whether s holds an IP address, also in the form of a host name, as in 203-0-113-77.example.net and
// 2001-db8--77.example.net. The form N.0.0.0 is allowed, because browsers write their versions that way and no host has such an address.
func holdsIP(s string) bool {
	for _, word := range slices.Concat(colons.FindAllString(s, -1), dashes.FindAllString(s, -1)) {
		word = strings.ReplaceAll(word, "-", ":")
		if word == "::" { // a sign in programming languages; no host has this address
			continue
		}
		_, err := netip.ParseAddr(word)
		_, trimmedErr := netip.ParseAddr(strings.TrimSuffix(word, ":")) // a colon after the address, as in a sentence
		if err == nil || trimmedErr == nil {
			return true
		}
	}
	for _, found := range groups.FindAllString(s, -1) {
		parts := strings.FieldsFunc(found, notDigit)
		for i := range len(parts) - 3 {
			four := parts[i : i+4]
			if !slices.ContainsFunc(four, aboveByte) && !slices.Equal(four[1:], zeros) {
				return true
			}
		}
	}
	return false
}

func aboveByte(digits string) bool {
	n, err := strconv.Atoi(digits)
	return err != nil || n > 255
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

const longNumber = 7 // digits of the shortest telephone numbers

var numbers = regexp.MustCompile(`[0-9](?:[ .()/_+-]{0,3}[0-9])*`)

// holdsNumber reports whether s holds a telephone number or another number that is long enough for one. A short number next to a year, as in
// a date or the name of a law, does not count. Neither does a list of years, or a round number in groups such as 1.000.000.
func holdsNumber(s string) bool {
	for _, found := range numbers.FindAllString(s, -1) {
		parts := strings.FieldsFunc(found, notDigit)
		digits := len(strings.Join(parts, ""))
		if len(parts) > 1 && (year(parts[0]) || year(parts[len(parts)-1])) && digits < 10 {
			continue
		}
		if all(parts, year) || len(parts) > 1 && len(parts[0]) <= 3 && all(parts[1:], thousand) {
			continue
		}
		if digits >= longNumber {
			return true
		}
	}
	return false
}

func year(digits string) bool {
	return len(digits) == 4 && (strings.HasPrefix(digits, "19") || strings.HasPrefix(digits, "20"))
}

func thousand(digits string) bool { return digits == "000" }

func all(parts []string, is func(string) bool) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !is(part) })
}

var (
	uuids = regexp.MustCompile(`(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	words = regexp.MustCompile(`[0-9A-Za-z]{6,}`)
)

// holdsToken reports whether s holds a UUID, or a word that looks random because letters and digits, or small and capital letters, change
// often in it. Words that are joined by capitals (JavaScriptObject) or end with a number do not count.
func holdsToken(s string) bool {
	return uuids.MatchString(s) || slices.ContainsFunc(words.FindAllString(s, -1), random)
}

func random(word string) bool {
	mixed, capitals, small := 0, 0, 0 // small counts the small letters in a row so far
	for i := range len(word) {
		r := rune(word[i])
		if i > 0 && notDigit(rune(word[i-1])) != notDigit(r) {
			mixed++
		}
		if unicode.IsLower(r) {
			small++
			continue
		}
		if unicode.IsUpper(r) && small > 0 && small < 3 {
			capitals++
		}
		small = 0
	}
	return mixed >= 4 || mixed >= 3 && len(word) >= 8 || mixed >= 2 && len(word) >= 16 || capitals >= 3 && len(word) >= 16
}
