// Package suggest reads which right a mail asks for in plain words (promise H12). It is a package of its own, since only the page of a mailbox suggests
// anything.
package suggest

import (
	"regexp"
	"strings"
	"sync"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// pattern is a regular expression that is compiled when it is first used: most runs of a function read no mail.
type pattern func() *regexp.Regexp

func compiled(text string) pattern {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// Right returns the right that the messages of a mail ask for in plain words, for its sender to confirm or to correct. It returns false if they ask for
// none or for several, and if anything makes the wish doubtful: then the sender chooses without our help (promise H12, threat T06). An objection is one to
// direct marketing. Words that the mail quotes count for nothing, since others may have written them.
func Right(messages []request.Message) (suggested privacy.Right, ok bool) {
	for _, m := range messages {
		for _, sentence := range sentences(own(m.Text)) {
			right, doubt := wish(sentence)
			if doubt || right != "" && suggested != "" && suggested != right {
				return "", false
			}
			if right != "" {
				suggested = right
			}
		}
	}
	if suggested == unclearObjection {
		return "", false
	}
	return suggested, suggested != ""
}

// unclearObjection is an objection that is not plainly to direct marketing. It is not suggested: its sender has to say to what they object, and why.
const unclearObjection privacy.Right = "objection to something"

var (
	// answerTo matches the subject of an answer or of a forwarded mail, which somebody else has written.
	answerTo = compiled(`^(?i)\s*(re|aw|antw|antwort|sv|vs|fw|fwd|wg|tr|rv|res|ref|odp|i|r)\s*(\[\d+\])?\s*:`)
	// quotes matches the line in front of a mail that is quoted whole.
	quotes = compiled(`(?im)^[ \t]*(?:-{2,}[^\n]{0,60}-{2,}|_{10,}|(?:from|von|de|da|van|od|från|fra|frá): ?[^\n]*@[^\n]*|[^\n]{0,200}(?:wrote|writes|said|says|asked|told|schrieb|écrit|escribió|scritto|schreef|escreveu|napisała?\(?a?\)?|skrev)[^\n]{0,100}:[ \t]*)$`)
	// paragraph matches the end of a paragraph or of a line that ends by itself, and end that of a sentence.
	paragraph = compiled(`\n[ \t]*\n|\n[ \t]*(?:[-*•–]|\d+[.)])[ \t]+|:[ \t]*\n`)
	end       = compiled(`[.!;…]+(?:["”’')]*)(?:\s+|$)|\?+(?:["”’')]*)(?:\s+|$)`)
	// short matches abbreviations, whose full stops end no sentence.
	short = compiled(`(?i)\b(art|arts|abs|para|no|nr|lit|mr|mrs|ms|dr|prof|e\.g|i\.e|z\.b)\.`)
)

// byThis matches words that only name the mail itself.
var byThis = compiled(`(?i)\b(?:by|with|in|through) this (?:e-?mail|mail|letter|message),?[ \n]+`)

// own returns the words of a mail that its sender has written now. They begin with its subject.
func own(text string) string {
	if answerTo().MatchString(text) {
		_, text, _ = strings.Cut(text, "\n")
	}
	if at := quotes().FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if mark := strings.TrimLeft(line, " \t"); strings.HasPrefix(mark, ">") || strings.HasPrefix(mark, "|") {
			line = "" // a quotation stands alone
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// sentences splits a text. Each sentence is in lower case, has one blank in place of each run of white space, and the mark of its end if that is a
// question mark.
func sentences(text string) (all []string) {
	text = byThis().ReplaceAllString(text, "")
	text = strings.NewReplacer("’", "'", "‘", "'", "´", "'", "`", "'").Replace(strings.ToLower(short().ReplaceAllString(text, "$1")))
	for _, part := range paragraph().Split(text, -1) {
		for part != "" {
			at := end().FindStringIndex(part)
			if at == nil {
				at = []int{len(part), len(part)}
			}
			mark := ""
			if strings.HasPrefix(part[at[0]:], "?") {
				mark = " ?"
			}
			if sentence := strings.Join(strings.Fields(part[:at[0]]), " "); sentence != "" || mark != "" {
				all = append(all, sentence+mark)
			}
			part = part[at[1]:]
		}
	}
	return all
}

// wish returns the right that a sentence asks for, or "". doubt says that the sentence has the words of a right, and may mean something else.
func wish(sentence string) (right privacy.Right, doubt bool) {
	forbidden := false
	for _, clause := range clauses(sentence) {
		for _, plain := range plainWords {
			for _, at := range plain.words().FindAllStringIndex(clause, -1) {
				means, ignored := plain.means(clause[:at[0]], clause[at[0]:at[1]], clause[at[1]:])
				if ignored {
					continue
				}
				if !means || forbidden || right != "" && right != plain.right {
					return "", true
				}
				right = plain.right
			}
		}
		forbidden = forbidden || forbids().MatchString(clause)
	}
	if right != "" && (strings.HasSuffix(sentence, "?") && !polite().MatchString(sentence) || elsewhere().MatchString(sentence)) {
		return "", true
	}
	return right, false
}

// clauses splits a sentence in front of words by which somebody asks for something, and in front of the reason why.
func clauses(sentence string) (all []string) {
	from := 0
	for _, at := range begins().FindAllStringSubmatchIndex(sentence, -1) {
		start := max(at[2], at[4])
		all = append(all, sentence[from:start])
		from = start
	}
	return append(all, sentence[from:])
}

// means reports whether the words of a right, with those before and behind them in their clause, are a wish. ignored says that they are neither a wish nor
// make one doubtful: a heading that names an article.
func (p plainWish) means(before, words, behind string) (is, ignored bool) {
	if denied().MatchString(before) || denies().MatchString(behind) || !goesOn().MatchString(behind) || spoils[p.right] != nil && spoils[p.right]().MatchString(before+" "+behind) {
		return false, false
	}
	switch p.kind {
	case verb:
		direct := self().MatchString(before) && asked().MatchString(words) || may().MatchString(before) && gets().MatchString(words)
		return direct || opening().MatchString(before) && (!claims().MatchString(before) || asks().MatchString(before)), false
	case name:
		return uses().MatchString(before) || strings.Trim(before, ` "'(*-`) == "" && alone().MatchString(behind), false
	case paper:
		clause := before + " " + behind
		is = wishes().MatchString(clause) && brings[p.right]().MatchString(clause)
		return is, !is && len(strings.Fields(clause)) <= 4
	}
	if self().MatchString(before) && asked().MatchString(words) || may().MatchString(before) && gets().MatchString(words) {
		return true, false
	}
	return opening().MatchString(before) && (!claims().MatchString(before) || asks().MatchString(before)), false
}
