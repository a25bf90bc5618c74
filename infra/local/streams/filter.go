package streams

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// filter decides which records a function sees: a record passes when one of the patterns matches. The syntax is that of
// EventBridge patterns. An operator that is not known is an error, so that nothing passes by mistake.
type filter []map[string]any

// newFilter parses patterns and refuses what holds would not understand.
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

// passes reports whether a record, as decoded JSON, goes to the function.
func (f filter) passes(record map[string]any) bool {
	return len(f) == 0 || slices.ContainsFunc(f, func(pattern map[string]any) bool { return matches(pattern, record) })
}

// matches walks pattern and record together. A list in the pattern is a choice of conditions on a leaf.
func matches(pattern, record map[string]any) bool {
	for name, want := range pattern {
		got, present := record[name]
		switch want := want.(type) {
		case map[string]any:
			inner, _ := got.(map[string]any) // where it is absent, only {"exists": false} can hold below
			if !matches(want, inner) {
				return false
			}
		case []any:
			if !slices.ContainsFunc(want, func(condition any) bool { return holds(condition, got, present) }) {
				return false
			}
		}
	}
	return true
}

// holds applies one condition to a leaf: a literal, or operators that must all hold. A leaf that is absent passes
// only {"exists": false}.
func holds(condition, got any, present bool) bool {
	operators, ok := condition.(map[string]any)
	if !ok {
		return present && got == condition
	}
	for operator, operand := range operators {
		text, isText := got.(string)
		switch operator {
		case "exists":
			if present != operand {
				return false
			}
		case "prefix":
			if !isText || !strings.HasPrefix(text, operand.(string)) {
				return false
			}
		case "suffix":
			if !isText || !strings.HasSuffix(text, operand.(string)) {
				return false
			}
		case "anything-but":
			if !present || excluded(operand, got) {
				return false
			}
		case "numeric":
			number, isNumber := got.(float64)
			if !isNumber || !compare(number, operand.([]any)) {
				return false
			}
		}
	}
	return true
}

// excluded reports whether got is what anything-but names: a value, a list of values, or {"prefix": …}.
func excluded(operand, got any) bool {
	switch operand := operand.(type) {
	case []any:
		return slices.Contains(operand, got)
	case map[string]any:
		return holds(operand, got, true)
	}
	return operand == got
}

// compare takes pairs of an operator and a number: [">", 0, "<=", 5].
func compare(number float64, pairs []any) bool {
	for i := 0; i+1 < len(pairs); i += 2 {
		limit, _ := pairs[i+1].(float64)
		ok := map[any]bool{"=": number == limit, "<": number < limit, "<=": number <= limit, ">": number > limit, ">=": number >= limit}[pairs[i]]
		if !ok {
			return false
		}
	}
	return true
}

// check refuses operators and operands that holds does not know.
func check(pattern map[string]any) error {
	for name, want := range pattern {
		switch want := want.(type) {
		case map[string]any:
			if err := check(want); err != nil {
				return err
			}
		case []any:
			for _, condition := range want {
				if operators, ok := condition.(map[string]any); ok {
					if err := checkOperators(operators); err != nil {
						return err
					}
				}
			}
		default:
			return fmt.Errorf("filter pattern: %q is neither an object nor a list", name)
		}
	}
	return nil
}

// checkOperators refuses an operator or operand that holds does not know.
func checkOperators(operators map[string]any) error {
	for operator, operand := range operators {
		ok := false
		switch operator {
		case "exists":
			_, ok = operand.(bool)
		case "prefix", "suffix":
			_, ok = operand.(string)
		case "anything-but":
			ok = true
			if inner, isMap := operand.(map[string]any); isMap {
				return checkOperators(inner)
			}
		case "numeric":
			_, ok = operand.([]any)
		}
		if !ok {
			return fmt.Errorf("filter pattern: operator %q is not known or has a wrong operand", operator)
		}
	}
	return nil
}
