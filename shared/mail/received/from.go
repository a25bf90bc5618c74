package received

import (
	"strings"
	"unicode/utf8"

	"github.com/helpdeskexpert/privacy/shared/subject"
)

// sender returns the address in the field From, exactly as it is spelt, or "" if the field does not name exactly one (threats T01 and T16). It
// reads no other field: Reply-To and Sender name whomever the sender likes. Of the forms that RFC 5322 allows it accepts those that people's
// mail programs write: the address alone, or a name and the address in angle brackets. It refuses every text that two programs could read
// in two ways, because a mail that is taken for another person's is worse than one that the team answers by hand.
func sender(h header) string {
	if len(h["from"]) != 1 {
		return ""
	}
	field := h["from"][0]
	if len(field) >= maxField || strings.ContainsFunc(field, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return ""
	}
	address, ok := mailbox(strings.Trim(strings.ReplaceAll(field, "\t", " "), " "))
	if !ok || strings.Contains(address, "=?") || !utf8.ValidString(address) || strings.ContainsFunc(address, invisible) {
		return "" // an encoded word is not allowed in an address, and some programs decode it all the same
	}
	if _, err := subject.ParseAddress(address); err != nil {
		return ""
	}
	return address
}

// mailbox takes the address out of a field with one: `name <address>`, `<address>`, `address` or `address (comment)`.
func mailbox(field string) (address string, ok bool) {
	name, rest, angle := cutUnquoted(field)
	if !angle {
		address, comment, _ := strings.Cut(field, " ")
		return address, harmless(strings.Trim(comment, " \t"))
	}
	address, after, closed := strings.Cut(rest, ">")
	return address, closed && phrase(name) && harmless(strings.Trim(after, " \t"))
}

// cutUnquoted splits a field at the first "<" that is not within quotes.
func cutUnquoted(field string) (before, after string, found bool) {
	quoted := false
	for i := 0; i < len(field); i++ {
		switch c := field[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == '<' && !quoted:
			return field[:i], field[i+1:], true
		}
	}
	return field, "", false
}

// phrase reports whether s is a name in front of an address: words and quoted texts. A word may have any character but those with which
// addresses, lists, groups and comments are written. In quotes everything is a name, also what looks like an address.
func phrase(s string) bool {
	s = strings.Trim(s, " \t")
	if open := strings.LastIndexByte(s, '('); open > 0 && strings.HasSuffix(s, ")") && !strings.Contains(s[open:], `"`) {
		if !harmless(s[open:]) {
			return false
		}
		s = s[:open]
	}
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && strings.IndexByte(`()<>[]:;@\,`, c) >= 0:
			return false
		}
	}
	return !quoted
}

// harmless reports whether s is empty or one comment, in which nothing looks like an address or like a list of them.
func harmless(s string) bool {
	return s == "" || len(s) > 1 && s[0] == '(' && s[len(s)-1] == ')' && !strings.ContainsAny(s[1:len(s)-1], `()<>[]:;@\,"`)
}
