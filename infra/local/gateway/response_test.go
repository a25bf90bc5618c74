package gateway

import (
	"strings"
	"testing"
)

func TestResponses(t *testing.T) {
	f := &function{}
	server := serve(t, f, nil)
	for _, c := range []struct {
		name, answer      string
		status            int
		contentType, body string
	}{
		{"whole", `{"statusCode":201,"headers":{"Content-Type":"application/json","ETag":"\"1\""},"body":"{}"}`, 201, "application/json", "{}"},
		{"base64", `{"statusCode":200,"body":"/w==","isBase64Encoded":true,"headers":{"content-type":"image/png"}}`, 200, "image/png", "\xff"},
		{"bare object", `{"a":1}`, 200, "application/json", `{"a":1}`},
		{"bare string", `"hello"`, 200, "application/json", `"hello"`},
		{"no content type", `{"statusCode":200,"body":"x"}`, 200, "text/plain;charset=UTF-8", "x"},
		{"no JSON", `oops`, 500, "application/json", "{\"message\":\"Internal Server Error\"}\n"},
		{"bad base64", `{"statusCode":200,"body":"*","isBase64Encoded":true}`, 500, "application/json", "{\"message\":\"Internal Server Error\"}\n"},
		{"bad status", `{"statusCode":7}`, 500, "application/json", "{\"message\":\"Internal Server Error\"}\n"},
		{"nothing", `{"statusCode":204}`, 204, "", ""},
	} {
		f.answer = c.answer
		r, body := send(t, "GET", server.URL+"/v1/things/1", "")
		if r.StatusCode != c.status || r.Header.Get("Content-Type") != c.contentType || body != c.body {
			t.Errorf("%s: %d %q %q", c.name, r.StatusCode, r.Header.Get("Content-Type"), body)
		}
	}
	f.answer = `{"statusCode":200,"cookies":["a=1","b=2; Secure"],"headers":{"apigw-requestid":"mine"}}`
	r, _ := send(t, "GET", server.URL+"/v1/things/1", "")
	if got := r.Header.Values("Set-Cookie"); len(got) != 2 || got[1] != "b=2; Secure" {
		t.Errorf("cookies %v", got)
	}
	if got := r.Header.Get("Apigw-Requestid"); got == "mine" || got == "" {
		t.Errorf("request id %q", got)
	}
}

func TestCORSIsTheAPIsAlone(t *testing.T) {
	f := &function{answer: `{"statusCode":200,"headers":{"Access-Control-Allow-Origin":"*"}}`}
	server := serve(t, f, nil)
	r, _ := send(t, "OPTIONS", server.URL+"/v1/things", "", "Origin", origin, "Access-Control-Request-Method", "POST")
	if r.StatusCode != 204 || r.Header.Get("Access-Control-Allow-Origin") != origin || r.Header.Get("Access-Control-Allow-Methods") != "GET,POST" || r.Header.Get("Access-Control-Max-Age") != "3600" {
		t.Errorf("preflight %d %v", r.StatusCode, r.Header)
	}
	if f.event.RouteKey != "" {
		t.Error("the function saw a preflight")
	}
	r, _ = send(t, "OPTIONS", server.URL+"/v1/things", "", "Origin", "https://elsewhere.example", "Access-Control-Request-Method", "POST")
	if r.StatusCode != 204 || r.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("preflight from elsewhere %d %v", r.StatusCode, r.Header)
	}
	r, _ = send(t, "GET", server.URL+"/v1/things/1", "", "Origin", "https://elsewhere.example")
	if r.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("the function's own CORS header went out")
	}
	r, _ = send(t, "GET", server.URL+"/v1/things/1", "", "Origin", origin)
	if r.Header.Get("Access-Control-Allow-Origin") != origin || r.Header.Get("Access-Control-Expose-Headers") != "etag" {
		t.Errorf("an allowed origin got %v", r.Header)
	}
}

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
