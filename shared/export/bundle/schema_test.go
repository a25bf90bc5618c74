package bundle

import (
	"bytes"
	"path"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

func TestPromise_H05_BundlesMatchTheirSchemas(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schemas := map[string]*jsonschema.Schema{}
	for _, name := range []string{"data", "consents", "manifest", "processing", "requests", "subject"} {
		schema, err := compiler.Compile("schema/" + name + ".schema.json")
		if err != nil {
			t.Fatal(err)
		}
		schemas[name] = schema
	}
	for _, right := range []privacy.Right{privacy.Access, privacy.Portability} {
		for stored, records := range map[string][]Record{"something": person(), "nothing": nil} {
			in := input(right, records)
			if stored == "something" {
				in.Requests, in.Subject = requested(), known()
			}
			files, _, _ := build(t, in)
			for name, content := range files {
				kind := strings.TrimSuffix(path.Base(name), ".json")
				if path.Dir(name) == "data" {
					kind = "data"
				}
				if path.Ext(name) != ".json" {
					continue
				}
				value, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
				if err != nil {
					t.Fatal(err)
				}
				if err := schemas[kind].Validate(value); err != nil {
					t.Errorf("%s of a subject of whom %s is stored: %s: %v", right, stored, name, err)
				}
			}
		}
	}
}
