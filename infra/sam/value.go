package sam

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Value is one node of the template: a literal or an intrinsic function such as !Ref. The zero Value is an absent node.
type Value struct{ node *yaml.Node }

// Exists reports whether the template contains this value.
func (v Value) Exists() bool { return v.node != nil }

// Get follows the keys through nested mappings. A missing key gives the zero Value, so that a chain of calls needs no checks.
func (v Value) Get(keys ...string) Value {
	for _, key := range keys {
		v = v.child(key)
	}
	return v
}

func (v Value) child(key string) Value {
	if v.node == nil || v.node.Kind != yaml.MappingNode {
		return Value{}
	}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		if v.node.Content[i].Value == key {
			return Value{v.node.Content[i+1]}
		}
	}
	return Value{}
}

// Entry is one key of a mapping with its value.
type Entry struct {
	Key   string
	Value Value
}

// Entries returns the entries of a mapping in the order of the file.
func (v Value) Entries() []Entry {
	if v.node == nil || v.node.Kind != yaml.MappingNode {
		return nil
	}
	var entries []Entry
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		entries = append(entries, Entry{v.node.Content[i].Value, Value{v.node.Content[i+1]}})
	}
	return entries
}

// List returns the items of a sequence. A single value counts as a list of one, as in an IAM statement.
func (v Value) List() []Value {
	if v.node == nil {
		return nil
	}
	if v.node.Kind != yaml.SequenceNode || v.intrinsic() != "" {
		return []Value{v}
	}
	list := make([]Value, len(v.node.Content))
	for i, n := range v.node.Content {
		list[i] = Value{n}
	}
	return list
}

// Text returns a literal as the file spells it, or "" for an intrinsic function, a list or an absent value.
func (v Value) Text() string {
	if v.node == nil || v.node.Kind != yaml.ScalarNode || v.intrinsic() != "" {
		return ""
	}
	return v.node.Value
}

// spelt returns a scalar as the file spells it: a literal or the text of a !Sub.
func (v Value) spelt() string {
	if v.node == nil || v.node.Kind != yaml.ScalarNode {
		return ""
	}
	return v.node.Value
}

// Texts returns the literals of a sequence.
func (v Value) Texts() []string {
	var texts []string
	for _, item := range v.List() {
		texts = append(texts, item.Text())
	}
	return texts
}

// Int returns a literal number, or 0 for anything else.
func (v Value) Int() int {
	n, err := strconv.Atoi(v.Text())
	if err != nil {
		return 0
	}
	return n
}

// Bool returns a literal boolean, or false for anything else.
func (v Value) Bool() bool { return v.Text() == "true" }

// Target returns what a !Ref or a !GetAtt refers to: the logical id, and the attribute, which is empty for !Ref.
func (v Value) Target() (logicalID, attribute string) {
	switch v.intrinsic() {
	case "Ref":
		return v.node.Value, ""
	case "GetAtt":
		logicalID, attribute, _ = strings.Cut(v.node.Value, ".")
		return logicalID, attribute
	}
	return "", ""
}

// intrinsic returns the short name of a node's function ("Ref" for !Ref). It returns "" for plain data, whose tags start with "!!".
func (v Value) intrinsic() string {
	if v.node == nil || strings.HasPrefix(v.node.Tag, "!!") || !strings.HasPrefix(v.node.Tag, "!") {
		return ""
	}
	return v.node.Tag[1:]
}

// Lookup returns the value of a parameter, a pseudo parameter, a resource (attribute "") or a resource's attribute.
type Lookup func(logicalID, attribute string) (string, bool)

// Resolve turns a value into a string. It resolves references by lookup first, then by the defaults of the parameters. An unknown
// reference is an error that names it. Dynamic references ({{resolve:secretsmanager:…}}) stay in the text.
func (t *Template) Resolve(v Value, lookup Lookup) (string, error) {
	r := resolver{t, lookup}
	return r.value(v)
}

// texts turns a sequence of values, or !Split of one value, into strings, as Resolve does each.
func (t *Template) texts(v Value, lookup Lookup) ([]string, error) {
	if v.intrinsic() == "Split" && len(v.node.Content) == 2 {
		whole, err := t.Resolve(Value{v.node.Content[1]}, lookup)
		return strings.Split(whole, v.node.Content[0].Value), err
	}
	var texts []string
	for _, item := range v.List() {
		text, err := t.Resolve(item, lookup)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// branch returns the value that !If [condition, yes, no] selects, and any other value unchanged.
func (t *Template) branch(v Value, lookup Lookup) (Value, error) {
	if v.intrinsic() != "If" || len(v.node.Content) != 3 {
		return v, nil
	}
	holds, err := t.holds(t.conditions[v.node.Content[0].Value], lookup)
	if err != nil {
		return Value{}, err
	}
	if holds {
		return Value{v.node.Content[1]}, nil
	}
	return Value{v.node.Content[2]}, nil
}

// holds evaluates a condition. It supports !Not [!Equals [a, b]], the only kind in the template.
func (t *Template) holds(condition Value, lookup Lookup) (bool, error) {
	if condition.intrinsic() != "Not" || len(condition.node.Content) != 1 || (Value{condition.node.Content[0]}).intrinsic() != "Equals" {
		return false, fmt.Errorf("sam: a condition is not of the form !Not [!Equals [a, b]]: %s", condition.position())
	}
	var sides []string
	for _, side := range condition.node.Content[0].Content {
		text, err := t.Resolve(Value{side}, lookup)
		if err != nil {
			return false, err
		}
		sides = append(sides, text)
	}
	return len(sides) == 2 && sides[0] != sides[1], nil
}

type resolver struct {
	template *Template
	lookup   Lookup
}

func (r resolver) value(v Value) (string, error) {
	switch f := v.intrinsic(); f {
	case "":
		if v.node == nil || v.node.Kind != yaml.ScalarNode {
			return "", fmt.Errorf("sam: this is not a text: %s", v.position())
		}
		return v.node.Value, nil
	case "Ref", "GetAtt":
		return r.reference(v.Target())
	case "Sub":
		return r.substitute(v)
	case "If":
		chosen, err := r.template.branch(v, r.lookup)
		if err != nil {
			return "", err
		}
		return r.value(chosen)
	default:
		return "", fmt.Errorf("sam: !%s is not supported: %s", f, v.position())
	}
}

func (r resolver) reference(logicalID, attribute string) (string, error) {
	if r.lookup != nil {
		if text, ok := r.lookup(logicalID, attribute); ok {
			return text, nil
		}
	}
	if p, ok := r.template.Parameters[logicalID]; ok && attribute == "" {
		return p.Default, nil
	}
	return "", fmt.Errorf("sam: unknown reference %s %s", logicalID, attribute)
}

// substitute resolves !Sub "text".
func (r resolver) substitute(v Value) (string, error) {
	text := v.spelt()
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", fmt.Errorf("sam: ${ without }: %s", v.position())
		}
		logicalID, attribute, _ := strings.Cut(name, ".")
		resolved, err := r.reference(logicalID, attribute)
		if err != nil {
			return "", err
		}
		out.WriteString(resolved)
		text = after
	}
}

func (v Value) position() string {
	if v.node == nil {
		return "absent"
	}
	return fmt.Sprintf("line %d", v.node.Line)
}
