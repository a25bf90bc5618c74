package received

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"
)

// label is the name of a character set. It is written into a header, so it must be a plain word.
var label = regexp.MustCompile(`^[a-z0-9][a-z0-9_.:+-]{0,39}$`)

// loose are names of character sets under which mail programs also send other ones, mostly UTF-8.
var loose = map[string]bool{
	"": true, "us-ascii": true, "ascii": true, "ansi_x3.4-1968": true, "iso-8859-1": true, "latin1": true, "iso-8859-15": true, "windows-1252": true,
	"utf-8": true, "utf8": true, "unicode-1-1-utf-8": true, "unknown-8bit": true, "x-unknown": true, "default": true, "8bit": true, "binary": true,
}

// toUTF8 converts a text from the character set that the mail names. It returns false if some of the text is unreadable. It believes the mail
// unless the bytes speak against it: what is valid UTF-8 beyond ASCII is UTF-8, and what should be UTF-8 and is not is Windows-1252.
func toUTF8(charset string, data []byte) (string, bool) {
	charset = strings.ToLower(strings.Trim(charset, " \t\"'"))
	if order := byteOrder(data); order == "utf-8" {
		charset, data = "", data[3:]
	} else if order != "" {
		charset, data = order, data[2:]
	}
	if !loose[charset] {
		if text, ok := convert(charset, data); ok {
			return text, true
		}
	}
	known := loose[charset]
	switch {
	case ascii(data) && bytes.Contains(data, []byte("\x1b$")): // no text has this but one in ISO-2022-JP
		return convert("iso-2022-jp", data)
	case ascii(data):
		return string(data), true
	case mostlyUTF8(data):
		return strings.ToValidUTF8(string(data), "\uFFFD"), known || utf8.Valid(data)
	case charset == "iso-8859-15":
		return convert(charset, data)
	}
	text, _ := convert("windows-1252", data)
	return text, known
}

// convert converts a text by the tables of enmime. It returns false for a character set that enmime does not know.
func convert(charset string, data []byte) (string, bool) {
	if !label.MatchString(charset) || strings.HasPrefix(charset, "iso-2022-") && charset != "iso-2022-jp" { // enmime knows the others by name only
		return "", false
	}
	text, ok := leaf("8bit", charset, data)
	return string(text), ok
}

// byteOrder returns the character set that the first bytes of a text mark, or "".
func byteOrder(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return "utf-8"
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return "utf-16le"
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return "utf-16be"
	}
	return ""
}

func ascii(data []byte) bool {
	for _, c := range data {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// mostlyUTF8 reports whether more characters of a text are valid UTF-8 beyond ASCII than are not.
func mostlyUTF8(data []byte) bool {
	good, bad := 0, 0
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case size > 1:
			good++
		}
		data = data[size:]
	}
	return good > bad
}

// metaCharset is where HTML names its character set, if the header of the part does not.
var metaCharset = regexp.MustCompile(`(?i)<meta[^>]{0,200}charset=["']?([a-z0-9_.:+-]{1,40})`)

// declared returns the character set that an HTML text names in its first kilobyte, where browsers look for it too.
func declared(data []byte) string {
	if found := metaCharset.FindSubmatch(data[:min(len(data), 1024)]); found != nil && !bytes.HasPrefix(bytes.ToLower(found[1]), []byte("utf-16")) {
		return string(found[1]) // a text in which this can be read is not UTF-16
	}
	return ""
}
