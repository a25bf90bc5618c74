// Package openapitest checks the requests and responses of HTTP tests against the public contract. Only tests use it.
package openapitest

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/links"
)

// Check fails the test unless the contract declares the exchange. It checks the status, the content type, the headers, whether the
// answer may be stored, the body of the response, and the detail of a problem document. If the request was accepted, it also checks
// the request's parameters and body; a refused request may be wrong in any way. An undeclared path or method must be answered with 404 or 405.
func Check(t testing.TB, req *http.Request, reqBody []byte, resp *http.Response, respBody []byte) {
	t.Helper()
	c := load(t)
	route, params, op := c.operation(req.Method, req.URL.Path)
	if op == nil {
		keptNowhere(t, req.Method+" "+req.URL.Path, resp)
		c.undeclared(t, req, resp, respBody)
		return
	}
	c.response(t, route, op, req.Method, resp, respBody)
	if resp.StatusCode < http.StatusMultipleChoices {
		c.request(t, route, op, params, req, reqBody)
	}
}

// undeclared demands a problem document for a route that does not exist, or a page if a browser asks for one. A browser that follows a mailed
// link that a mail gateway has rewritten is led back to the link.
func (c *contract) undeclared(t testing.TB, req *http.Request, resp *http.Response, body []byte) {
	t.Helper()
	if link, ok := links.Restored(req.URL.Path); ok && resp.StatusCode == http.StatusFound && resp.Header.Get("Location") == link {
		return
	}
	if resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("%s %s is not in the contract and was answered %d", req.Method, req.URL.Path, resp.StatusCode)
		return
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") && strings.Contains(strings.ToLower(req.Header.Get("Accept")), "text/html") {
		return
	}
	if req.Method != http.MethodHead {
		c.json(t, "a problem", pointer("components", "schemas", "Problem"), body)
	}
}

func (c *contract) response(t testing.TB, route string, op *node, method string, resp *http.Response, body []byte) {
	t.Helper()
	label := route + " " + strconv.Itoa(resp.StatusCode)
	declared := op.child(c, "responses", strconv.Itoa(resp.StatusCode))
	if declared == nil {
		t.Errorf("%s: the contract does not declare this status", label)
		return
	}
	if declared.child(c, "headers", "Cache-Control") == nil { // an answer that is the same for everybody declares how long caches may keep it
		keptNowhere(t, label, resp)
	}
	page := declared.child(c, "content", "text/html") != nil && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html")
	said := body // what a program reads of a refusal; a page for people has no problem document
	if page {
		said = nil
	}
	c.note(t, route, declared, resp.StatusCode, said)
	for name := range declared.members("headers") {
		h := declared.child(c, "headers", name)
		value := resp.Header.Get(name)
		if value == "" {
			if h.is("required") {
				t.Errorf("%s: the header %s is missing", label, name)
			}
			continue
		}
		c.value(t, label+" "+name, h.schema(), value)
	}
	if len(declared.members("content")) == 0 || method == http.MethodHead {
		if len(body) > 0 {
			t.Errorf("%s: a body of %d bytes, where the contract declares none", label, len(body))
		}
		return
	}
	c.body(t, label, declared, resp.Header.Get("Content-Type"), body)
	if resp.StatusCode >= http.StatusBadRequest && !page {
		problemStatus(t, label, resp.StatusCode, body)
	}
}

// keptNowhere demands that caches store no copy of the answer, because it may contain personal data or come from a secret link (threat T12).
func keptNowhere(t testing.TB, label string, resp *http.Response) {
	t.Helper()
	if got := resp.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("%s may be stored: Cache-Control is %q", label, got)
	}
}

// problemStatus demands that a problem document has the status of the response.
func problemStatus(t testing.TB, label string, status int, body []byte) {
	t.Helper()
	var problem struct{ Status int }
	if err := json.Unmarshal(body, &problem); err != nil || problem.Status != status {
		t.Errorf("%s: the problem document says %d (%v)", label, problem.Status, err)
	}
}

func (c *contract) request(t testing.TB, route string, op *node, params map[string]string, req *http.Request, body []byte) {
	t.Helper()
	for _, p := range op.parameters(c) {
		name, in := p.text("name"), p.text("in")
		value := req.Header.Get(name)
		if in == "path" {
			value = params[name]
		}
		if value != "" {
			c.value(t, route+" "+name, p.schema(), value)
		}
	}
	declared := op.child(c, "requestBody")
	switch {
	case declared == nil && len(bytes.TrimSpace(body)) > 0:
		t.Errorf("%s was accepted with a body, where the contract declares none", route)
	case declared != nil && len(body) > 0:
		c.body(t, route, declared, req.Header.Get("Content-Type"), body)
	case declared != nil && declared.is("required"):
		t.Errorf("%s was accepted without its body", route)
	}
	c.secured(t, route, op, req)
}

// secured demands that a request which was accepted came with one of the secrets that the operation declares.
func (c *contract) secured(t testing.TB, route string, op *node, req *http.Request) {
	t.Helper()
	if !op.has("security") {
		return
	}
	for _, choice := range op.value["security"].([]any) {
		if c.proves(choice.(map[string]any), req) {
			return
		}
	}
	t.Errorf("%s was accepted without a secret that the contract declares", route)
}

// proves reports whether a request has every secret of one choice: a token, or a session in its cookie. An empty choice needs none.
func (c *contract) proves(choice map[string]any, req *http.Request) bool {
	for name := range choice {
		scheme := (&node{c.root, ""}).child(c, "components", "securitySchemes", name)
		if scheme == nil {
			return false
		}
		if scheme.text("in") != "cookie" {
			if req.Header.Get("Authorization") == "" {
				return false
			}
			continue
		}
		if cookie, err := req.Cookie(scheme.text("name")); err != nil || cookie.Value == "" {
			return false
		}
	}
	return true
}

// body demands a declared content type and a body that fits its schema.
func (c *contract) body(t testing.TB, label string, declared *node, contentType string, body []byte) {
	t.Helper()
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Errorf("%s: the content type is %q", label, contentType)
		return
	}
	media := declared.child(c, "content", kind)
	if media == nil {
		t.Errorf("%s: the contract does not declare the content type %s", label, kind)
		return
	}
	if strings.HasSuffix(kind, "/json") || strings.HasSuffix(kind, "+json") {
		c.json(t, label, media.schema(), body)
		return
	}
	c.value(t, label, media.schema(), string(body))
}
