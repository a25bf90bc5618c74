package web

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/helpdeskexpert/privacy/shared/fault"
)

// PublicLimit is the largest body of a public route, in bytes.
const PublicLimit = 64 << 10

// Decode reads the JSON body of a request into v. It refuses what the API does not allow, and names the field: another content type
// (415), a body over the limit (413), malformed JSON and duplicate keys (400), unknown members and wrong types (422; threat T23).
func Decode(r *http.Request, limit int64, v any) error {
	if err := ContentType(r, "application/json"); err != nil {
		return err
	}
	body, err := Body(r, limit)
	if err != nil {
		return err
	}
	return Unmarshal(body, v)
}

// ContentType refuses a request whose body is of another media type.
func ContentType(r *http.Request, want string) error {
	if got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || got != want {
		return fault.New(fault.MediaType, "The body must be "+want+".")
	}
	return nil
}

var errUnreadable = fault.New(fault.Malformed, "The body could not be read.")

// Body reads at most limit bytes of the body and refuses a longer one.
func Body(r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, errUnreadable
	}
	if int64(len(body)) > limit {
		return nil, fault.New(fault.TooLarge, "The body is larger than this route accepts.")
	}
	return body, nil
}

// Unmarshal decodes strict JSON into v with the errors of [Decode]. If several members have a wrong type, it names only the first.
func Unmarshal(body []byte, v any) error {
	err := json.Unmarshal(body, v, json.RejectUnknownMembers(true))
	if err == nil {
		return nulls(body)
	}
	var whole jsontext.Value
	if broken := json.Unmarshal(body, &whole); broken != nil { // the body may also be malformed after the first wrong type
		err = broken
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok && errors.Is(err, jsontext.ErrDuplicateName) {
		return fault.New(fault.Malformed, "The JSON contains a key twice.", fault.Field{Pointer: place(syntax.JSONPointer), Detail: "appears twice"})
	}
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok {
		if errors.Is(err, json.ErrUnknownName) {
			return fault.At(place(wrong.JSONPointer), "is not a field of this request")
		}
		return fault.At(place(wrong.JSONPointer), wanted(wrong))
	}
	return fault.New(fault.Malformed, "The body is not well-formed JSON.")
}

// nulls refuses each null, because the decoder treats a null like an absent member.
func nulls(body []byte) error {
	if !bytes.Contains(body, []byte("null")) { // skips the loop on the hot path
		return nil
	}
	var at fault.Fields
	tokens := jsontext.NewDecoder(bytes.NewReader(body))
	for {
		token, err := tokens.ReadToken()
		if err != nil { // the end of the body, which has been decoded before
			return at.Err()
		}
		if token.Kind() == 'n' {
			at.Add(place(tokens.StackPointer()), "must not be null")
		}
	}
}

// deepest is the most names of a pointer that an answer repeats. No valid body is deeper.
const deepest = 16

// place returns a pointer that is safe to repeat: it cuts long names, and ends after deepest names. The caller may have sent anything
// there, and the answer must not grow with it.
func place(pointer jsontext.Pointer) string {
	var short strings.Builder
	depth := 0
	for name := range pointer.Tokens() {
		if depth++; depth > deepest {
			break
		}
		short.WriteString(fault.Pointer(name))
	}
	return short.String()
}

// wanted says what a field of the wrong type must be, in JSON's words.
func wanted(err *json.SemanticError) string {
	t := err.GoType
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil {
		return "is of the wrong type"
	}
	switch t.Kind() {
	case reflect.String:
		return "must be a string"
	case reflect.Struct, reflect.Map:
		return "must be an object"
	case reflect.Slice:
		return "must be an array"
	case reflect.Bool:
		return "must be true or false"
	default:
		return "is of the wrong type"
	}
}
