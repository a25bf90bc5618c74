package received

import (
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/helpdeskexpert/privacy/shared/inbound"
)

const (
	maxSubject = 300 // characters of the subject
	maxID      = 998 // bytes of an id: the longest line of a mail (RFC 5322, 2.1.1)
)

// encodedWord is a text in another character set than ASCII, as a header has it (RFC 2047). The language after the star is from RFC 2231.
var encodedWord = regexp.MustCompile(`=\?([A-Za-z0-9_.:+-]{1,40})(?:\*[A-Za-z0-9-]{0,40})?\?([BbQq])\?([^?\r\n]*)\?=`)

// subjectLine decodes the field Subject and makes it one line.
func subjectLine(field string) string {
	text := words(field)
	text = strings.NewReplacer("\n", " ", "\t", " ").Replace(clean(text))
	text = strings.Join(strings.Fields(text), " ")
	for i, n := 0, 0; i < len(text); n++ {
		if n == maxSubject {
			return strings.TrimSpace(text[:i])
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		i += size
	}
	return text
}

// words decodes the encoded words of a field. Words of one character set that stand side by side are decoded as one text, because some
// programs split a character between two words.
func words(field string) string {
	var out strings.Builder
	var charset string
	var waiting []byte // decoded bytes of the words in a row
	flush := func() {
		if charset != "" {
			text, _ := toUTF8(charset, waiting)
			out.WriteString(text)
		}
		charset, waiting = "", nil
	}
	at := 0
	for _, found := range encodedWord.FindAllStringSubmatchIndex(field, -1) {
		between := field[at:found[0]]
		label, data := field[found[2]:found[3]], word(field[found[4]:found[5]], field[found[6]:found[7]])
		if charset == "" || strings.Trim(between, " \t") != "" {
			flush()
			out.WriteString(unencoded(between))
		} else if !strings.EqualFold(charset, label) {
			flush()
		}
		charset, waiting, at = label, append(waiting, data...), found[1]
	}
	flush()
	out.WriteString(unencoded(field[at:]))
	return out.String()
}

// unencoded returns a text of a header that is not encoded. It should be ASCII (or UTF-8, RFC 6532), and often is Latin-1.
func unencoded(s string) string {
	text, _ := toUTF8("", []byte(s))
	return text
}

// word decodes the bytes of one encoded word.
func word(encoding, s string) []byte {
	if encoding == "b" || encoding == "B" {
		s = strings.TrimRight(strings.ReplaceAll(s, " ", ""), "=")
		data, _ := base64.RawStdEncoding.DecodeString(s) // what comes before an error counts
		return data
	}
	data := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '_':
			data = append(data, ' ')
		case c == '=' && i+2 < len(s):
			decoded, err := hex.DecodeString(s[i+1 : i+3])
			if err != nil {
				data = append(data, c)
				continue
			}
			data = append(data, decoded...)
			i += 2
		default:
			data = append(data, c)
		}
	}
	return data
}

// answers returns the ids in References and after them those in In-Reply-To, without angle brackets: the newest id comes last. Each is there
// once, where it comes last.
func answers(h header) []string {
	var all []string
	for _, field := range append(append([]string(nil), h["references"]...), h["in-reply-to"]...) {
		for {
			_, rest, found := strings.Cut(field, "<")
			id, after, closed := strings.Cut(rest, ">")
			if !found || !closed {
				break
			}
			if sane(id) {
				all = append(all, id)
			}
			field = after
		}
	}
	seen := map[string]bool{}
	var newest []string
	for i := len(all) - 1; i >= 0 && len(newest) < inbound.MaxAnswers; i-- {
		if !seen[all[i]] {
			seen[all[i]] = true
			newest = append([]string{all[i]}, newest...)
		}
	}
	return newest
}

// sane reports whether an id can be compared and stored: it has no blanks, no control characters and nothing that is not a character.
func sane(id string) bool {
	return id != "" && len(id) <= maxID && utf8.ValidString(id) && !strings.ContainsFunc(id, func(r rune) bool {
		return r <= ' ' || r == 0x7f || r == '<' || r == utf8.RuneError || r > 0x7f && (invisible(r) || blank(r))
	})
}
