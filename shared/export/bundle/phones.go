package bundle

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/helpdeskexpert/privacy/shared/privacy/digits"
)

var (
	phones = regexp.MustCompile(`([+＋]|00)?\(?\p{Nd}[\p{Nd}\p{Z}().\-/‐‑‒–−]{5,18}\p{Nd}`)
	dates  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`)
)

const (
	leastDigits = 7  // of a telephone number, without its area
	mostDigits  = 15 // with everything (ITU E.164)
	telling     = 9  // last digits by which two numbers are compared: country and trunk prefixes stand before them
)

// isPhone tells a phone number from a date or a short figure.
func isPhone(s string) bool {
	n := len(digitsOf(s))
	return n >= leastDigits && n <= mostDigits && !dates.MatchString(s)
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

// numbers holds the telephone numbers of third persons, as digits without leading zeros.
type numbers struct {
	ends  map[string]bool // each number, and what is left of it without its first digits, down to seven
	tails map[string]bool // the last nine digits of each, all of a shorter one
}

func (n numbers) collect(text string) {
	for _, found := range phones.FindAllString(text, -1) {
		if !isPhone(found) {
			continue
		}
		number := significant(digitsOf(found))
		n.tails[last(number, telling)] = true
		for size := leastDigits; size <= len(number); size++ {
			n.ends[last(number, size)] = true
		}
	}
}

// significant takes off the prefixes that are zeros: of another country ("00") and of another area ("0").
func significant(number string) string {
	if short := strings.TrimLeft(number, "0"); len(short) >= leastDigits {
		return short
	}
	return number
}

func last(s string, n int) string { return s[max(0, len(s)-n):] }

// same compares a number with those that are known. It is alike if the last nine digits are the same, or all of the shorter one; it is whole
// if, besides, nothing stands before them that may be another number: it is the end of a known number, or begins with a country's prefix.
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

// group is a row of digits of a text.
type group struct {
	span
	digits string
	plus   bool // a plus sign stands directly before it
	joined bool // at most three signs that are usual in telephone numbers stand between it and the group before
}

// find returns where the numbers stand in the text, however they are grouped and prefixed.
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

// start returns the group with which a known number begins that ends with another, -1 if there is none: the earliest that makes it whole, or
// the latest.
func (n numbers) start(groups []group, end int) int {
	start, number := -1, ""
	for i := end; ; i-- {
		if number = groups[i].digits + number; len(number) > mostDigits {
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

func groupsOf(text string) (groups []group) {
	gap, plus := 99, false // signs since the last digit, and whether a plus sign was the last one
	var number []byte
	from := 0
	for i, r := range text + "x" {
		value, isDigit := digits.Of(r)
		switch {
		case isDigit:
			if len(number) == 0 {
				from = i
			}
			number = append(number, value)
			continue
		case len(number) > 0:
			groups = append(groups, group{span{from, i}, string(number), plus, gap <= 3})
			number, gap = number[:0], 0
		}
		gap++
		if !strings.ContainsRune("().-/+＋−", r) && !unicode.In(r, unicode.Z, unicode.Pd) {
			gap = 99
		}
		plus = r == '+' || r == '＋'
	}
	return groups
}
