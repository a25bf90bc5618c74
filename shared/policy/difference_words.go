package policy

import (
	"fmt"
	"reflect"
	"strings"
)

// key names an entry of a list among the others.
func key(entry reflect.Value) string {
	if entry.Kind() != reflect.Struct {
		return said(entry)
	}
	for _, field := range []string{"ID", "Name"} {
		if v := entry.FieldByName(field); v.IsValid() {
			return v.String()
		}
	}
	return whole(entry)
}

func keys(list reflect.Value, indices []int) string {
	names := make([]string, len(indices))
	for i, index := range indices {
		names[i] = key(list.Index(index))
	}
	return strings.Join(names, ", ")
}

// whole says everything in an entry, a line for each of its members. A single value says itself.
func whole(entry reflect.Value) string {
	if entry.Kind() != reflect.Struct {
		return said(entry)
	}
	var lines []string
	for i := range entry.NumField() {
		if text := said(entry.Field(i)); text != "" {
			lines = append(lines, member(entry.Type().Field(i))+": "+text)
		}
	}
	return strings.Join(lines, "\n")
}

// said returns a value in a line. Figures that are zero and empty lists say nothing; false says "false".
func said(v reflect.Value) string {
	switch v.Kind() { //nolint:exhaustive // the policy is made of these
	case reflect.String:
		return v.String()
	case reflect.Int:
		if v.Int() == 0 {
			return ""
		}
	case reflect.Slice:
		entries := make([]string, v.Len())
		for i := range entries {
			if entries[i] = said(v.Index(i)); v.Index(i).Kind() == reflect.Struct {
				entries[i] = "{" + strings.ReplaceAll(whole(v.Index(i)), "\n", ", ") + "}"
			}
		}
		return strings.Join(entries, ", ")
	case reflect.Struct:
		return strings.ReplaceAll(whole(v), "\n", ", ")
	}
	return fmt.Sprint(v.Interface())
}

// member returns the name of a field in the policy's JSON.
func member(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}
