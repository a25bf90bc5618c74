package received

import (
	"strings"

	"github.com/helpdeskexpert/privacy/shared/inbound"
)

// reading goes through the parts of a mail, reads those that are the text and counts the others.
type reading struct {
	mail        *message
	attachments int
	cut         bool // some text could not be read
	packed      bool // there is a winmail.dat, which may have the text
	reply       bool // there is a calendar entry that answers an invitation
	size        int  // bytes of the text so far
}

// part returns the text of a part and of what is in it. The depth of the calls is bounded by maxDepth.
func (r *reading) part(p *part) string {
	if p.multipart() {
		return r.multipart(p)
	}
	if how := p.reads(); how != nothing && (!p.file || p == r.mail.first) {
		return r.leaf(p, how)
	}
	r.attach(p)
	return ""
}

func (r *reading) multipart(p *part) string {
	switch {
	case p.encrypted(), p.closed && p != r.mail.root:
		r.attachments++
		r.cut = true
		return ""
	case len(p.parts) == 0: // a text whose header is wrong
		r.cut = r.cut || len(p.body) > 0
		return r.leaf(p, prose)
	case p.kind == "multipart/alternative":
		return r.alternative(p)
	case p.kind == "multipart/related", p.kind == "multipart/signed", p.kind == "multipart/report":
		text := r.part(p.parts[0])
		r.count(p.parts[1:])
		return text
	}
	var texts []string
	for _, inner := range p.parts {
		if p.kind == "multipart/digest" && inner.kind == "" {
			r.attachments++ // a mail, and no text (RFC 2046, 5.1.5)
			continue
		}
		if text := r.part(inner); strings.TrimFunc(text, blank) != "" {
			texts = append(texts, strings.Trim(text, "\r\n"))
		}
	}
	return strings.Join(texts, "\n\n")
}

// alternative returns the plain text of several forms of one text, or else the first form that has a text.
func (r *reading) alternative(p *part) string {
	for _, plain := range []bool{true, false} {
		for i, inner := range p.parts {
			if inner.attached || plain != (inner.reads() == prose) || !inner.multipart() && inner.reads() == nothing {
				continue
			}
			tried := *r
			if text := tried.part(inner); strings.TrimFunc(clean(text), blank) != "" {
				*r = tried
				r.count(p.parts[:i])
				r.count(p.parts[i+1:])
				return text
			}
		}
	}
	r.count(p.parts)
	return ""
}

// count counts the attachments in parts whose text is not read.
func (r *reading) count(parts []*part) {
	for _, p := range parts {
		switch {
		case p.multipart() && !p.closed:
			r.count(p.parts)
		case p.signature(), p.kind == "text/x-amp-html": // a form of the text for one provider
		case p.reads() == nothing, p.file:
			r.attach(p)
		}
	}
}

func (r *reading) attach(p *part) {
	r.attachments++
	r.cut = r.cut || p.encrypted()
	r.packed = r.packed || p.packed()
	if p.kind == "text/calendar" || p.kind == "application/ics" {
		r.reply = r.reply || strings.EqualFold(p.params["method"], "reply") || replies(p)
	}
}

// leaf returns the text of a part without parts.
func (r *reading) leaf(p *part, how content) string {
	if r.size > inbound.MaxText {
		r.cut = true
		return ""
	}
	body := p.body
	if len(body) > maxLeaf {
		body, r.cut = body[:maxLeaf], true
	}
	data, whole := decode(p.first("content-transfer-encoding"), body)
	charset := p.params["charset"]
	if how == page && charset == "" {
		charset = declared(data)
	}
	text, known := toUTF8(charset, data)
	r.cut = r.cut || !whole || !known
	if binary(text) {
		r.cut = true
		return ""
	}
	if how == page {
		var cut bool
		text, cut = pageText(text)
		r.cut = r.cut || cut
	} else {
		text = r.armour(unflow(text, p.params))
	}
	r.size += len(text)
	return text
}
