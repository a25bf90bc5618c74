package received

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/jhillyerd/enmime/v2"
)

// parser decodes the content of one part. It does not guess character sets: it would do so in goroutines, in which a failure ends the process,
// and it would often guess wrong in the few lines of a mail. It keeps what it can of broken content.
var parser = enmime.NewParser(
	enmime.DisableCharacterDetection(true),
	enmime.MultipartWOBoundaryAsSinglePart(true),
	enmime.MaxStoredPartErrors(1),
	enmime.SetReadPartErrorPolicy(func(*enmime.Part, error) bool { return true }),
)

// leaf has enmime decode a content that has no parts. encoding and charset must be plain words, because they are written into a header.
func leaf(encoding, charset string, content []byte) (text []byte, ok bool) {
	defer func() {
		if recover() != nil { // see mediaType
			text, ok = nil, false
		}
	}()
	head := fmt.Sprintf("Content-Type: text/plain; charset=\"%s\"\r\nContent-Transfer-Encoding: %s\r\n\r\n", charset, encoding)
	p, err := parser.ReadParts(io.MultiReader(strings.NewReader(head), bytes.NewReader(content)))
	if err != nil {
		return nil, false
	}
	return p.Content, len(p.Errors) == 0
}

// decode undoes the transfer encoding of a part (RFC 2045, 6). It returns false if something of the content could not be read.
func decode(encoding string, content []byte) ([]byte, bool) {
	switch token(encoding) {
	case "", "7bit", "8bit", "binary":
		return content, true
	case "quoted-printable":
		return leaf("quoted-printable", "utf-8", content)
	case "base64":
		digits, rest := base64Digits(content)
		if len(digits) < base64Line && len(rest) > 0 && rest[0] != '=' {
			return content, true // it is a text, and the header is wrong
		}
		data, ok := leaf("base64", "utf-8", digits)
		padding := bytes.Count(rest, []byte{'='})
		return data, ok && (len(digits)+padding)%4 == 0 && len(bytes.Trim(rest, "= \t\r\n")) == 0
	}
	return content, false
}

// base64Line is how many characters a full line of base64 has at least.
const base64Line = 60

// base64Digits returns the base64 at the start of a content, without line ends, and what follows it: its padding, and what a mailing list has
// added behind it. Text is known by the blanks between its words. Characters that do not belong into base64 are left out here, since the
// parser would report each in an error of its own, which takes more memory than the mail.
func base64Digits(content []byte) (digits, rest []byte) {
	digits = make([]byte, 0, len(content))
	for i, c := range content {
		switch {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '+', c == '/':
			digits = append(digits, c)
		case c == '=', c == ' ' && i > 0 && content[i-1] > ' ' && i+1 < len(content) && content[i+1] > ' ':
			return digits, content[i:]
		}
	}
	return digits, nil
}
