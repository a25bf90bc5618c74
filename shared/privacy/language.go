package privacy

import (
	"strings"

	"github.com/helpdeskexpert/privacy/shared/privacy/card"
)

// longestTag is what RFC 5646 (section 4.4.1) asks every reader of language tags to have room for.
const longestTag = 35

// LanguageTag reports whether s can be a BCP 47 tag, such as en or pt-BR: 1 to 35 letters, digits and hyphens. Whether the language
// exists is not asked. A card number is no tag, although its digits and hyphens would make one (promise D04).
func LanguageTag(s string) bool {
	return s != "" && len(s) <= longestTag && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) && !card.In(s)
}
