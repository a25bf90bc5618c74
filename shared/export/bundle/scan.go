package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
)

// errData means that stored data is not the JSON that it should be. The error never repeats the data.
var errData = errors.New("bundle: stored data is not a JSON object")

// member is one member of a JSON object, as slices of the original bytes. Because it has tokens and not decoded values, bytes that
// are not redacted stay exactly as they are.
type member struct {
	name       string
	key, value []byte // raw JSON: the key with its quotes, and the value
}

// object splits a JSON object into its members.
func object(raw []byte) ([]member, error) {
	var members []member
	err := split(raw, '{', '}', func(item []byte) error {
		end := skip(item, 0)
		if end < 0 || item[0] != '"' {
			return errData
		}
		value := bytes.TrimLeft(item[end:], " \t\r\n")
		if len(value) < 2 || value[0] != ':' {
			return errData
		}
		name, err := text(item[:end])
		members = append(members, member{name, item[:end], bytes.TrimSpace(value[1:])})
		return err
	})
	return members, err
}

// list splits a JSON array into its items.
func list(raw []byte) ([][]byte, error) {
	var items [][]byte
	err := split(raw, '[', ']', func(item []byte) error {
		items = append(items, item)
		return nil
	})
	return items, err
}

// split calls each with every comma-separated item between the two brackets.
func split(raw []byte, opening, closing byte, each func(item []byte) error) error {
	raw = bytes.TrimSpace(raw)
	if len(raw) < 2 || raw[0] != opening || raw[len(raw)-1] != closing {
		return errData
	}
	rest := bytes.TrimSpace(raw[1 : len(raw)-1])
	for len(rest) > 0 {
		end := 0
		for end < len(rest) && rest[end] != ',' {
			if end = skip(rest, end); end < 0 {
				return errData
			}
		}
		item := bytes.TrimSpace(rest[:end])
		if len(item) == 0 || end == len(rest)-1 {
			return errData
		}
		if err := each(item); err != nil {
			return err
		}
		rest = rest[min(end+1, len(rest)):]
	}
	return nil
}

// skip returns the index after the token at i: a whole string, a whole array or object, or one byte of anything else. It returns -1
// if the token does not end.
func skip(raw []byte, i int) int {
	depth := 0
	for ; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			if i = quoted(raw, i); i < 0 {
				return -1
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if depth <= 0 {
			return i + 1
		}
	}
	return -1
}

// quoted returns the index of the quote that ends the string starting at i, or -1.
func quoted(raw []byte, i int) int {
	for i++; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// text decodes a JSON string.
func text(raw []byte) (string, error) {
	if n := len(raw); n >= 2 && raw[0] == '"' && raw[n-1] == '"' && !bytes.ContainsRune(raw, '\\') {
		return string(raw[1 : n-1]), nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", errData
	}
	return s, nil
}

// quote encodes a string as JSON without the escapes that only HTML needs.
func quote(s string) []byte {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // encoding a string never fails, and a Buffer accepts everything
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

// joinObject is the inverse of object for JSON without insignificant space.
func joinObject(members []member) []byte {
	out := []byte{'{'}
	for i, m := range members {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, m.key...), ':'), m.value...)
	}
	return append(out, '}')
}

// joinList is the inverse of list for JSON without insignificant space.
func joinList(items [][]byte) []byte {
	return append(append([]byte{'['}, bytes.Join(items, []byte{','})...), ']')
}
