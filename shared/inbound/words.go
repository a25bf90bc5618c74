package inbound

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/helpdeskexpert/privacy/shared/privacy/card"
	"github.com/helpdeskexpert/privacy/shared/privacy/digits"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// What stands in the place of what is taken out of a text.
const (
	noLink   = "[a link was removed]"
	noSecret = "[removed]"
	noDigit  = '*'
)

// words returns what is kept of the words of a mail: its subject and its text, without secrets. cut says that some of the words are missing, and secret that
// they had a full card number, whose digits are taken out (promise D04, threat T28).
func (v *Receiver) words(m Message) (text string, cut, secret bool) {
	text = strings.TrimSpace(withoutLinks(m.Subject+"\n\n"+m.Text, v.Origin, v.HasSecret))
	text, secret = withoutCards(text)
	if utf8.RuneCountInString(text) > request.LongestMessage {
		text, cut = string([]rune(text)[:request.LongestMessage]), true
	}
	return text, cut, secret
}

// token matches what the secrets of our links look like, and those of others: whoever answers our mail may quote its link, and a program on the way may
// have rewritten it (threat T12).
var token = regexp.MustCompile(`[A-Za-z0-9_-]{43,}`)

// rest matches a line that goes on with a link which a mail program has broken: one word without a space that is long, or has a digit.
var rest = regexp.MustCompile(`^\r?\n[>|\s]*(?:[A-Za-z0-9_.~%#=&/-]{16,}|[A-Za-z_.~%#=&/-]*[0-9][A-Za-z0-9_.~%#=&/-]*)[ \t]*(?:\r?\n|$)`)

// withoutLinks takes out the links of this service that have a secret, also if a mail program has broken one over several lines, and whatever else looks like
// a secret.
func withoutLinks(text, origin string, secret func(link string) bool) string {
	var out strings.Builder
	for {
		at := strings.Index(text, origin)
		if at < 0 || origin == "" {
			out.WriteString(token.ReplaceAllString(text, noSecret))
			return out.String()
		}
		end := at + len(origin)
		end += endOfWord(text[end:])
		for {
			more := rest.FindStringIndex(text[end:])
			if more == nil {
				break
			}
			end += len(strings.TrimRight(text[end:end+more[1]], "\r\n \t"))
		}
		out.WriteString(token.ReplaceAllString(text[:at], noSecret))
		if link := text[at:end]; secret(link) {
			out.WriteString(noLink)
		} else {
			out.WriteString(link)
		}
		text = text[end:]
	}
}

// endOfWord returns the number of bytes up to the next space or bracket.
func endOfWord(text string) int {
	if at := strings.IndexAny(text, " \t\r\n<>\"'()[]"); at >= 0 {
		return at
	}
	return len(text)
}

// withoutCards takes the digits out of the lines that have a card number, or out of all lines if the number goes over several.
func withoutCards(text string) (clean string, found bool) {
	if !card.In(text) {
		return text, false
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if card.In(line) {
			lines[i] = withoutDigits(line)
		}
	}
	if clean = strings.Join(lines, "\n"); card.In(clean) {
		clean = withoutDigits(text)
	}
	return clean, true
}

func withoutDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if _, is := digits.Of(r); is {
			return noDigit
		}
		return r
	}, text)
}
