package card

import (
	"strings"
	"unicode"

	"github.com/helpdeskexpert/privacy/shared/privacy/digits"
)

const (
	widestGap    = 4  // characters between two groups of one number, such as the three of " - "
	longestPhone = 15 // digits of a telephone number in international form (ITU E.164)
)

// chain is a row of groups of digits that only usual separators divide.
type chain struct {
	digits []byte // in ASCII
	ends   []int  // for each group, the index in digits where it ends
	plus   bool   // a plus sign stands directly before the first group
}

// holds reports whether a chain of the text contains a card number.
func holds(text string) bool {
	var c chain
	gap, plus := widestGap+1, false // separators since the last digit, and whether a plus sign was the last character
	for _, r := range text {
		value, isDigit := digits.Of(r)
		switch {
		case isDigit && gap > widestGap:
			if c.holds() {
				return true
			}
			c = chain{append(c.digits[:0], value), c.ends[:0], plus}
			gap = 0
		case isDigit:
			if gap > 0 {
				c.ends = append(c.ends, len(c.digits))
			}
			c.digits = append(c.digits, value)
			gap = 0
		case invisible(r):
			continue
		case separates(r):
			gap++
		case r == '+' && gap == 0: // a web form sends a space as "+"; next to another separator, "+" begins a telephone number
			gap = widestGap
		default:
			gap = widestGap + 1
		}
		plus = r == '+'
	}
	return c.holds()
}

// holds reports whether a run of whole groups of the chain is a card number. Each run is short, so the time is linear.
func (c *chain) holds() bool {
	if c.telephone() {
		return false
	}
	c.ends = append(c.ends, len(c.digits))
	start := 0
	for i, next := range c.ends {
		if allowed := lengths(c.digits[start:]); allowed != 0 {
			for _, end := range c.ends[i:] {
				if end-start > longest {
					break
				}
				if allowed>>(end-start)&1 == 1 && luhn(c.digits[start:end]) {
					return true
				}
			}
		}
		start = next
	}
	return false
}

// telephone reports whether the chain is a telephone number in international form: a plus sign and at most 15 digits.
func (c *chain) telephone() bool { return c.plus && len(c.digits) <= longestPhone }

// invisible reports whether r is a combining mark or has no width, and so does not separate two digits: a soft hyphen, a zero-width
// space, the frame of a digit that is written as an emoji.
func invisible(r rune) bool {
	return r > unicode.MaxASCII && unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me)
}

// likeSeparators look like a dash, a dot, a slash or a space, but belong to other Unicode categories.
const likeSeparators = "./,_*" + "\u02d7\u2043\u2212\u30fc" + "\u00b7\u2022\u2027\u2219\u22c5\u3002" + "\u2044\u2215" + "\u060c\u066b\u066c\u3001" + "\u115f\u1160\u2800"

// separates reports whether r is usual between the groups of a number. A colon is not, because it is part of times of day, which
// appear next to dates.
func separates(r rune) bool {
	if r <= unicode.MaxASCII {
		return r <= ' ' || r == '-' || r == 0x7f || strings.IndexByte(likeSeparators, byte(r)) >= 0
	}
	return unicode.IsControl(r) || unicode.In(r, unicode.Z, unicode.Pd) || strings.ContainsRune(likeSeparators, r)
}
