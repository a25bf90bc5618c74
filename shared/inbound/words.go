package inbound

import (
	"strings"
	"unicode/utf8"

	"github.com/helpdeskexpert/privacy/shared/privacy/card"
	"github.com/helpdeskexpert/privacy/shared/privacy/digits"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// noDigit stands in the place of a digit of a card number.
const noDigit = '*'

// words returns what is kept of the words of a mail: its subject and its text, without secrets. cut says that some of the words are missing, and secret that
// they had a full card number, whose digits are taken out (promise D04, threat T28).
func (v *Receiver) words(m Message) (text string, cut, secret bool) {
	text = strings.TrimSpace(withoutSecrets(m.Subject+"\n\n"+m.Text, v.Origin, v.HasSecret))
	text, secret = withoutCards(text)
	if utf8.RuneCountInString(text) > request.LongestMessage {
		text, cut = string([]rune(text)[:request.LongestMessage]), true
	}
	return text, cut, secret
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
