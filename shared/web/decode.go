package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/helpdeskexpert/privacy/shared/fault"
)

// PublicLimit is the largest body of a public route, in bytes.
const PublicLimit = 64 << 10

// Decode reads the JSON body of a request into v and refuses what the contract refuses, naming the field: another
// content type (415), a body over the limit (413), malformed JSON and duplicate keys (400), unknown members and wrong
// types (422; threat T23).
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

// Body reads at most limit bytes of the body and refuses a longer one.
func Body(r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, fault.New(fault.Malformed, "The body could not be read.")
	}
	if int64(len(body)) > limit {
		return nil, fault.New(fault.TooLarge, "The body is larger than this route accepts.")
	}
	return body, nil
}

// Unmarshal decodes strict JSON into v with the errors of Decode.
func Unmarshal(body []byte, v any) error {
	err := json.Unmarshal(body, v, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return fault.New(fault.Malformed, "The JSON holds a key twice.", fault.Field{Pointer: string(syntax.JSONPointer), Detail: "stands twice"})
		}
		return fault.New(fault.Malformed, "The body is not well-formed JSON.")
	}
	if !jsontext.Value(body).IsValid() { // what is not JSON is not well-formed, whatever was wrong with its beginning
		return fault.New(fault.Malformed, "The body is not well-formed JSON.")
	}
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok {
		if errors.Is(err, json.ErrUnknownName) {
			return fault.At(string(wrong.JSONPointer), "is not a field of this request")
		}
		return fault.At(string(wrong.JSONPointer), wanted(wrong))
	}
	return fault.New(fault.Malformed, "The body is not the JSON this route takes.")
}

// wanted says what a field of the wrong type must be, in the words of JSON.
func wanted(err *json.SemanticError) string {
	if err.GoType == nil {
		return "is of the wrong type"
	}
	name := err.GoType.String()
	switch {
	case strings.HasSuffix(name, "time.Time"):
		return "must be an RFC 3339 time"
	case strings.HasPrefix(name, "map["), strings.HasPrefix(name, "struct"):
		return "must be an object"
	case strings.HasPrefix(name, "[]"):
		return "must be an array"
	case name == "bool", name == "*bool":
		return "must be true or false"
	case strings.HasPrefix(name, "int"), strings.HasPrefix(name, "float"):
		return "must be a number"
	default:
		return "is of the wrong type"
	}
}
