package ses

import (
	"bytes"
	"fmt"
	"maps"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
)

// EML returns a mail as the server of its recipient receives it: headers and both parts (RFC 5322, RFC 2046), as SES writes them. A mail
// program opens it as a file.
func (m Mail) EML() ([]byte, error) {
	var to []string
	for _, address := range m.To {
		to = append(to, (&mail.Address{Address: address}).String())
	}
	var b bytes.Buffer
	parts := multipart.NewWriter(&b)
	headers := [][2]string{
		{"From", (&mail.Address{Address: m.From}).String()}, {"To", strings.Join(to, ", ")}, {"Subject", m.Subject},
		{"Date", m.At.UTC().Format(dateLayout)}, {"Message-ID", m.MessageID()}, {"MIME-Version", "1.0"},
		{"Content-Type", `multipart/alternative; boundary="` + parts.Boundary() + `"`},
	}
	for _, name := range slices.Sorted(maps.Keys(m.Headers)) {
		headers = append(headers, [2]string{name, m.Headers[name]})
	}
	for _, header := range headers {
		// Encoding leaves printable ASCII as it is, and no line break in a value survives it (threat T15).
		fmt.Fprintf(&b, "%s: %s\r\n", textproto.CanonicalMIMEHeaderKey(header[0]), mime.QEncoding.Encode("utf-8", header[1]))
	}
	b.WriteString("\r\n")
	for _, part := range [][2]string{{"text/plain", m.Text}, {"text/html", m.HTML}} {
		w, err := parts.CreatePart(textproto.MIMEHeader{"Content-Type": {part[0] + "; charset=UTF-8"}, "Content-Transfer-Encoding": {"quoted-printable"}})
		if err != nil {
			return nil, err
		}
		encoded := quotedprintable.NewWriter(w)
		if _, err := encoded.Write([]byte(part[1])); err != nil {
			return nil, err
		}
		if err := encoded.Close(); err != nil {
			return nil, err
		}
	}
	if err := parts.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// MessageID returns the field Message-ID of a mail that SES has sent, by which replies name it: the id that SES answered, at SES's region.
func (m Mail) MessageID() string { return "<" + m.ID + "@" + region + ".amazonses.com>" }

// header returns the value of a field that the service added to the mail.
func (m Mail) header(name string) string {
	for have, value := range m.Headers {
		if strings.EqualFold(have, name) {
			return value
		}
	}
	return ""
}

// serveEML answers with a mail as a file.
func serveEML(w http.ResponseWriter, m Mail) {
	eml, err := m.EML()
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "message/rfc822")
	w.Header().Set("Content-Disposition", "attachment")
	_, _ = w.Write(eml)
}
