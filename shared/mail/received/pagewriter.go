package received

import (
	"strings"

	"golang.org/x/net/html/atom"
)

const (
	maxQuote = 5    // how often a text can be marked as quoted
	maxLink  = 2000 // bytes of a link; a longer one is left out
)

// pageWriter writes the text of a page: blanks run together as in a browser, and blocks begin new lines.
type pageWriter struct {
	out     strings.Builder
	cut     bool
	hide    bool      // leave out what the page hides
	skips   atom.Atom // the element whose content is left out
	skipped int       // how many of them are open
	pre     int       // open elements that keep their blanks
	quote   int       // open elements that quote
	lines   int       // line ends since the last character
	space   bool      // a blank is due before the next character
	link    string    // where the open link leads
	linked  int       // where its text begins
}

// block begins a new line (1) or leaves one empty before it (2), unless that has happened.
func (w *pageWriter) block(lines int) {
	if w.out.Len() == 0 || lines == 0 {
		return
	}
	w.lines, w.space = max(w.lines, lines), false
}

func (w *pageWriter) newline() {
	w.lines, w.space = w.lines+1, false
}

// write writes a text of the page.
func (w *pageWriter) write(text string) {
	if w.pre > 0 {
		for line := range strings.Lines(text) {
			content := strings.TrimRight(line, "\r\n")
			if content != "" {
				w.mark(content)
			}
			if content != line {
				w.newline()
			}
		}
		return
	}
	for i, word := range strings.FieldsFunc(text, collapses) {
		w.space = w.space || i > 0 || collapses(rune(text[0]))
		w.mark(word)
	}
	w.space = w.space || text != "" && collapses(rune(text[len(text)-1]))
}

func collapses(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\f' }

// mark writes a word, after the line ends, quote marks and blanks that are due before it.
func (w *pageWriter) mark(word string) {
	if w.out.Len() == 0 {
		w.lines, w.space = 0, false
	}
	if w.lines > 0 {
		w.out.WriteString(strings.Repeat("\n", min(w.lines, 1+maxBlank)))
	}
	if w.quote > 0 && (w.lines > 0 || w.out.Len() == 0) {
		w.out.WriteString(strings.Repeat(">", min(w.quote, maxQuote)) + " ")
	}
	if w.space && w.lines == 0 {
		w.out.WriteByte(' ')
	}
	w.lines, w.space = 0, false
	w.out.WriteString(word)
}

// openLink remembers where a link leads. Only links to pages and addresses are kept.
func (w *pageWriter) openLink(target string) {
	lower := strings.ToLower(target)
	if len(target) > maxLink || !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") && !strings.HasPrefix(lower, "mailto:") {
		return
	}
	w.link, w.linked = target, w.out.Len()
}

// closeLink writes the target of a link after its text, unless the text is the target.
func (w *pageWriter) closeLink() {
	target := w.link
	if target == "" {
		return
	}
	w.link = ""
	bare := func(s string) string {
		s = strings.TrimSpace(strings.ToLower(s))
		for _, start := range []string{"mailto:", "https://", "http://"} {
			s = strings.TrimPrefix(s, start)
		}
		return strings.TrimSuffix(s, "/")
	}
	text := w.out.String()[w.linked:]
	if bare(text) == bare(target) {
		return
	}
	target = strings.Join(strings.FieldsFunc(target, collapses), "%20")
	if strings.TrimSpace(text) != "" { // otherwise it is the link of a picture
		w.space = true
		target = "(" + target + ")"
	}
	w.mark(target)
}
