package ses

import (
	"slices"
	"strings"
	"unicode"
)

// header is one header that a caller adds to a mail.
type header struct{ Name, Value string }

// SES's limits for the headers that a caller adds (reference of MessageHeader).
const (
	mostHeaders   = 15
	longestName   = 126
	longestHeader = 870
)

// reserved are headers that SES writes itself. It refuses a mail that sets one.
var reserved = []string{
	"bcc", "cc", "content-disposition", "content-transfer-encoding", "content-type", "date", "from", "message-id", "mime-version", "reply-to",
	"return-path", "sender", "subject", "to",
}

// added turns headers into a map, or says what SES finds wrong.
func added(headers []header) (all map[string]string, problem string) {
	if len(headers) > mostHeaders {
		return nil, "There are too many headers."
	}
	all = make(map[string]string, len(headers))
	for _, h := range headers {
		switch {
		case h.Name == "" || len(h.Name) > longestName || strings.ContainsFunc(h.Name, func(r rune) bool { return r <= ' ' || r == ':' || r > '~' }):
			return nil, "A header has no valid name."
		case h.Value == "" || len(h.Value) > longestHeader || strings.ContainsFunc(h.Value, func(r rune) bool { return r > '~' || unicode.IsControl(r) }):
			return nil, "A header has no valid value."
		case slices.Contains(reserved, strings.ToLower(h.Name)):
			return nil, "A header is one that SES sets itself."
		}
		all[h.Name] = h.Value
	}
	return all, ""
}
