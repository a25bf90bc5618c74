package gateway

import (
	"fmt"
	"net/url"
	"strings"
)

// defaultKey is the route for everything that no other route matches.
const defaultKey = "$default"

// table finds the route of a request as an HTTP API does: a full match first, then variables, then {name+}, then $default.
type table struct {
	routes   []route
	fallback *route
}

// route is one route key, taken apart.
type route struct {
	key      string
	method   string // "ANY" matches every method
	segments []string
	invoker  Invoker
	values   map[string]string // of the variables, decoded; set on a match
}

// newTable takes the route keys of template.yaml apart.
func newTable(routes map[string]Invoker) (table, error) {
	var t table
	for key, invoker := range routes {
		if key == defaultKey {
			t.fallback = &route{key: key, invoker: invoker}
			continue
		}
		method, path, ok := strings.Cut(key, " ")
		if !ok || !strings.HasPrefix(path, "/") {
			return t, fmt.Errorf("gateway: %q is not a route key", key)
		}
		t.routes = append(t.routes, route{key: key, method: method, segments: strings.Split(path[1:], "/"), invoker: invoker})
	}
	return t, nil
}

// match finds the most specific route for the method and the escaped path. It does not clean the path: "//" and a slash at the end
// are segments of their own.
func (t table) match(method, escaped string) (route, bool) {
	parts := strings.Split(strings.TrimPrefix(escaped, "/"), "/")
	var best route
	var bestRank string
	for _, candidate := range t.routes {
		if candidate.method != method && candidate.method != "ANY" {
			continue
		}
		values, rank, ok := candidate.fit(parts)
		if candidate.method == "ANY" {
			rank += "b" // an exact method comes first
		}
		if ok && (bestRank == "" || rank < bestRank) {
			best, bestRank = candidate, rank
			best.values = values
		}
	}
	if bestRank != "" {
		return best, true
	}
	if t.fallback != nil {
		return *t.fallback, true
	}
	return route{}, false
}

// fit reports whether the segments of a path fit the route, and how specifically. The rank has one letter per segment: "a" for a
// literal, "v" for a variable, "z" for a greedy one. The smaller string is the more specific one.
func (r route) fit(parts []string) (values map[string]string, rank string, ok bool) {
	values = map[string]string{}
	for i, segment := range r.segments {
		name, variable := strings.CutPrefix(segment, "{")
		name = strings.TrimSuffix(name, "}")
		if greedy, isGreedy := strings.CutSuffix(name, "+"); variable && isGreedy {
			rest := decode(strings.Join(parts[min(i, len(parts)):], "/"))
			values[greedy] = rest
			return values, rank + "z", rest != ""
		}
		switch {
		case i >= len(parts):
			return nil, "", false
		case variable && parts[i] != "":
			values[name] = decode(parts[i])
			rank += "v"
		case !variable && decode(parts[i]) == segment:
			rank += "a"
		default:
			return nil, "", false
		}
	}
	return values, rank, len(parts) == len(r.segments)
}

// decode undoes percent-encoding. If that fails, it returns the text unchanged, as the function on AWS would see it.
func decode(escaped string) string {
	if text, err := url.PathUnescape(escaped); err == nil {
		return text
	}
	return escaped
}
