package received

import (
	"bytes"
	"strings"
)

// unflow joins the lines of a text that a mail program has broken for the width of a screen (RFC 3676): a line that ends in a blank goes on
// in the next one, if both are quoted equally often.
func unflow(text string, params map[string]string) string {
	if !strings.EqualFold(params["format"], "flowed") {
		return text
	}
	const signature = "-- " // stands alone, although it ends in a blank
	var out strings.Builder
	depth, flows := 0, false // of the line before
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		content := strings.TrimLeft(line, ">")
		quoted := len(line) - len(content)
		content = strings.TrimPrefix(content, " ")
		joins := flows && quoted == depth && content != signature
		if !joins {
			if i > 0 {
				out.WriteByte('\n')
			}
			if quoted > 0 {
				out.WriteString(line[:quoted] + " ")
			}
		}
		flows = strings.HasSuffix(content, " ") && content != signature
		if flows && strings.EqualFold(params["delsp"], "yes") {
			content = content[:len(content)-1]
		}
		out.WriteString(content)
		depth = quoted
	}
	return out.String()
}

// The lines of PGP within a text (RFC 9580, 6.2 and 7).
const (
	pgpMessage   = "-----BEGIN PGP MESSAGE-----"
	pgpEnd       = "-----END PGP MESSAGE-----"
	pgpSigned    = "-----BEGIN PGP SIGNED MESSAGE-----"
	pgpSignature = "-----BEGIN PGP SIGNATURE-----"
	pgpSigned2   = "-----END PGP SIGNATURE-----"
)

// armour takes out of a text what PGP has put in. What is encrypted counts as one attachment.
func (r *reading) armour(text string) string {
	if !strings.Contains(text, "-----BEGIN PGP ") {
		return text
	}
	var kept []string
	hidden := false  // within an encrypted block or a signature
	heading := false // within the lines before a signed text
	signed, encrypted := false, 0
	for line := range strings.SplitSeq(text, "\n") {
		switch mark := strings.TrimRightFunc(line, blank); {
		case mark == pgpMessage:
			hidden, encrypted = true, 1
		case mark == pgpSignature:
			hidden = true
		case mark == pgpEnd, mark == pgpSigned2:
			hidden, signed = false, false
		case mark == pgpSigned:
			heading, signed = true, true
		case heading:
			heading = mark != ""
		case !hidden && signed:
			kept = append(kept, strings.TrimPrefix(line, "- "))
		case !hidden:
			kept = append(kept, line)
		}
	}
	r.attachments += encrypted
	r.cut = r.cut || encrypted > 0
	return strings.Join(kept, "\n")
}

// replies reports whether a calendar entry answers an invitation (RFC 5546). Its method is at its start.
func replies(p *part) bool {
	data, _ := decode(p.first("content-transfer-encoding"), p.body[:min(len(p.body), maxField)])
	for line := range bytes.Lines(data) {
		if bytes.EqualFold(bytes.TrimSpace(line), []byte("METHOD:REPLY")) {
			return true
		}
	}
	return false
}
