package streams

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// filter decides which records a function sees: those that match at least one of the patterns. It supports the EventBridge patterns
// that template.yaml uses: texts, {"prefix": …} and {"exists": true}. Anything else is an error, so that nothing passes by mistake.
type filter []map[string]any

// newFilter parses patterns. It refuses patterns that it does not support.
func newFilter(patterns []string) (filter, error) {
	var f filter
	for _, text := range patterns {
		var pattern map[string]any
		if err := json.Unmarshal([]byte(text), &pattern); err != nil {
			return nil, fmt.Errorf("filter pattern: %w", err)
		}
		if err := check(pattern); err != nil {
			return nil, err
		}
		f = append(f, pattern)
	}
	return f, nil
}

// check returns an error for a pattern that matches and holds do not support.
func check(pattern map[string]any) error {
	for name, want := range pattern {
		switch want := want.(type) {
		case map[string]any:
			if err := check(want); err != nil {
				return err
			}
		case []any:
			if i := slices.IndexFunc(want, func(condition any) bool { return !known(condition) }); i >= 0 {
				return fmt.Errorf("filter pattern: the local stack does not know the condition %v of %q", want[i], name)
			}
		default:
			return fmt.Errorf("filter pattern: %q is neither an object nor a list", name)
		}
	}
	return nil
}

// known reports whether holds understands a condition.
func known(condition any) bool {
	switch condition := condition.(type) {
	case string:
		return true
	case map[string]any:
		_, prefix := condition["prefix"].(string)
		return len(condition) == 1 && (prefix || condition["exists"] == true)
	}
	return false
}

// passes reports whether a record, as decoded JSON, goes to the function.
func (f filter) passes(record map[string]any) bool {
	return len(f) == 0 || slices.ContainsFunc(f, func(pattern map[string]any) bool { return matches(pattern, record) })
}

// matches compares pattern and record member by member. A list in the pattern is a list of alternatives for a leaf.
func matches(pattern, record map[string]any) bool {
	for name, want := range pattern {
		got, present := record[name]
		switch want := want.(type) {
		case map[string]any:
			inner, _ := got.(map[string]any)
			if !matches(want, inner) {
				return false
			}
		case []any:
			if !present || !slices.ContainsFunc(want, func(condition any) bool { return holds(condition, got) }) {
				return false
			}
		}
	}
	return true
}

// holds applies one condition to a leaf that is there.
func holds(condition, got any) bool {
	operator, ok := condition.(map[string]any)
	if !ok {
		return got == condition
	}
	prefix, ok := operator["prefix"].(string)
	if !ok {
		return true // it exists
	}
	text, ok := got.(string)
	return ok && strings.HasPrefix(text, prefix)
}
