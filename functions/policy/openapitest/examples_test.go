package openapitest

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/functions/policy/openapi"
	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/sam"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// Every request and every answer has an example, and each example fits its schema.
func TestEverythingHasAnExampleThatFits(t *testing.T) {
	c := load(t)
	for _, route := range openapi.Routes() {
		method, path, _ := strings.Cut(route, " ")
		op := (&node{c.root, ""}).child(c, "paths", path, strings.ToLower(method))
		for _, p := range op.parameters(c) {
			c.fits(t, route+" "+p.text("name"), p)
		}
		if body := op.child(c, "requestBody"); body != nil {
			c.contentFits(t, route, body)
		}
		for status := range op.members("responses") {
			response := op.child(c, "responses", status)
			c.contentFits(t, route+" "+status, response)
			for name := range response.members("headers") {
				c.fits(t, route+" "+status+" "+name, response.child(c, "headers", name))
			}
		}
	}
}

func (c *contract) contentFits(t *testing.T, label string, n *node) {
	t.Helper()
	for kind := range n.members("content") {
		c.fits(t, label+" "+kind, n.child(c, "content", kind))
	}
}

func (c *contract) fits(t *testing.T, label string, n *node) {
	t.Helper()
	all := n.examples()
	if len(all) == 0 {
		t.Errorf("%s has no example", label)
	}
	for _, example := range all {
		c.value(t, label, n.schema(), example)
	}
}

// At first Main's list has every answer but a 500. Each answer that a test receives leaves the list.
func TestMissing(t *testing.T) {
	before, err := missing("download")
	if err != nil || len(before) < 5 || slices.ContainsFunc(before, func(a answer) bool { return a.status == "500" }) {
		t.Fatalf("%v, %v", before, err)
	}
	given.answers[before[0]] = true
	if after, err := missing("download"); err != nil || !slices.Equal(after, before[1:]) {
		t.Errorf("%v, %v", after, err)
	}
	if _, err := missing("nobody"); err == nil {
		t.Error("a function that is none has no routes")
	}
}

// A problem in the contract is, byte for byte, what the service answers to the same error, with the same status.
func TestProblemsAreTheServicesOwn(t *testing.T) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // a 500 is logged
	c := load(t)
	for _, route := range openapi.Routes() {
		for _, a := range c.declared(route) {
			if a.status < "400" {
				continue
			}
			method, path, _ := strings.Cut(route, " ")
			response := (&node{c.root, ""}).child(c, "paths", path, strings.ToLower(method), "responses", a.status)
			for _, example := range response.child(c, "content", "application/problem+json").examples() {
				c.same(t, a, example, slices.Sorted(maps.Keys(response.members("headers"))))
			}
		}
	}
}

// The limits that the contract states in words are those of the template.
func TestLimitsAreTheTemplates(t *testing.T) {
	template, err := sam.Load(filepath.Join(engine.Root(), "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	parts := []string{
		fmt.Sprintf("ClientRate (%s)", template.Parameters["ClientRate"].Default),
		fmt.Sprintf("%d calls a second, bursts of 1,000; filing requests has the same rate to itself", template.API.RateLimit),
	}
	text := strings.Join(strings.Fields(string(openapi.Document())), " ")
	for _, part := range parts {
		if !strings.Contains(strings.ReplaceAll(text, `\n`, " "), part) {
			t.Errorf("the contract does not say %q", part)
		}
	}
	if template.API.BurstLimit != 1000 {
		t.Errorf("bursts of %d", template.API.BurstLimit)
	}
	if own := template.API.RouteLimits["POST /v1/requests"]; own.Rate != template.API.RateLimit || own.Burst != template.API.BurstLimit {
		t.Errorf("filing requests has %+v to itself", own)
	}
}

// same compares an example with the service's answer to the error that the example describes.
func (c *contract) same(t *testing.T, a answer, example any, headers []string) {
	t.Helper()
	text, err := json.Marshal(example)
	if err != nil {
		t.Fatal(err)
	}
	var problem web.Document
	if err := json.Unmarshal(text, &problem); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	web.Problem(w, fault.New(fault.Kind(strings.TrimPrefix(problem.Type, "urn:problem:")), problem.Detail, problem.Errors...))
	var answered any
	if err := json.Unmarshal(w.Body.Bytes(), &answered); err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(answered)
	if string(again) != string(text) || strings.TrimSpace(a.status) != itoa(w.Code) {
		t.Errorf("%s: the service says %d %s", a, w.Code, again)
	}
	for _, name := range []string{"Retry-After", "Www-Authenticate"} {
		declared := slices.ContainsFunc(headers, func(h string) bool { return strings.EqualFold(h, name) })
		if (w.Header().Get(name) != "") != declared {
			t.Errorf("%s: %s is declared: %t", a, name, declared)
		}
	}
}
