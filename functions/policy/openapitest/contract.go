package openapitest

import (
	"bytes"
	"net/http"
	slashes "path"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/helpdeskexpert/privacy/functions/policy/openapi"
)

// contract is the bundled document, with the JSON Schemas that have been compiled from it so far.
type contract struct {
	mu       sync.Mutex
	compiler *jsonschema.Compiler
	root     map[string]any
}

var shared = sync.OnceValues(func() (*contract, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(openapi.Document()))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	compiler.RegisterContentMediaType(&jose)
	compiler.AssertContent()
	return &contract{compiler: compiler, root: doc.(map[string]any)}, compiler.AddResource("openapi.json", doc)
})

func load(t testing.TB) *contract {
	t.Helper()
	c, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// node is an object of the document and its location.
type node struct {
	value map[string]any
	where string // JSON pointer
}

// pointer builds an RFC 6901 pointer.
func pointer(tokens ...string) string {
	var b strings.Builder
	for _, token := range tokens {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(token))
	}
	return b.String()
}

// child descends by keys and follows a reference at each step. It returns nil if a key is missing.
func (n *node) child(c *contract, keys ...string) *node {
	for _, key := range keys {
		value, ok := n.value[key].(map[string]any)
		if !ok {
			return nil
		}
		n = c.follow(&node{value, n.where + pointer(key)})
	}
	return n
}

// follow returns the object that a reference points to, or n itself.
func (c *contract) follow(n *node) *node {
	ref, ok := n.value["$ref"].(string)
	if !ok {
		return n
	}
	target := &node{c.root, ""}
	for token := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		key := strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		value, _ := target.value[key].(map[string]any)
		target = &node{value, target.where + pointer(key)}
	}
	return target
}

func (n *node) members(key string) map[string]any {
	m, _ := n.value[key].(map[string]any)
	return m
}

func (n *node) is(key string) bool { b, _ := n.value[key].(bool); return b }

func (n *node) text(key string) string { s, _ := n.value[key].(string); return s }

// has reports whether a list exists and is not empty.
func (n *node) has(key string) bool { l, _ := n.value[key].([]any); return len(l) > 0 }

// schema returns the location of the node's schema.
func (n *node) schema() string { return n.where + pointer("schema") }

// parameters returns the parameters of an operation. In the bundle, parameters of a path item stay at the path item.
func (n *node) parameters(c *contract) []*node {
	item := n.where[:strings.LastIndex(n.where, "/")]
	path := strings.NewReplacer("~1", "/", "~0", "~").Replace(strings.TrimPrefix(item, "/paths/"))
	above := &node{c.root["paths"].(map[string]any)[path].(map[string]any), item}
	var out []*node
	for _, from := range []*node{above, n} {
		list, _ := from.value["parameters"].([]any)
		for i, p := range list {
			out = append(out, c.follow(&node{p.(map[string]any), from.where + pointer("parameters", itoa(i))}))
		}
	}
	return out
}

// operation finds the declared operation of a request. It returns the operation, its route key and its path parameters. A HEAD
// counts as a GET. A path with a segment of dots matches no operation.
func (c *contract) operation(method, path string) (route string, params map[string]string, op *node) {
	if path != "/" && path != slashes.Clean(path) {
		return "", nil, nil
	}
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for pattern := range c.root["paths"].(map[string]any) {
		if params, ok := match(pattern, path); ok && method == strings.ToUpper(method) {
			op = (&node{c.root, ""}).child(c, "paths", pattern, strings.ToLower(method))
			if op != nil {
				return method + " " + pattern, params, op
			}
		}
	}
	return "", nil, nil
}

func match(pattern, path string) (map[string]string, bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	params := map[string]string{}
	for i, w := range want {
		switch {
		case strings.HasPrefix(w, "{") && got[i] != "":
			params[strings.Trim(w, "{}")] = got[i]
		case w != got[i]:
			return nil, false
		}
	}
	return params, true
}
