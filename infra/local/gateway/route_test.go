package gateway

import (
	"strings"
	"testing"
)

func TestRoutesMatchAsOnAWS(t *testing.T) {
	routes := map[string]Invoker{"$default": &function{}}
	for _, key := range []string{"GET /", "GET /v1/policy/versions", "GET /v1/policy/{name}", "GET /v1/policy/versions/{version}", "POST /v1/policy", "GET /files/{path+}", "ANY /any"} {
		routes[key] = &function{}
	}
	table, err := newTable(routes)
	if err != nil {
		t.Fatal(err)
	}
	for request, want := range map[string]string{
		"GET /":                         "GET /",
		"GET /v1/policy/versions":       "GET /v1/policy/versions",
		"GET /v1/policy/banner":         "GET /v1/policy/{name}",
		"GET /v1/policy/versions/a":     "GET /v1/policy/versions/{version}",
		"GET /v1/policy/versions/a%2Fb": "GET /v1/policy/versions/{version}",
		"GET /v1/policy/versions/a/b":   "$default",
		"GET /v1/policy/":               "$default",
		"GET /v1/policy":                "$default",
		"HEAD /":                        "$default",
		"GET //":                        "$default",
		"GET /files/a/b":                "GET /files/{path+}",
		"GET /files/":                   "$default",
		"DELETE /any":                   "ANY /any",
	} {
		method, path, _ := strings.Cut(request, " ")
		if got, ok := table.match(method, path); !ok || got.key != want {
			t.Errorf("%s went to %s, want %s", request, got.key, want)
		}
	}
	if _, err := newTable(map[string]Invoker{"nonsense": nil}); err == nil {
		t.Error("a route key without a path passed")
	}
}
