package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// load reads a version, checks it against schema.json and decodes it. Errors name the path of the field.
func load(dir fs.FS, name string) (*policy.Policy, error) {
	text, err := sourceJSON(dir, name)
	if err != nil {
		return nil, err
	}
	schema, err := schema(dir)
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	if err := schema.Validate(doc); err != nil {
		return nil, describe(err)
	}
	if err := unwritten(doc); err != nil {
		return nil, err
	}
	var p policy.Policy
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return nil, fmt.Errorf("schema.json allows what the Go types do not: %w", err)
	}
	return &p, nil
}

// sourceJSON turns authored YAML into JSON.
func sourceJSON(dir fs.FS, name string) ([]byte, error) {
	text, err := fs.ReadFile(dir, name)
	if err != nil {
		return nil, err
	}
	var doc any
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	return json.Marshal(doc)
}

func schema(dir fs.FS) (*jsonschema.Schema, error) {
	f, err := dir.Open("schema.json")
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("schema.json")
}

// describe turns a schema error into one line per field.
func describe(err error) error {
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return err
	}
	var lines []error
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			detail := e.ErrorKind.LocalizedString(message.NewPrinter(language.English))
			lines = append(lines, fmt.Errorf("/%s: %s", strings.Join(e.InstanceLocation, "/"), detail))
		}
		for _, cause := range e.Causes {
			walk(cause)
		}
	}
	walk(invalid)
	return errors.Join(lines...)
}
