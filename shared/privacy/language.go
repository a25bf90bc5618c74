package privacy

import (
	"strings"

	"github.com/helpdeskexpert/privacy/shared/privacy/card"
)

// longestTag is the tag length that RFC 5646 (section 4.4.1) asks every reader to support.
const longestTag = 35

// LanguageTag reports whether s can be a BCP 47 tag, such as en or pt-BR: 1 to 35 letters, digits and hyphens. It does not check
// whether the language exists. It refuses a card number, although one consists of digits and hyphens (promise D04).
func LanguageTag(s string) bool {
	return s != "" && len(s) <= longestTag && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) && !card.In(s)
}
