package record

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// HoldsCard reports whether s holds a full card number (promise D04): a maximal run of 13 to 19 digits, with single
// spaces or hyphens inside, that touches no letter, digit or hyphen, passes the Luhn test and lies in the range of an
// issuer. A value that is as a whole a telephone number in international form (`+` and at most 15 digits, ITU E.164) is
// none: one German mobile number in ten would pass for a card otherwise.
func HoldsCard(s string) bool {
	for i := 0; i < len(s); {
		if !isDigit(s[i]) {
			i++
			continue
		}
		end, digits := run(s, i)
		if cardNumber(digits) && !touched(s, i, end) && !telephone(s, i, end, digits) {
			return true
		}
		i = end
	}
	return false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// run returns the end of the maximal run of digits that starts at i, and its digits.
func run(s string, i int) (end int, digits string) {
	var b strings.Builder
	for end = i; end < len(s); {
		switch {
		case isDigit(s[end]):
			b.WriteByte(s[end])
			end++
		case (s[end] == ' ' || s[end] == '-') && end+1 < len(s) && isDigit(s[end+1]):
			end++
		default:
			return end, b.String()
		}
	}
	return end, b.String()
}

// touched reports whether a letter, a digit of any script or a hyphen stands directly beside s[start:end].
func touched(s string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:start])
	after, _ := utf8.DecodeRuneInString(s[end:])
	sticks := func(r rune) bool {
		return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-')
	}
	return sticks(before) || sticks(after)
}

func telephone(s string, start, end int, digits string) bool {
	return start == 1 && end == len(s) && s[0] == '+' && len(digits) <= 15
}

func cardNumber(digits string) bool {
	return 13 <= len(digits) && len(digits) <= 19 && inIssuerRange(digits) && luhn(digits)
}

// issuerRanges are the leading digits of Visa, Mastercard, American Express, Discover, JCB, Diners Club and UnionPay.
var issuerRanges = [...]struct{ low, high string }{
	{"4", "4"},                     // Visa
	{"51", "55"}, {"2221", "2720"}, // Mastercard
	{"34", "34"}, {"37", "37"}, // American Express
	{"6011", "6011"}, {"644", "649"}, {"65", "65"}, // Discover
	{"3528", "3589"},                                           // JCB
	{"300", "305"}, {"309", "309"}, {"36", "36"}, {"38", "39"}, // Diners Club
	{"62", "62"}, {"81", "81"}, // UnionPay
}

func inIssuerRange(digits string) bool {
	for _, r := range issuerRanges {
		if lead := digits[:len(r.low)]; r.low <= lead && lead <= r.high {
			return true
		}
	}
	return false
}

// luhn is the check of ISO/IEC 7812-1.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d, _ := strconv.Atoi(digits[len(digits)-1-i : len(digits)-i])
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
