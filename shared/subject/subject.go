// Package subject identifies data subjects: it compares their addresses, computes the aliases under which addresses and ids are stored, and
// makes the tokens that prove control of an address.
package subject

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/netip"
	"strings"
	"unicode"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Address is an e-mail address in two forms: one to compare and one to send mail to.
type Address struct {
	Lookup   string // the form to compare: domain as IDNA A-label, ASCII letters in lower case, nothing else folded (threat T16)
	Spelling string // as it was written; mail goes to the spelling on record
}

// Plausible reports whether s has the shape of a bare address: at most 254 octets, one @ between a local part and a domain, and
// nothing that could start another header, another address or a display name (threat T15). A function that only stores an address checks
// no more than this, so that it does not link the tables of internationalised domains; another function parses the address later.
func Plausible(s string) bool {
	local, domain, found := strings.Cut(s, "@")
	return found && local != "" && len(s) <= 254 && strings.Contains(domain, ".") &&
		!strings.ContainsFunc(s, func(r rune) bool {
			return r <= ' ' || r == 0x7f || unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Z) || r == unicode.ReplacementChar ||
				strings.ContainsRune(`,;:<>()[]\"`, r)
		}) && !strings.Contains(domain, "@")
}

// Key is a secret that only functions have. Without it, a stolen table identifies nobody and opens nothing.
type Key []byte

// keyVersion is the version of the key in use. Aliases contain it, so that the key can be rotated without moving data.
const keyVersion = "1"

// MAC returns the keyed hash of parts for one use. Hashes for different uses of a key never match.
func (k Key) MAC(use string, parts ...string) []byte {
	h := hmac.New(sha256.New, k)
	for _, part := range append([]string{use}, parts...) {
		// The length goes first, so that two different lists of parts never give the same bytes.
		_, _ = h.Write([]byte{byte(len(part) >> 8), byte(len(part))})
		_, _ = h.Write([]byte(part))
	}
	return h.Sum(nil)
}

// Alias returns the alias of an address in the form `i#<keyVersion>#<HMAC>`.
func (k Key) Alias(a Address) string {
	return addressPrefix + keyVersion + "#" + base64.RawURLEncoding.EncodeToString(k.MAC("alias", a.Lookup))
}

// IDAlias returns the alias of the id that a client system uses for a data subject, in the form `x#<keyVersion>#<HMAC>`. The ids of two
// clients never match. client is the client id in the caller's token.
func (k Key) IDAlias(client, id string) string {
	return idPrefix + keyVersion + "#" + base64.RawURLEncoding.EncodeToString(k.MAC("client id", client, id))
}

// Mailbox returns the HMAC under which the requests and consents by an address are listed, whoever owns the address. It is a use of
// its own, so that nobody without the key can match a mailbox with an alias of the same address.
func (k Key) Mailbox(a Address) string {
	return base64.RawURLEncoding.EncodeToString(k.MAC("mailbox", a.Lookup))
}

// Client returns the HMAC by which a client is counted; nothing else of the client is stored. An IPv4 address is one client in
// every notation. An IPv6 /64 is one client too, because a client there can use as many addresses as it likes (threat T09).
func (k Key) Client(ip string) string {
	if address, err := netip.ParseAddr(ip); err == nil {
		address = address.Unmap()
		ip = address.String()
		if address.Is6() {
			network, _ := address.Prefix(64)
			ip = network.String()
		}
	}
	return base64.RawURLEncoding.EncodeToString(k.MAC("client", ip))
}

// NewID returns a random id for a data subject.
func NewID() privacy.SubjectID { return privacy.SubjectID(random(16)) }

// Token is a secret of 256 random bits, base64url without padding, as it appears in a link's fragment (threats T11, T12).
type Token string

// NewToken returns a fresh token.
func NewToken() Token { return Token(random(32)) }

// Hash returns the keyed hash of the token, which is what is stored. The hash is bound to what the token opens (threat T06). So a
// token for one request or use opens no other, and a stolen table opens nothing.
func (t Token) Hash(k Key, use, id string) []byte { return k.MAC(use, id, string(t)) }

// Same compares two hashes in constant time (threat T11).
func Same(a, b []byte) bool { return len(a) == sha256.Size && subtle.ConstantTimeCompare(a, b) == 1 }

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b)
}
