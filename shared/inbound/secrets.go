package inbound

import (
	"net/url"
	"regexp"
	"strings"
)

// What stands in the place of a secret.
const (
	noLink   = "[a link was removed]"
	noSecret = "[removed]"
)

// run matches what may be a secret or a part of one: the characters of base64url and of age identities, also if a program on the way has encoded some.
var run = regexp.MustCompile(`(?:[A-Za-z0-9_-]|%2[Dd]|%5[Ff]){22,}`)

// id matches the id of a request. It looks random, and is no secret.
var id = regexp.MustCompile(`^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// longestCode is the length of the longest IBAN. Shorter codes may have all their letters in one case without being a secret.
const longestCode = 34

// random reports whether a run looks like a secret. In what a person writes, few letters and digits stand side by side whose kind differs: lower case,
// upper case, digit. The first letter of a word does not count.
func random(s string) bool {
	if id.MatchString(s) {
		return false
	}
	var lower, upper bool
	switches := 0
	var before, kind byte // of the last character and of the one before
	for i := range len(s) {
		last := kind
		switch c := s[i]; {
		case 'a' <= c && c <= 'z':
			kind, lower = 'a', true
		case 'A' <= c && c <= 'Z':
			kind, upper = 'A', true
		case '0' <= c && c <= '9':
			kind = '0'
		default:
			kind = 0
		}
		if kind != 0 && last != 0 && kind != last && (kind != 'a' || last != 'A' || before != 0) {
			switches++
		}
		before = last
	}
	return switches*5 >= len(s) && (lower && upper || len(s) > longestCode)
}

// withoutSecrets takes out the links of this service that have a secret, and whatever else looks like a secret: whoever answers our mail may quote its
// link, and programs on the way may have rewritten it, or broken it over several lines (threat T12).
func withoutSecrets(text, origin string, secret func(link string) bool) string {
	host := "" // programs change the case of it, and what is in front of it
	if u, err := url.Parse(origin); err == nil {
		host = strings.ToLower(u.Hostname())
	}
	var out strings.Builder
	for text != "" {
		end := endOfWord(text)
		if end == 0 {
			out.WriteByte(text[0])
			text = text[1:]
			continue
		}
		word := text[:end]
		ours := host != "" && strings.Contains(strings.ToLower(word), host)
		if !ours && len(word) < 22 {
			out.WriteString(word)
			text = text[end:]
			continue
		}
		more := goesOn(text[end:])
		whole := joined(text[:end+more])
		if ours && (secret(whole) || randomAt(whole) >= 0) {
			out.WriteString(noLink)
			end += more
		} else if at := randomAt(word); at >= 0 { // one secret may follow another
			out.WriteString(word[:at] + noSecret)
			end += more
		} else {
			out.WriteString(word)
		}
		text = text[end:]
	}
	return out.String()
}

// randomAt returns where the first run of a word begins that looks like a secret, or -1.
func randomAt(word string) int {
	for _, at := range run.FindAllStringIndex(word, -1) {
		if random(word[at[0]:at[1]]) {
			return at[0]
		}
	}
	return -1
}

// endOfWord returns the number of bytes up to the next space, bracket or quotation mark.
func endOfWord(text string) int {
	if at := strings.IndexAny(text, " \t\r\n<>\"'()[]"); at >= 0 {
		return at
	}
	return len(text)
}

// mostPieces is over how many lines a link goes on that a mail program has broken.
const mostPieces = 8

var (
	// piece matches the start of a line that may go on with a link: marks of quoting, and a word. The last group matches if the line has more words.
	piece = regexp.MustCompile(`^[ \t]*\r?\n([ \t]*(?:[>|][ \t]*)*)([A-Za-z0-9_.~%#=&/?:+-]+)[>)\].,;"']*[ \t]*(\S)?`)
	mixed = regexp.MustCompile(`[a-z][A-Z]|[A-Z]{2}[a-z]|[A-Za-z][0-9]|[0-9][A-Za-z]|_`)
)

// goesOn returns the number of bytes of the text, in front of which a link stands, that belong to the link: words that stand alone on the next lines, up to
// the last one that is no ordinary word. A word with others behind it belongs to the link if it cannot be an ordinary one.
func goesOn(text string) (n int) {
	at := 0
	for range mostPieces {
		m := piece.FindStringSubmatchIndex(text[at:])
		if m == nil {
			break
		}
		word, alone := text[at+m[4]:at+m[5]], m[6] < 0
		at += m[5]
		if alone && (len(word) >= 16 || mixed.MatchString(word)) || !alone && len(word) >= 8 && len(mixed.FindAllString(word, -1)) > 2 {
			n = at
		}
		if !alone {
			break
		}
	}
	return n
}

// joined returns a link without what a mail program has put in to break it.
func joined(link string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n>|", r) {
			return -1
		}
		return r
	}, link)
}
