package record

import (
	"net/netip"
	"regexp"
	"strings"
)

// minSearches is how often a search term must have been used before it is kept: a rare one can name a person (promises B02, F05).
const minSearches = 10

var mailLike = regexp.MustCompile(`[^\s@/?&=<>"]@[^\s@/?&=<>"]+\.[^\s@/?&=<>"]`)

// hostPort finds words that could be an Internet address.
var hostPort = regexp.MustCompile(`[0-9A-Za-z.:]+`)

// Identifying reports whether s holds an e-mail or an IP address, which counts of nobody must not (promises B02, F05).
// The form N.0.0.0 is let through: it is how browsers write their version, and no host's address.
func Identifying(s string) bool {
	if mailLike.MatchString(s) || mailLike.MatchString(strings.NewReplacer("%40", "@", "%2E", ".", "%2e", ".").Replace(s)) {
		return true
	}
	for _, word := range hostPort.FindAllString(strings.NewReplacer("%3A", ":", "%3a", ":").Replace(s), -1) {
		if isAddress(strings.Trim(word, ".")) {
			return true
		}
	}
	return false
}

func isAddress(word string) bool {
	ip, err := netip.ParseAddr(word)
	if err != nil {
		port, err := netip.ParseAddrPort(word)
		if err != nil {
			return false
		}
		ip = port.Addr()
	}
	return !ip.Is4() || !strings.HasSuffix(ip.String(), ".0.0.0")
}
