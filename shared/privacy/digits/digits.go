// Package digits reads the decimal digits of all scripts.
package digits

import "unicode"

// Of returns the value of a decimal digit of any script, as an ASCII digit.
func Of(r rune) (value byte, ok bool) {
	if r <= unicode.MaxASCII {
		return byte(r), '0' <= r && r <= '9'
	}
	for _, block := range unicode.Nd.R16 {
		if r <= rune(block.Hi) {
			return value10(r, rune(block.Lo))
		}
	}
	for _, block := range unicode.Nd.R32 {
		if r <= rune(block.Hi) {
			return value10(r, rune(block.Lo))
		}
	}
	return 0, false
}

// value10 computes the value from the start of the block, because Unicode stores the ten digits of a script together and in order.
func value10(r, low rune) (value byte, ok bool) { return '0' + byte((r-low)%10), r >= low }
