package consent

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/google/uuid"
)

// hyphenated is the length of a UUID in its hyphenated form. Package uuid reads other forms as well, which have other lengths.
const hyphenated = 36

// Visitor returns the key of a visitor in the consent log. id is a random UUID (RFC 9562) in its hyphenated form, which the website made.
// The key contains only a hash of it, so that the log names nobody. ok is false for any other id.
func Visitor(id string) (key string, ok bool) {
	visitor, err := uuid.Parse(id)
	if len(id) != hyphenated || err != nil || visitor == uuid.Nil {
		return "", false
	}
	sum := sha256.Sum256([]byte(strings.ToLower(id)))
	return string(base64.RawURLEncoding.AppendEncode([]byte("v#"), sum[:])), true
}
