package received

import (
	"strings"

	"github.com/jhillyerd/enmime/v2/mediatype"
)

// maxType is the most bytes of a field with a media type that are parsed. What the parser does with a long field takes long.
const maxType = 2 << 10

// describe reads what the header of a part tells about its content.
func (p *part) describe() {
	p.kind, p.params = mediaType(p.first("content-type"))
	disposition, params := mediaType(p.first("content-disposition"))
	p.attached = disposition == "attachment"
	p.file = params["filename"] != "" || p.params["name"] != ""
}

// mediaType parses a field such as `text/plain; charset=utf-8`. It returns an empty type for what it cannot read, and never a nil map.
func mediaType(field string) (kind string, params map[string]string) {
	defer func() {
		// The parser repairs what mail programs get wrong, with code that this project has not written.
		if recover() != nil {
			kind, params = "", map[string]string{}
		}
	}()
	field, _ = fit(strings.ToValidUTF8(field, ""), maxType)
	kind, params, _, err := mediatype.Parse(field)
	if err != nil || params == nil {
		params = map[string]string{}
	}
	return strings.ToLower(strings.TrimSpace(kind)), params
}

func (p *part) multipart() bool { return strings.HasPrefix(p.kind, "multipart/") }

// content is what a part has for a reader.
type content int

const (
	nothing content = iota // a file, or what only programs read
	prose
	page // HTML
)

// texts are the media types that are read as text. Other types of text, such as calendars, cards of addresses and tables, are files.
var texts = map[string]content{
	"": prose, "text": prose, "text/plain": prose, "text/markdown": prose, "text/x-markdown": prose, "text/enriched": prose,
	"text/html": page, "application/xhtml+xml": page,
}

// reads tells how the content of a part is read.
func (p *part) reads() content {
	if p.attached {
		return nothing
	}
	return texts[p.kind]
}

// encrypted reports whether some text of the mail is within the part and cannot be read: S/MIME encrypts or signs it in one block (RFC 8551),
// PGP/MIME encrypts it (RFC 3156).
func (p *part) encrypted() bool {
	switch p.kind {
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		return p.params["smime-type"] != "certs-only"
	case "application/pgp-encrypted", "multipart/encrypted":
		return true
	}
	return false
}

// packed reports whether the part is Outlook's winmail.dat. It often repeats the text that stands beside it, and sometimes has it alone.
func (p *part) packed() bool {
	return p.kind == "application/ms-tnef" || p.kind == "application/vnd.ms-tnef"
}

// signature reports whether the part is the signature of a signed mail. The person has not attached it.
func (p *part) signature() bool {
	switch p.kind {
	case "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature":
		return true
	}
	return false
}
