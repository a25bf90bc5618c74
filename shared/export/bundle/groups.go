package bundle

import (
	"strings"
	"unicode"

	"github.com/helpdeskexpert/privacy/shared/privacy/digits"
)

// group is a row of digits in a text.
type group struct {
	span
	digits string
	plus   bool // a plus sign directly precedes it
	joined bool // at most three characters that are usual in telephone numbers separate it from the previous group
}

// groupsOf returns all rows of digits in a text, in any script.
func groupsOf(text string) (groups []group) {
	gap, plus := 99, false // other characters since the last digit, and whether the last one was a plus sign
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
