package received

import (
	"bytes"
	"errors"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/helpdeskexpert/privacy/shared/inbound"
)

// maxToken is the most bytes of one tag, comment or text of a page; pictures can be written into a tag.
const maxToken = 1 << 20

// pageText returns what a person reads of an HTML text, and whether some is missing. It takes one tag after the other and builds no tree, so
// neither depth nor broken nesting matters. What the page hides by attributes of the tags themselves is left out, unless it hides all.
func pageText(source string) (text string, cut bool) {
	w := walk(source, true)
	if strings.TrimFunc(clean(w.out.String()), blank) == "" {
		w = walk(source, false)
	}
	return w.out.String(), w.cut
}

func walk(source string, hide bool) *pageWriter {
	w := &pageWriter{hide: hide}
	tokens := html.NewTokenizer(bytes.NewReader([]byte(source)))
	tokens.SetMaxBuf(maxToken)
	for w.out.Len() <= inbound.MaxText {
		switch tokens.Next() {
		case html.ErrorToken: // also the end
			w.cut = errors.Is(tokens.Err(), html.ErrBufferExceeded)
			w.closeLink()
			return w
		case html.TextToken:
			if w.skipped == 0 {
				w.write(tokens.Token().Data)
			}
		case html.StartTagToken:
			w.start(tokens.Token())
		case html.SelfClosingTagToken: // HTML has none but those that are empty anyway
			w.start(tokens.Token())
		case html.EndTagToken:
			w.end(tokens.Token().DataAtom)
		case html.CommentToken, html.DoctypeToken: // nobody sees them
		}
	}
	w.cut = true
	return w
}

// start handles a tag that opens an element.
func (w *pageWriter) start(tag html.Token) {
	if w.skipped > 0 {
		if tag.DataAtom == w.skips && !empty[tag.DataAtom] {
			w.skipped++
		}
		return
	}
	if unread[tag.DataAtom] || w.hide && hidden(tag) {
		if !empty[tag.DataAtom] && tag.DataAtom != 0 {
			w.skips, w.skipped = tag.DataAtom, 1
		}
		return
	}
	switch tag.DataAtom {
	case atom.Br:
		w.newline()
	case atom.A:
		w.closeLink()
		w.openLink(attribute(tag, "href"))
	case atom.Li:
		w.block(1)
		w.mark("- ")
	case atom.Td, atom.Th:
		w.space = true
	case atom.Pre:
		w.block(2)
		w.pre++
	case atom.Blockquote:
		w.block(2)
		w.quote++
	default:
		w.block(blocks[tag.DataAtom])
	}
}

// end handles a tag that closes an element.
func (w *pageWriter) end(a atom.Atom) {
	if w.skipped > 0 {
		if a == w.skips {
			w.skipped--
		}
		return
	}
	switch a {
	case atom.A:
		w.closeLink()
	case atom.Pre:
		w.block(2)
		w.pre = max(0, w.pre-1)
	case atom.Blockquote:
		w.block(2)
		w.quote = max(0, w.quote-1)
	default:
		w.block(blocks[a])
	}
}

// empty are the elements without an end tag.
var empty = map[atom.Atom]bool{
	atom.Area: true, atom.Base: true, atom.Br: true, atom.Col: true, atom.Embed: true, atom.Hr: true, atom.Img: true, atom.Input: true,
	atom.Link: true, atom.Meta: true, atom.Param: true, atom.Source: true, atom.Track: true, atom.Wbr: true,
}

// unread are the elements whose content nobody reads.
var unread = map[atom.Atom]bool{
	atom.Style: true, atom.Script: true, atom.Title: true, atom.Template: true, atom.Svg: true, atom.Math: true, atom.Object: true, atom.Iframe: true,
	atom.Noembed: true, atom.Noframes: true, atom.Select: true, atom.Audio: true, atom.Video: true, atom.Canvas: true,
}

// blocks are the elements that begin a new line (1), or a new paragraph (2).
var blocks = map[atom.Atom]int{
	atom.P: 2, atom.H1: 2, atom.H2: 2, atom.H3: 2, atom.H4: 2, atom.H5: 2, atom.H6: 2, atom.Ul: 2, atom.Ol: 2, atom.Dl: 2, atom.Table: 2, atom.Hr: 2,
	atom.Div: 1, atom.Li: 1, atom.Tr: 1, atom.Section: 1, atom.Article: 1, atom.Header: 1, atom.Footer: 1, atom.Address: 1, atom.Center: 1, atom.Dt: 1,
	atom.Dd: 1, atom.Form: 1, atom.Fieldset: 1, atom.Main: 1, atom.Nav: 1, atom.Aside: 1, atom.Figure: 1, atom.Figcaption: 1, atom.Body: 1, atom.Head: 1,
	atom.Option: 1, atom.Textarea: 1, atom.Caption: 1,
}

// hidden reports whether a tag hides its element. Preview texts of newsletters and traps for spam filters do so.
func hidden(tag html.Token) bool {
	for _, a := range tag.Attr {
		if a.Key == "hidden" {
			return true
		}
		if a.Key != "style" {
			continue
		}
		for rule := range strings.SplitSeq(strings.ToLower(a.Val), ";") {
			name, value, _ := strings.Cut(rule, ":")
			name, value = strings.TrimSpace(name), strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "!important"))
			switch name + ":" + value {
			case "display:none", "visibility:hidden", "opacity:0":
				return true
			}
		}
	}
	return false
}

func attribute(tag html.Token, name string) string {
	for _, a := range tag.Attr {
		if a.Key == name {
			return strings.TrimSpace(a.Val)
		}
	}
	return ""
}
