package consent

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// Visitor returns the key of a visitor, a random UUID (RFC 9562) in its hyphenated form that the website made: its hash, so that the log
// names nobody. ok is false for anything else.
func Visitor(id string) (key string, ok bool) {
	if !isUUID(id) || id == "00000000-0000-0000-0000-000000000000" {
		return "", false
	}
	sum := sha256.Sum256([]byte(strings.ToLower(id)))
	return "v#" + base64.RawURLEncoding.EncodeToString(sum[:]), true
}

// isUUID reports whether s is a UUID in its hyphenated form.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range s {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		if hyphen != (r == '-') || !hyphen && !strings.ContainsRune("0123456789abcdefABCDEF", r) {
			return false
		}
	}
	return true
}

// derivedID returns the UUID, version 8 (RFC 9562), that follows from the parts, of which none but the last holds a space.
func derivedID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, " ")))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	s := hex.EncodeToString(b)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
