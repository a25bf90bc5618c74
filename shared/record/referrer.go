package record

import (
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// otherReferrer stands in a count for a referrer that the policy does not list and that too few visits had.
const otherReferrer = "other"

// referrer accepts the host of the page that led to the visit, or the empty string if no page did.
func (c *checker) referrer(s string, rare bool) (kept, detail string) {
	if s == "" || s == otherReferrer {
		return s, ""
	}
	host, public := publicHost(s)
	if !public {
		return "", "must be the name of a public host, without user, port and path; empty where there is none"
	}
	if shown, err := idna.ToUnicode(s); err != nil || Identifying(shown) { // as it was sent: tokens have capital letters
		return "", identifyingDetail
	}
	if listed, ok := c.rules.Referrer(host); ok {
		return listed, ""
	}
	if rare {
		return otherReferrer, ""
	}
	return host, ""
}

// private lists the top-level domains that a referrer may not have. Most are those of hosts that only their own network knows (RFC 6761, RFC
// 6762, RFC 8375, ICANN's reservation of .internal, and what routers use). Such hosts are often named after a person's machine. Names under
// arpa are addresses (RFC 3172).
var private = []string{"arpa", "corp", "home", "internal", "intranet", "lan", "local", "localdomain", "localhost", "onion"}

// publicHost returns the name of a host as the DNS writes it: in small letters, and in ASCII (RFC 5891). ok is false for anything that is
// not a host name, and for a name that only a private network knows.
func publicHost(s string) (host string, ok bool) {
	host, err := idna.Lookup.ToASCII(s)
	if err != nil || len(host) > 253 {
		return "", false
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || !plainLabel(label) {
			return "", false
		}
	}
	top := labels[len(labels)-1]
	numeric := !strings.ContainsFunc(top, notDigit) || strings.HasPrefix(top, "0x") // as in 203.0.113.77 and 203.0.113.0x4d
	return host, len(labels) > 1 && !numeric && !slices.Contains(private, top)
}

func plainLabel(label string) bool {
	return !strings.ContainsFunc(label, func(r rune) bool { return r != '-' && (r < 'a' || r > 'z') && notDigit(r) })
}
