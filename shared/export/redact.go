package export

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Redacted stands where an identifier of a third person was.
const Redacted = "[redacted]"

var (
	emails = regexp.MustCompile(`[^\s@<>(),;:"'\[\]]+@[^\s@<>(),;:"'\[\]]+\.[\pL\pN-]{2,}`)
	phones = regexp.MustCompile(`(\+|00)?\(?\d[\d ().\-/]{5,18}\d`)
	dates  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`)
)

// redact takes the identifiers of third persons out of a transcript (threat T08; GDPR Art. 15(4)). In messages from
// "other" the name and every e-mail address and phone number go; what those messages revealed goes wherever else it
// occurs in the transcript's texts, the person's name included. The names of the data subject and of agents stay.
// Every token that is not redacted keeps its bytes; other categories are returned as they are.
func redact(category privacy.Category, members []member) ([]member, error) {
	at := slices.IndexFunc(members, func(m member) bool { return m.name == "messages" })
	if category != privacy.Communication || at < 0 {
		return members, nil
	}
	messages, err := transcript(members[at].value)
	if err != nil {
		return nil, err
	}
	found := identifiers{}
	for _, m := range messages {
		if m.other {
			found.collect(m.name, m.text)
		}
	}
	if len(found) == 0 && !slices.ContainsFunc(messages, func(m message) bool { return m.other }) {
		return members, nil
	}
	hidden := found.sorted()
	items := make([][]byte, len(messages))
	for i, m := range messages {
		items[i] = m.redacted(hidden)
	}
	out := slices.Clone(members)
	out[at].value = joinList(items)
	return out, nil
}

// message is one message of a transcript, with what redaction looks at decoded.
type message struct {
	members    []member
	other      bool
	name, text string
}

func transcript(raw []byte) ([]message, error) {
	items, err := list(raw)
	if err != nil {
		return nil, err
	}
	messages := make([]message, len(items))
	for i, item := range items {
		m := &messages[i]
		if m.members, err = object(item); err != nil {
			return nil, err
		}
		from, err := cell(find(m.members, "from"))
		if err != nil {
			return nil, err
		}
		m.other = from == "other"
		if m.name, err = cell(find(m.members, "name")); err != nil {
			return nil, err
		}
		if m.text, err = cell(find(m.members, "text")); err != nil {
			return nil, err
		}
	}
	return messages, nil
}

// redacted returns the message's JSON without the hidden identifiers.
func (m message) redacted(hidden []string) []byte {
	cleaned := m.text
	if m.other {
		cleaned = emails.ReplaceAllString(cleaned, Redacted)
		cleaned = phones.ReplaceAllStringFunc(cleaned, func(s string) string {
			if !isPhone(s) {
				return s
			}
			return Redacted
		})
	}
	for _, identifier := range hidden {
		cleaned = replaceWord(cleaned, identifier)
	}
	for i := range m.members {
		switch {
		case m.members[i].name == "text" && cleaned != m.text:
			m.members[i].value = quote(cleaned)
		case m.members[i].name == "name" && m.other:
			m.members[i].value = quote(Redacted)
		}
	}
	return joinObject(m.members)
}

// identifiers is the set of what the third persons of one transcript are known by.
type identifiers map[string]bool

func (ids identifiers) collect(name, text string) {
	for _, found := range emails.FindAllString(text, -1) {
		ids[found] = true
	}
	for _, found := range phones.FindAllString(text, -1) {
		if isPhone(found) {
			ids[found] = true
		}
	}
	name = strings.TrimSpace(name)
	if named(name, 1) {
		ids[name] = true
	}
	if parts := strings.Fields(name); len(parts) > 1 {
		for _, part := range parts {
			if first, _ := utf8.DecodeRuneInString(part); named(part, 3) && !unicode.IsLower(first) {
				ids[part] = true
			}
		}
	}
}

// sorted lists the longest first, so that a full name goes before its parts.
func (ids identifiers) sorted() []string {
	out := make([]string, 0, len(ids))
	for id := range ids {
		out = append(out, id)
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return out
}

// named reports whether s can stand for a person in a text: it has letters, at least so many runes, and is no single
// ASCII letter.
func named(s string, runes int) bool {
	return strings.IndexFunc(s, unicode.IsLetter) >= 0 && utf8.RuneCountInString(s) >= runes && len(s) > 1
}

// isPhone tells a phone number from a date or a short figure.
func isPhone(s string) bool {
	digits := 0
	for _, r := range s {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	return digits >= 7 && digits <= 15 && !dates.MatchString(s)
}

// replaceWord redacts s's occurrences of an identifier that are whole words.
func replaceWord(s, identifier string) string {
	var out strings.Builder
	rest, before := s, ' '
	for {
		i := strings.Index(rest, identifier)
		if i < 0 {
			break
		}
		if i > 0 {
			before, _ = utf8.DecodeLastRuneInString(rest[:i])
		}
		after, _ := utf8.DecodeRuneInString(rest[i+len(identifier):])
		out.WriteString(rest[:i])
		if whole(before, identifier, after) {
			out.WriteString(Redacted)
		} else {
			out.WriteString(identifier)
		}
		rest = rest[i+len(identifier):]
		before, _ = utf8.DecodeLastRuneInString(identifier)
	}
	if out.Len() == 0 {
		return s
	}
	out.WriteString(rest)
	return out.String()
}

// unspaced are the scripts that write words without spaces between them, or attach particles to names.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
}

// whole reports whether an identifier between two runes is a word of its own.
func whole(before rune, identifier string, after rune) bool {
	first, _ := utf8.DecodeRuneInString(identifier)
	last, _ := utf8.DecodeLastRuneInString(identifier)
	free := func(edge, neighbour rune) bool {
		return !inWord(edge) || !inWord(neighbour) || unicode.In(edge, unspaced...) && len(identifier) > utf8.RuneLen(edge)
	}
	return free(first, before) && free(last, after)
}

func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}
