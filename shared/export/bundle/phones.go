package bundle

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/helpdeskexpert/privacy/shared/privacy/digits"
)

var (
	phones = compiled(`([+＋]|00)?\(?\p{Nd}[\p{Nd}\p{Z}().\-/‐‑‒–−]{5,24}\p{Nd}`)
	dates  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`)
)

const (
	leastDigits = 7  // of a telephone number without its area code
	mostDigits  = 15 // of a telephone number with its country code (ITU E.164)
	mostWritten = 18 // of the same number, written with "00" before the country code and "(0)" after it
	telling     = 9  // the last digits, by which two numbers are compared; country and trunk prefixes come before them
	areaDigits  = 10 // from so many on, a number probably includes its area code, and what follows a space can be another figure
)

// isPhone distinguishes a telephone number from a date or a short figure.
func isPhone(s string) bool {
	number := strings.TrimPrefix(digitsOf(strings.Replace(s, "(0)", "", 1)), "00")
	return len(digitsOf(s)) >= leastDigits && len(number) <= mostDigits && !dates.MatchString(s)
}

func digitsOf(s string) string {
	var out []byte
	for _, r := range s {
		if value, ok := digits.Of(r); ok {
			out = append(out, value)
		}
	}
	return string(out)
}

// numbers is the set of the telephone numbers of third persons, as digits without leading zeros.
type numbers struct {
	ends  map[string]bool // each number, and what is left when its first digits are removed one by one, down to seven
	tails map[string]bool // the last nine digits of each number, or the whole of a shorter one
}

// collect adds the numbers of a text. A slash between spaces can separate two numbers or stand inside one, so collect reads the text both ways.
func (n numbers) collect(text string) {
	for _, part := range append(strings.Split(text, " / "), text) {
		for _, found := range phones().FindAllString(part, -1) {
			if isPhone(found) {
				n.add(found)
			}
		}
	}
}

// add adds a number. Other figures can follow it, such as the hours of a hotline. So add also reads it without its last groups.
func (n numbers) add(found string) {
	if space := strings.LastIndexFunc(found, unicode.IsSpace); space > 0 && len(digitsOf(found[:space])) >= areaDigits {
		n.add(found[:space])
	}
	number := significant(digitsOf(found))
	n.tails[last(number, telling)] = true
	for size := leastDigits; size <= len(number); size++ {
		n.ends[last(number, size)] = true
	}
}

// significant removes the leading zeros, which are prefixes: "00" for another country, "0" for another area.
func significant(number string) string {
	if short := strings.TrimLeft(number, "0"); len(short) >= leastDigits {
		return short
	}
	return number
}

func last(s string, n int) string { return s[max(0, len(s)-n):] }

// same compares a number with the known ones. The number is alike if its last nine digits are those of a known number, or all
// digits of the shorter of the two. It is also whole if the digits before these cannot be another number: it is the end of a known
// number, or begins with a country prefix.
func (n numbers) same(number string, international bool) (alike, whole bool) {
	number = significant(number)
	if len(number) < leastDigits {
		return false, false
	}
	whole = n.ends[number]
	alike = whole
	for size := leastDigits; size <= min(telling, len(number)); size++ {
		alike = alike || n.tails[last(number, size)]
	}
	return alike, whole || alike && international
}

// find returns where the numbers occur in the text, with any grouping and any prefix.
func (n numbers) find(text string) (found []span) {
	if len(n.ends) == 0 {
		return nil
	}
	groups := groupsOf(text)
	for end := range groups {
		start := n.start(groups, end)
		if start < 0 {
			continue
		}
		one := span{groups[start].from, groups[end].to}
		before, size := utf8.DecodeLastRuneInString(text[:one.from])
		if groups[start].plus || before == '(' && strings.Contains(text[one.from:one.to], ")") {
			one.from -= size
		}
		found = append(found, one)
	}
	return found
}

// start returns the first group of a known number that ends with the group end, or -1 if there is none. It prefers the earliest
// group that makes the number whole, and takes the latest if none does.
func (n numbers) start(groups []group, end int) int {
	start, number := -1, ""
	for i := end; ; i-- {
		if number = groups[i].digits + number; len(number) > mostWritten {
			return start
		}
		alike, whole := n.same(number, groups[i].plus || strings.HasPrefix(number, "00"))
		if whole || alike && start < 0 {
			start = i
		}
		if !groups[i].joined || groups[i].plus {
			return start
		}
	}
}
