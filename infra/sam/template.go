// Package sam reads template.yaml, the only source of routes, schedules, event sources, tables and permissions. The tests of this
// package compare it with the code, and the local stack runs from what [Load] returns.
//
// It reads only what this project's template uses and refuses everything else. Intrinsic functions stay nodes until [Template.Resolve].
// Resources under a condition are read like all others, and say so ([Resource.Condition]): the local stack runs them all.
package sam

import (
	"fmt"
	"os"

	"go.yaml.in/yaml/v3"
)

// Template is the content of template.yaml.
type Template struct {
	Parameters map[string]Parameter
	Functions  []Function
	Tables     []Table
	Buckets    []Bucket
	Queues     []Queue
	API        API
	Resources  map[string]Resource
	Globals    Value // defaults of functions
	Outputs    map[string]Value
	conditions map[string]Value
}

// Parameter is one parameter of the stack.
type Parameter struct {
	Type, Default  string
	AllowedPattern string   // a regular expression; empty if any value is allowed
	AllowedValues  []string // nil if they are not listed
}

// Resource is any resource, as in the file.
type Resource struct {
	LogicalID, Type     string
	Condition           string // the condition under which it exists; empty if it always does
	DeletionPolicy      string
	UpdateReplacePolicy string
	Properties          Value
}

// Bucket is an S3 bucket.
type Bucket struct {
	LogicalID  string
	CORS       []Value // of the bucket's CORS rules
	Properties Value
}

// Load reads the template at path. All lists in it have the order of the file.
func Load(path string) (*Template, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("sam: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("sam: %w", err)
	}
	if len(doc.Content) != 1 {
		return nil, fmt.Errorf("sam: %s is empty", path)
	}
	root := Value{doc.Content[0]}
	t := &Template{Parameters: map[string]Parameter{}, conditions: map[string]Value{}, Resources: map[string]Resource{}, Outputs: map[string]Value{}}
	for _, e := range root.Get("Parameters").Entries() {
		t.Parameters[e.Key] = Parameter{
			Type: e.Value.Get("Type").Text(), Default: e.Value.Get("Default").Text(),
			AllowedPattern: e.Value.Get("AllowedPattern").Text(), AllowedValues: e.Value.Get("AllowedValues").Texts(),
		}
	}
	for _, e := range root.Get("Conditions").Entries() {
		t.conditions[e.Key] = e.Value
	}
	for _, e := range root.Get("Outputs").Entries() {
		t.Outputs[e.Key] = e.Value.Get("Value")
	}
	entries := root.Get("Resources").Entries()
	for _, e := range entries {
		t.Resources[e.Key] = Resource{
			LogicalID: e.Key, Type: e.Value.Get("Type").Text(), Condition: e.Value.Get("Condition").Text(), Properties: e.Value.Get("Properties"),
			DeletionPolicy: e.Value.Get("DeletionPolicy").Text(), UpdateReplacePolicy: e.Value.Get("UpdateReplacePolicy").Text(),
		}
	}
	globals := root.Get("Globals", "Function")
	t.Globals = globals
	for _, e := range entries {
		if err := t.add(t.Resources[e.Key], globals); err != nil {
			return nil, fmt.Errorf("sam: %s: %w", e.Key, err)
		}
	}
	return t, nil
}

func (t *Template) add(r Resource, globals Value) error {
	switch r.Type {
	case "AWS::Serverless::Function":
		f, err := t.function(r, globals)
		if err != nil {
			return err
		}
		t.Functions = append(t.Functions, f)
	case "AWS::Serverless::HttpApi":
		api, err := t.api(r)
		if err != nil {
			return err
		}
		t.API = api
	case "AWS::DynamoDB::Table":
		t.Tables = append(t.Tables, table(r))
	case "AWS::SQS::Queue":
		t.Queues = append(t.Queues, queue(r))
	case "AWS::S3::Bucket":
		t.Buckets = append(t.Buckets, Bucket{r.LogicalID, r.Properties.Get("CorsConfiguration", "CorsRules").List(), r.Properties})
	}
	return nil
}

// Queue finds a queue by its logical id.
func (t *Template) Queue(logicalID string) (Queue, bool) {
	for _, q := range t.Queues {
		if q.LogicalID == logicalID {
			return q, true
		}
	}
	return Queue{}, false
}

// Function finds a function by its logical id.
func (t *Template) Function(logicalID string) (Function, bool) {
	for _, f := range t.Functions {
		if f.LogicalID == logicalID {
			return f, true
		}
	}
	return Function{}, false
}
