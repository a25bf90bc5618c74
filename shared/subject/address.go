package subject

import (
	"net/mail"
	"strings"

	"golang.org/x/net/idna"

	"github.com/helpdeskexpert/privacy/shared/fault"
)

// ParseAddress reads a bare address (RFC 5321, at most 254 octets). It refuses control characters, so that none can reach a mail header
// (threat T15). The error names no field and repeats nothing of s.
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
	if err != nil || !strings.Contains(domain, ".") || strings.Contains("."+domain+".", "..") { // "xn--" decodes to an empty label
		return Address{}, bad
	}
	return Address{Lookup: lowerASCII(s[:at]) + "@" + lowerASCII(domain), Spelling: s}, nil
}

// lowerASCII lowers the 26 ASCII letters and nothing else. Folding more could treat two people as one (threat T16).
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
