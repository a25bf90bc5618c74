package ses

import (
	"net/mail"
	"strings"
)

// The lengths of the parts of an address that SES takes (RFC 5321; RFC 1035 for a label of a domain).
const (
	longestLocal  = 64
	longestDomain = 255
	longestLabel  = 63
)

// bare reads an address, with or without a name before it, and returns it without the name. It returns false for an address that SES cannot
// read. SES does not support SMTPUTF8, so it takes ASCII only, and a domain in Punycode.
func bare(text string) (string, bool) {
	parsed, err := mail.ParseAddress(text)
	if err != nil {
		return "", false
	}
	at := strings.LastIndexByte(parsed.Address, '@') // a quoted local part can hold another one
	local, domain := parsed.Address[:at], parsed.Address[at+1:]
	if len(local) > longestLocal || strings.ContainsFunc(local, notInLocals) || len(domain) > longestDomain || strings.ContainsFunc(domain, notInDomains) {
		return "", false
	}
	if !strings.HasSuffix(strings.TrimRight(text, " >"), "@"+domain) {
		return "", false // a group or a comment, which Go's parser takes
	}
	labels := strings.Split(domain, ".")
	for _, label := range labels {
		if label == "" || len(label) > longestLabel {
			return "", false
		}
	}
	return parsed.Address, len(labels) > 1
}

// notInLocals reports whether SES refuses a character before the "@".
func notInLocals(r rune) bool { return r <= ' ' || r > '~' }

// notInDomains reports whether SES refuses a character after the "@". It takes no IP address in brackets either.
func notInDomains(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.'
}
