// Package received reads the mails that arrive at the privacy address. It holds no rule of privacy: it tells what a mail says, who is named
// as its sender, and whether a machine wrote it.
//
// Anybody can send anything to the address. So the structure of a mail (its header, its parts and how they nest) is read here, in one pass
// whose time and memory are bounded. Only the content of a single part is handed to enmime, which bounds neither the parts nor the nesting
// of what it reads. Enmime decodes that content: transfer encodings, character sets, media types.
package received

import (
	"bytes"
	"errors"
	"io"

	"github.com/helpdeskexpert/privacy/shared/inbound"
)

// Bounds of what is read of one mail. The mail of a person stays far below each of them.
const (
	maxRaw   = 8 << 20  // bytes of the mail; SES accepts 40 MB, but what a person writes comes before what they attach
	maxParts = 250      // parts of the mail, on all levels
	maxDepth = 100      // levels of parts within parts; forwarding adds one or two each time
	maxField = 16 << 10 // bytes of a field of the header, and there are at most maxSame fields of one name
	maxSame  = 8
	maxLeaf  = 2 << 20 // bytes of a part with text, as they are sent; newsletters bring much more style than text
)

// Read reads a mail as it came over SMTP. It cannot fail: what cannot be read is empty in the result. It reads at most 8 MiB of the mail, in
// time proportional to what it reads. A caller that has no more of the mail than this gets the same result.
func Read(raw io.Reader) inbound.Message {
	var all bytes.Buffer
	_, err := all.ReadFrom(io.LimitReader(raw, maxRaw+1))
	data := all.Bytes()
	short := err != nil && !errors.Is(err, io.EOF) // the rest of the mail is missing
	if len(data) > maxRaw {
		data, short = data[:maxRaw], true
	}
	return read(plain(data), short)
}

func read(data []byte, short bool) inbound.Message {
	m := split(data)
	r := reading{mail: m}
	text := r.part(m.root)
	text, cut := fit(clean(text), inbound.MaxText)
	from := sender(m.root.header)
	return inbound.Message{
		From:        from,
		Subject:     subjectLine(m.root.first("subject")),
		Text:        text,
		Cut:         cut || r.cut || r.packed && text == "" || m.over || short && m.textAtEnd(text),
		Attachments: r.attachments,
		Machine:     machine(m.root, from, r.reply && text == ""),
		Answers:     answers(m.root.header),
	}
}

// textAtEnd reports whether text is missing of a mail whose end is missing. Nothing is if the end is missing in an attachment that comes after
// the text, as it does in the mail of a person who attaches a film.
func (m *message) textAtEnd(text string) bool {
	return text == "" || m.last != nil && m.last.reads() != nothing
}

// plain makes a mail readable that was saved in a form of its own: as UTF-16, with a mark of UTF-8 at its start, or with lines that end in CR.
func plain(data []byte) []byte {
	if label := byteOrder(data); label == "utf-8" {
		data = data[3:]
	} else if label != "" {
		text, _ := convert(label, data[2:])
		data = []byte(text)
	}
	if bytes.IndexByte(data, '\n') < 0 {
		data = bytes.ReplaceAll(data, []byte{'\r'}, []byte{'\n'})
	}
	return bytes.TrimLeft(data, "\r\n")
}
