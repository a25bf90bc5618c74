package fault

import "strings"

// Field names one member of the request that is at fault.
type Field struct {
	Pointer string `json:"pointer"` // RFC 6901 pointer into the body, such as "/subject/email"; "/" and the name of a variable of the path
	Detail  string `json:"detail"`  // what the field must be; never what it was
}

// Required is the detail of a member that must be there.
const Required = "is required"

const (
	unacceptable = "The request is well-formed, but some of it is not acceptable. See errors."
	mostFields   = 20 // named in one answer
	longestName  = 64 // characters of a member's name in a pointer; a longer one is no name but a text
)

// Fields collects what is at fault, so that one answer names all of it. The zero Fields is ready to use.
type Fields []Field

// Add notes a field at fault. What comes after the twentieth is left out.
func (f *Fields) Add(pointer, detail string) {
	if len(*f) < mostFields {
		*f = append(*f, Field{Pointer: pointer, Detail: detail})
	}
}

// Need notes a text that must have been sent, and must be acceptable: what is not there is required, what is not ok has the detail.
func (f *Fields) Need(pointer, sent string, ok bool, detail string) {
	switch {
	case sent == "":
		f.Add(pointer, Required)
	case !ok:
		f.Add(pointer, detail)
	}
}

// Require notes a text that must have been sent, whatever it says.
func (f *Fields) Require(pointer, sent string) { f.Need(pointer, sent, true, "") }

// Err returns an Unacceptable error that names the fields, nil without any.
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

// Pointer returns the part of an RFC 6901 pointer that leads to a member whose name the caller chose, cut short where it is no name.
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
