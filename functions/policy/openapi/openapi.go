// Package openapi contains the public contract as one JSON document, bundled from openapi.yaml and the files in this folder, and
// the table of the routes that the document declares.
package openapi

import (
	_ "embed"
	"slices"
	"strings"
)

//go:generate go run ./bundle

//go:embed openapi.json
var document []byte

// Document returns the contract in OpenAPI 3.1, as /v1/openapi.json serves it. Callers must not change it.
func Document() []byte { return document }

// Routes returns every declared route as an API Gateway route key, such as "GET /v1/policy", sorted.
func Routes() []string { return routes[:] }

// Methods returns the methods that a path accepts, sorted, or none for an undeclared path.
func Methods(path string) []string {
	segments := strings.Split(path, "/")
	var methods []string
	for _, route := range routes {
		method, pattern, _ := strings.Cut(route, " ")
		if matches(strings.Split(pattern, "/"), segments) && !slices.Contains(methods, method) {
			methods = append(methods, method)
		}
	}
	return methods
}

// matches compares a path with a pattern as API Gateway does: a parameter matches one segment that is not empty.
func matches(pattern, path []string) bool {
	return slices.EqualFunc(pattern, path, func(want, got string) bool {
		return want == got || strings.HasPrefix(want, "{") && got != ""
	})
}
