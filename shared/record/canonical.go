package record

import (
	"bytes"
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/helpdeskexpert/privacy/shared/fault"
)

// Canonical returns data as it is stored: members sorted (RFC 8785), no insignificant space, strings in their shortest
// form, and numbers digit for digit as they were sent, since an export must return what was received. Malformed JSON, a
// duplicate key and text that is not UTF-8 are fault.Malformed.
func Canonical(data []byte) ([]byte, error) {
	value := jsontext.Value(bytes.Clone(data))
	err := value.Format(jsontext.ReorderRawObjects(true))
	if err == nil {
		return value, nil
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok && errors.Is(err, jsontext.ErrDuplicateName) {
		return nil, fault.New(fault.Malformed, "The JSON contains a key twice.",
			fault.Field{Pointer: "/data" + string(syntax.JSONPointer), Detail: "appears twice"})
	}
	return nil, fault.New(fault.Malformed, "The data is not well-formed JSON.")
}
