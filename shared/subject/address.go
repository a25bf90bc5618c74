package subject

import (
	"net/mail"
	"strings"

	"golang.org/x/net/idna"

	"github.com/helpdeskexpert/privacy/shared/fault"
)

// ParseAddress reads a bare address (RFC 5321, 254 octets at most). Control characters are refused, so that none can
// reach a mail header (threat T15). The error names no field and repeats nothing.
func ParseAddress(s string) (Address, error) {
	bad := fault.New(fault.Unacceptable, "must be an email address")
	if !Plausible(s) {
		return Address{}, bad
	}
	parsed, err := mail.ParseAddress(s)
	if err != nil || parsed.Name != "" || parsed.Address != s {
		return Address{}, bad
	}
	at := strings.LastIndexByte(s, '@')
	domain, err := idna.Lookup.ToASCII(s[at+1:])
	if err != nil || !strings.Contains(domain, ".") || strings.Contains("."+domain+".", "..") { // "xn--" decodes to no label at all
		return Address{}, bad
	}
	return Address{Lookup: lowerASCII(s[:at]) + "@" + lowerASCII(domain), Spelling: s}, nil
}

// lowerASCII folds the 26 letters and nothing else: folding more would make two people one (threat T16).
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
