package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// unwritten refuses a draft, in which brackets stand around what its author has yet to write, such as "[Say what changes.]". Its error repeats
// what they say.
func unwritten(doc any) error {
	var found []error
	var walk func(value any, path string)
	walk = func(value any, path string) {
		switch value := value.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(value)) {
				walk(value[key], path+"/"+key)
			}
		case []any:
			for i, each := range value {
				walk(each, path+"/"+strconv.Itoa(i))
			}
		case string:
			if inner, ok := bracketed(value); ok {
				found = append(found, fmt.Errorf("%s: replace the text in brackets. %s", path, inner))
			}
		}
	}
	walk(doc, "")
	if len(found) == 0 {
		return nil
	}
	return fmt.Errorf("this version is still a draft\n%w", errors.Join(found...))
}

// bracketed returns what a text says that stands in brackets as a whole.
func bracketed(text string) (inner string, ok bool) {
	text, opens := strings.CutPrefix(strings.TrimSpace(text), "[")
	inner, closes := strings.CutSuffix(text, "]")
	return inner, opens && closes
}
