package openapitest

import (
	"bytes"
	"strconv"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func itoa(i int) string { return strconv.Itoa(i) }

// json holds a JSON text against the schema at a pointer.
func (c *contract) json(t testing.TB, label, where string, text []byte) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Errorf("%s: the body is not JSON: %v", label, err)
		return
	}
	c.value(t, label, where, value)
}

// value holds a value against the schema at a pointer.
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
