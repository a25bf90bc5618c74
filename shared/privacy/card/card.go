// Package card finds card numbers in text, so that none is stored (promise D04, threat T28).
//
// The package normalises the text as NFKC and reads its digits in the groups in which they are written. Spaces and dashes separate
// groups, also in the form in which HTML and percent-encoding write them. A colon does not, because it is part of times of day. A
// run of whole groups is a card number if it has the first digits and the length of a brand and passes the Luhn test. The text
// around the run does not matter. The package does not search inside a group, because that would refuse a third of all long numbers.
package card

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Detail is the error detail of a field that contains a card number.
const Detail = "must not contain a card number"

// Number of digits of a card number, over all brands below.
const (
	shortest = 14
	longest  = 19
)

// In reports whether s contains a full card number. It ignores other numbers if their form leaves no doubt: see [withoutOthers] and
// [chain.telephone]. The time is linear in the length of s.
func In(s string) bool {
	if len(s) < shortest {
		return false
	}
	text := norm.NFKC.String(s)
	spaced := encoded.Replace(text)
	return seen(text) || spaced != text && seen(spaced)
}

// seen reports whether a text contains a card number. Few texts reach the second check, which is the slower one.
func seen(text string) bool { return holds(text) && holds(withoutOthers(text)) }

// encoded decodes spaces and dashes as web pages and addresses encode them: "4111&nbsp;1111", "4111%201111". Somebody who encodes
// the digits too hides them on purpose, which nobody can prevent.
var encoded = strings.NewReplacer(
	"&nbsp;", " ", "&#160;", " ", "&#xa0;", " ", "&#xA0;", " ", "&#32;", " ", "&#x20;", " ", "%20", " ", "%C2%A0", " ", "%c2%a0", " ", "%09", " ", "%0A", " ", "%0a", " ",
	"&ndash;", "-", "&#8211;", "-", "&#x2013;", "-", "&#45;", "-", "%2D", "-", "%2d", "-", "&shy;", "", "&#173;", "",
)

// brands lists the ranges of the first four digits, each with the shortest and the longest number of digits. It leaves out 13
// digits for Visa, which nobody has issued for decades, and 12 and 13 digits for Maestro. With them, a tenth of the German,
// Japanese or British article barcodes (EAN-13), and of some American ones, would count as card numbers.
var brands = [...]struct{ low, high, shortest, longest int }{
	{4000, 4999, 16, 16}, {4000, 4999, 19, 19}, // Visa
	{5100, 5599, 16, 16}, {2221, 2720, 16, 16}, // Mastercard
	{3400, 3499, 15, 15}, {3700, 3799, 15, 15}, // American Express
	{6011, 6011, 16, 19}, {6440, 6599, 16, 19}, // Discover
	{3528, 3589, 16, 19},                                                                   // JCB
	{3000, 3059, 14, 19}, {3090, 3099, 14, 19}, {3600, 3699, 14, 19}, {3800, 3999, 14, 19}, // Diners Club
	{6200, 6299, 16, 19}, {8100, 8199, 16, 19}, // UnionPay
	{5018, 5018, 14, 19}, {5020, 5020, 14, 19}, {5038, 5038, 14, 19}, {5893, 5893, 14, 19}, // Maestro
	{6304, 6304, 14, 19}, {6703, 6703, 14, 19}, {6759, 6759, 14, 19}, {6761, 6763, 14, 19}, {6771, 6771, 14, 19},
	{2200, 2204, 16, 19}, // Mir
}

// lengths returns, as bits, the lengths that a card number with these first digits can have, or 0 if no card number begins with them.
func lengths(digits []byte) (bits int) {
	if len(digits) < shortest {
		return 0
	}
	lead := 0
	for _, d := range digits[:4] {
		lead = lead*10 + int(d-'0')
	}
	for _, b := range brands {
		if b.low <= lead && lead <= b.high {
			for n := b.shortest; n <= b.longest; n++ {
				bits |= 1 << n
			}
		}
	}
	return bits
}

// luhn is the check of ISO/IEC 7812-1.
func luhn(digits []byte) bool {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
