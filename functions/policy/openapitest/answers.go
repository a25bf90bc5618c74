package openapitest

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/sam"
)

// answer is what a caller can distinguish: a route, a status and, for a problem document, its detail.
type answer struct{ route, status, detail string }

func (a answer) String() string { return strings.TrimSpace(a.route + " " + a.status + " " + a.detail) }

// given are the answers that have been checked so far.
var given = struct {
	sync.Mutex
	answers map[answer]bool
}{answers: map[answer]bool{}}

// note records an answer. The detail of a problem document must be one of the contract's examples, because callers read there what
// they may be told.
func (c *contract) note(t testing.TB, route string, declared *node, status int, body []byte) {
	t.Helper()
	a := answer{route: route, status: strconv.Itoa(status)}
	if status >= http.StatusBadRequest && len(body) > 0 {
		var problem struct{ Detail string }
		_ = json.Unmarshal(body, &problem)
		a.detail = problem.Detail
		if !slices.Contains(details(c, declared), a.detail) {
			t.Errorf("%s: the contract shows no such answer", a)
		}
	}
	given.Lock()
	defer given.Unlock()
	given.answers[a] = true
}

// details returns the details in the examples of a problem.
func details(c *contract, response *node) []string {
	var all []string
	for _, example := range response.child(c, "content", "application/problem+json").examples() {
		if problem, ok := example.(map[string]any); ok {
			detail, _ := problem["detail"].(string)
			all = append(all, detail)
		}
	}
	return all
}

// examples returns the values of a node's examples.
func (n *node) examples() []any {
	if one, ok := n.value["example"]; ok {
		return []any{one}
	}
	var all []any
	named := n.members("examples")
	for _, name := range slices.Sorted(maps.Keys(named)) {
		all = append(all, named[name].(map[string]any)["value"])
	}
	return all
}

// Main runs the tests of a function's package. If all of them ran and passed, it still fails if the contract declares an answer of
// one of the function's routes that no test received. So the contract declares nothing that the code cannot answer. Only a 500 may be missing.
func Main(m *testing.M, function string) int {
	code := m.Run()
	for _, choice := range []string{"test.run", "test.skip", "test.list", "test.fuzz"} {
		if code != 0 || flag.Lookup(choice).Value.String() != "" {
			return code
		}
	}
	missing, err := missing(function)
	for _, a := range missing {
		fmt.Printf("the contract declares an answer that no test was given: %s\n", a)
	}
	if err != nil || len(missing) > 0 {
		fmt.Println("FAIL", err)
		return 1
	}
	return 0
}

// missing lists the declared answers of a function that no test received.
func missing(function string) ([]answer, error) {
	c, err := shared()
	if err != nil {
		return nil, err
	}
	routes, err := RoutesOf(function)
	if err != nil {
		return nil, err
	}
	var out []answer
	for _, route := range routes {
		for _, a := range c.declared(route) {
			if a.status != "500" && !given.answers[a] {
				out = append(out, a)
			}
		}
	}
	return out, nil
}

// declared lists the answers that the contract declares for a route. It lists none for $default, which handles undeclared calls.
func (c *contract) declared(route string) []answer {
	method, path, found := strings.Cut(route, " ")
	if !found {
		return nil
	}
	responses := (&node{c.root, ""}).child(c, "paths", path, strings.ToLower(method), "responses")
	var all []answer
	for _, status := range slices.Sorted(maps.Keys(responses.value)) {
		response := responses.child(c, status)
		if status < "400" {
			all = append(all, answer{route: route, status: status})
			continue
		}
		for _, detail := range details(c, response) {
			all = append(all, answer{route, status, detail})
		}
	}
	return all
}

// RoutesOf returns the route keys of a function in template.yaml.
func RoutesOf(function string) ([]string, error) {
	template, err := sam.Load(filepath.Join(engine.Root(), "template.yaml"))
	if err != nil {
		return nil, err
	}
	for _, f := range template.Functions {
		if f.Name != function {
			continue
		}
		routes := make([]string, len(f.Routes))
		for i, route := range f.Routes {
			routes[i] = route.Key
		}
		return routes, nil
	}
	return nil, fmt.Errorf("template.yaml has no function %s", function)
}
