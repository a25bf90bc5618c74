package policy

import "strings"

// PhoneDigits returns the phone number as a tel: link takes it (RFC 3966): the digits and the plus sign alone.
func (c Controller) PhoneDigits() string {
	return strings.Map(func(r rune) rune {
		if r == '+' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, c.Phone)
}
