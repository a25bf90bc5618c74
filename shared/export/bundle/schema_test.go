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
	for name, asked := range map[string]func([]Record) Input{
		"access": func(r []Record) Input { return input(privacy.Access, r) }, "portability": func(r []Record) Input { return input(privacy.Portability, r) },
		"know specific": func(r []Record) Input { return input(privacy.Know, r) }, "know categories": func([]Record) Input { return statement() },
	} {
		for stored, records := range map[string][]Record{"something": person(), "nothing": nil} {
			in := asked(records)
			if stored == "something" {
				in.Requests, in.Subject = requested(), known()
			}
			files, _, _ := build(t, in)
			for file, content := range files {
				kind := strings.TrimSuffix(path.Base(file), ".json")
				if path.Dir(file) == "data" {
					kind = "data"
				}
				if path.Ext(file) != ".json" {
					continue
				}
				value, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
				if err != nil {
					t.Fatal(err)
				}
				if err := schemas[kind].Validate(value); err != nil {
					t.Errorf("%s of a subject of whom %s is stored: %s: %v", name, stored, file, err)
				}
			}
		}
	}
}
