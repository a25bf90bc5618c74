package received

import (
	"bytes"
	"slices"
	"strings"
)

// header has the fields of a header that matter, under their names in lower case, in the order of the mail. Folded lines are joined.
type header map[string][]string

// kept are the fields that are read. All others, and there may be any number of them, are skipped without being stored.
var kept = []string{
	"from", "subject", "in-reply-to", "references", "return-path", "content-type", "content-transfer-encoding", "content-disposition",
	"auto-submitted", "x-autoreply", "x-autorespond", "x-autoresponder", "x-failed-recipients", "precedence", ownField,
}

// listFields is the beginning of the names of the fields that only mailing lists and bulk mails have (RFC 2369, RFC 2919).
const listFields = "list-"

// first returns the first field of a name, as mail programs do if a field is there twice that may be there once.
func (h header) first(name string) string {
	if len(h[name]) == 0 {
		return ""
	}
	return h[name][0]
}

// readHeader reads the header at the start of data and returns what follows it. A header ends with an empty line, or before a line that is
// no field: then somebody forgot the empty line. It also ends before a line for which end is true, if end is not nil.
func readHeader(data []byte, end func(line []byte) bool) (h header, body []byte) {
	h = header{}
	var name string
	var value []byte
	store := func() {
		if name != "" && len(h[name]) < maxSame {
			h[name] = append(h[name], string(value[max(0, len(value)-maxField):]))
		}
		name, value = "", nil
	}
	defer store()
	for len(data) > 0 {
		line, rest := cutLine(data)
		if len(line) == 0 {
			return h, rest
		}
		if end != nil && end(line) {
			return h, data
		}
		field, after, isField := cutField(line)
		switch {
		case line[0] == ' ' || line[0] == '\t':
			if name != "" {
				value = add(name, value, line)
			}
		case mboxLine(line): // a program that saves mails in one file put it before each
		case !isField:
			return h, data
		default:
			store()
			if slices.Contains(kept, field) {
				name, value = field, add(field, nil, after)
			} else if strings.HasPrefix(field, listFields) {
				h[listFields] = []string{""} // it is enough that there is one
			}
		}
		data = rest
	}
	return h, nil
}

// add adds a line to the value of a field. It keeps the start of a value that is too long, of References the end, where the newest ids are.
func add(name string, value, line []byte) []byte {
	if name != newestLast {
		return append(value, line[:min(len(line), maxField-len(value))]...)
	}
	if len(line) > maxField {
		line = line[len(line)-maxField:]
	}
	if len(value)+len(line) > 4*maxField { // not at every line, or a long field of short lines would take long
		value = append(value[:0], value[len(value)-min(len(value), maxField):]...)
	}
	return append(value, line...)
}

// newestLast is the field whose last ids matter most.
const newestLast = "references"

// cutLine returns the first line of data without its end, and what follows.
func cutLine(data []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(data, []byte{'\n'})
	return bytes.TrimSuffix(line, []byte{'\r'}), rest
}

// longestName is more than any name of a field has bytes.
const longestName = 200

// cutField splits a line into the name of a field, in lower case, and its value (RFC 5322, 2.2). Blanks before the colon were allowed once.
func cutField(line []byte) (name string, value []byte, ok bool) {
	colon := bytes.IndexByte(line, ':')
	if colon < 1 || colon > longestName {
		return "", nil, false
	}
	written := bytes.TrimRight(line[:colon], " \t")
	for _, c := range written {
		if c <= ' ' || c == 0x7f {
			return "", nil, false
		}
	}
	return strings.ToLower(string(written)), bytes.Trim(line[colon+1:], " \t"), len(written) > 0
}

func mboxLine(line []byte) bool {
	return bytes.HasPrefix(line, []byte("From ")) && !bytes.HasPrefix(bytes.TrimLeft(line[4:], " \t"), []byte{':'}) || bytes.HasPrefix(line, []byte(">From "))
}
