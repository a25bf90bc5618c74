package openapitest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// jose lets a schema describe the header and the payload of a compact JWS (RFC 7515, section 7.1). It checks no signature.
var jose = jsonschema.MediaType{
	Name:          "application/jose",
	Validate:      func(text []byte) error { _, err := parts(text); return err },
	UnmarshalJSON: parts,
}

func parts(text []byte) (any, error) {
	segments := strings.Split(string(text), ".")
	if len(segments) != 3 {
		return nil, errors.New("a compact JWS has three parts")
	}
	var list []any
	for _, segment := range segments[:2] {
		decoded, err := base64.RawURLEncoding.DecodeString(segment)
		if err != nil {
			return nil, err
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(decoded))
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	return list, nil
}

func itoa(i int) string { return strconv.Itoa(i) }

// json checks a JSON text against the schema at a pointer.
func (c *contract) json(t testing.TB, label, where string, text []byte) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Errorf("%s: the body is not JSON: %v", label, err)
		return
	}
	c.value(t, label, where, value)
}

// value checks a value against the schema at a pointer.
func (c *contract) value(t testing.TB, label, where string, value any) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	schema, err := c.compiler.Compile("openapi.json#" + where)
	if err != nil {
		t.Fatalf("the contract's schema at %s: %v", where, err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s is not as the contract says: %v", label, err)
	}
}
