package fault

import "strings"

// Field names one invalid member of the request.
type Field struct {
	Pointer string `json:"pointer"` // RFC 6901 pointer into the body, such as "/subject/email"; for a path variable, "/" and its name
	Detail  string `json:"detail"`  // what the field must be; never what was sent
}

// Required is the detail of a member that is missing.
const Required = "is required"

const (
	unacceptable = "The request is well-formed, but some of it is not acceptable. See errors."
	mostFields   = 20 // the most fields that one answer names
	longestName  = 64 // characters of a member's name in a pointer; anything longer is free text, not a name
)

// Fields collects the invalid fields, so that one answer names all of them. The zero Fields is ready to use.
type Fields []Field

// Add adds an invalid field. It ignores all fields after the twentieth.
func (f *Fields) Add(pointer, detail string) {
	if len(*f) < mostFields {
		*f = append(*f, Field{Pointer: pointer, Detail: detail})
	}
}

// Need checks a text that must be present and valid. If it is empty, Need adds the field as required; if ok is false, with the detail.
func (f *Fields) Need(pointer, sent string, ok bool, detail string) {
	switch {
	case sent == "":
		f.Add(pointer, Required)
	case !ok:
		f.Add(pointer, detail)
	}
}

// Require checks a text that must be present, whatever it says.
func (f *Fields) Require(pointer, sent string) { f.Need(pointer, sent, true, "") }

// Err returns an Unacceptable error that names the fields, or nil if there are none.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	return New(Unacceptable, unacceptable, f...)
}

// At returns an Unacceptable error about one field.
func At(pointer, detail string) *Error {
	return New(Unacceptable, unacceptable, Field{Pointer: pointer, Detail: detail})
}

// Pointer returns the segment of an RFC 6901 pointer for a member whose name the caller chose. It cuts a name that is too long.
func Pointer(name string) string {
	n := 0
	for i := range name {
		if n == longestName {
			name = name[:i]
			break
		}
		n++
	}
	return "/" + strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}
