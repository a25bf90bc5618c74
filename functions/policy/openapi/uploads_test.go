package openapi

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// taken are the media types that a body may have. None of them can be a document.
var taken = []string{"application/json", "application/x-ndjson"}

// oneClick takes nothing but a form, because mail programs send one (RFC 8058).
const oneClick = "POST /v1/unsubscribe/{token}"

var formTypes = []string{plainForm, "multipart/form-data"}

// filing also takes the plain form of a browser without script. Such a form sends the name of a file at most, and no file.
const filing, plainForm = "POST /v1/requests", "application/x-www-form-urlencoded"

// T03: nobody can steal identity documents here, because the service accepts none: no route takes a file or has a field for one.
func TestThreat_T03_NoSchemaTakesADocument(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(Document(), &root); err != nil {
		t.Fatal(err)
	}
	bodies := 0
	for _, route := range Routes() {
		method, path, _ := strings.Cut(route, " ")
		operation := root["paths"].(map[string]any)[path].(map[string]any)[strings.ToLower(method)].(map[string]any)
		if operation["requestBody"] == nil {
			continue
		}
		bodies++
		types := taken
		switch route {
		case oneClick:
			types = formTypes
		case filing:
			types = []string{"application/json", plainForm}
		}
		for _, found := range documents(root, operation["requestBody"], types, map[string]bool{}) {
			t.Errorf("%s takes %s", route, found)
		}
	}
	if bodies < 10 {
		t.Errorf("only %d routes take a body: this test looks in the wrong place", bodies)
	}
}

// documents lists the parts of a request body's schema, below a node, that could contain a file. It follows each reference once.
func documents(root map[string]any, node any, types []string, seen map[string]bool) (found []string) {
	switch n := node.(type) {
	case []any:
		for _, inner := range n {
			found = append(found, documents(root, inner, types, seen)...)
		}
	case map[string]any:
		if content, ok := n["content"].(map[string]any); ok {
			for mediaType := range content {
				if !slices.Contains(types, mediaType) {
					found = append(found, mediaType)
				}
			}
		}
		if format := n["format"]; format == "binary" || format == "byte" {
			found = append(found, fmt.Sprint(format))
		}
		for key, inner := range n {
			switch key {
			case "contentEncoding", "contentMediaType":
				found = append(found, key)
			case "example", "examples", "description":
			case "$ref":
				if ref := inner.(string); !seen[ref] {
					seen[ref] = true
					found = append(found, documents(root, at(root, ref), types, seen)...)
				}
			default:
				found = append(found, documents(root, inner, types, seen)...)
			}
		}
	}
	return found
}

// at returns what a reference within the document points to.
func at(root map[string]any, ref string) any {
	node := any(root)
	for token := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		node = node.(map[string]any)[strings.NewReplacer("~1", "/", "~0", "~").Replace(token)]
	}
	return node
}

// The walk finds documents wherever they are in a schema.
func TestDocumentsAreFound(t *testing.T) {
	var root map[string]any
	const text = `{"schemas":{"a/b":{"properties":{"x":{"oneOf":[{"items":{"format":"binary"}},{"$ref":"#/schemas/a~1b"}]}}}}}`
	if err := json.Unmarshal([]byte(text), &root); err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]int{
		`{"content":{"application/json":{"schema":{"$ref":"#/schemas/a~1b"}}}}`:                             1,
		`{"content":{"application/json":{"schema":{"additionalProperties":{"contentEncoding":"base64"}}}}}`: 1,
		`{"content":{"application/json":{"schema":{"properties":{"x":{"contentMediaType":"image/png"}}}}}}`: 1,
		`{"content":{"multipart/form-data":{},"image/png":{"schema":{"format":"byte"}}}}`:                   3,
		`{"content":{"application/json":{"schema":{"format":"uuid"},"example":{"format":"binary"}}}}`:       0,
	} {
		var node any
		if err := json.Unmarshal([]byte(body), &node); err != nil {
			t.Fatal(err)
		}
		if found := documents(root, node, taken, map[string]bool{}); len(found) != want {
			t.Errorf("%s: %v", body, found)
		}
	}
}
