package request

import (
	"regexp"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// plainWords are words that can hardly mean anything but the right. The articles of the law are the same in every language.
var plainWords = []struct {
	right privacy.Right
	words *regexp.Regexp
}{
	{privacy.Access, words(
		`(a )?copy of (all )?(of )?(my|the) (personal )?(data|information)`, `(all )?(the )?(personal )?(data|information) (that )?you (hold|have|store|keep) (about|on) me`,
		`(subject|data) access request`, `right of access`, `\b(dsar|sar)\b`, article("15"))},
	{privacy.Erasure, words(
		`(delete|erase|remove) (all )?(of )?my (personal )?(data|information|details|account)`, `right to (erasure|be forgotten)`, `forget me\b`, article("17"))},
	{privacy.Rectification, words(
		`(correct|rectify|update|change) my (personal )?(data|details|name|address|e-?mail( address)?|phone number)`, `right to rectification`, article("16"))},
	{privacy.Restriction, words(`right to restrict`, `restrict(ion of)? (the )?(processing|use) of my`, article("18"))},
	{privacy.Portability, words(`data portability`, `right to portability`, `machine[- ]readable (form|format|copy)`, article("20"))},
	{privacy.Objection, words(
		`stop (sending|mailing|emailing) me`, `unsubscribe me`, `no (more )?(marketing|advertising|newsletters?)\b`, `(stop|object to) (all )?(the |your )?(direct )?(marketing|advertising)`, `right to object`, article("21"))},
	{privacy.OptOut, words(`(do not|don'?t|stop) (sell|share|selling|sharing)( or (sell|share|selling|sharing))? my`, `opt[- ]?out of (the )?(sale|sharing)`)},
}

// article matches an article of the GDPR, in the words of several languages.
func article(n string) string {
	return `\b(art|art[íi]culo|articolo|article|artikel)\.? ?` + n + `\b[^.]{0,40}\b(gdpr|dsgvo|ds-gvo|rgpd|avg|rodo)\b`
}

// words matches any of the patterns, whatever the case.
func words(patterns ...string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(` + strings.Join(patterns, `|`) + `)`)
}

// negated matches words in front of a wish that turn it into its opposite, or into a question about it.
var negated = regexp.MustCompile(`(?i)\b(not|never|n't|don’t|won’t|without|already|who|why|when|how|whether|if|if i|nobody|no need to|instead of)\b[^.!?\n]{0,30}$`)

// Suggest returns the right that the messages of a mail ask for in plain words, for its sender to confirm or to correct. It returns false if they ask for
// none or for several, and if a wish might be denied: then the sender chooses without our help (promise H12, threat T06).
func Suggest(messages []Message) (suggested privacy.Right, ok bool) {
	for _, m := range messages {
		for _, plain := range plainWords {
			for _, at := range plain.words.FindAllStringIndex(spaced(m.Text), -1) {
				if negated.MatchString(spaced(m.Text)[:at[0]]) || suggested != "" && suggested != plain.right {
					return "", false
				}
				suggested = plain.right
			}
		}
	}
	return suggested, suggested != ""
}

// spaced returns the text with one blank in place of each run of white space: lines break anywhere.
func spaced(text string) string { return strings.Join(strings.Fields(text), " ") }
