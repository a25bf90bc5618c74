package bundle

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// FuzzObject compares the scanner with encoding/json. Whatever encoding/json accepts as an object is split into the same members,
// and joining them gives the compact form of the same bytes.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1}`, `{"a":"}","b":[{"c":"\\\""}],"d":null}`, ` { "a" : [ ] , "b" : "é" } `, `{"a":1,}`, `{"a"}`, `{"a":1`, `[]`, `{,}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		members, err := object(raw)
		var want map[string]json.RawMessage
		if !utf8.Valid(raw) || json.Unmarshal(raw, &want) != nil || want == nil { // stored data is valid UTF-8 (record.Check)
			return
		}
		if err != nil {
			t.Fatalf("valid JSON was refused: %q", raw)
		}
		for _, m := range members {
			if _, ok := want[m.name]; !ok || !json.Valid(m.value) {
				t.Fatalf("member %q of %q", m.name, raw)
			}
		}
		var compact, joined bytes.Buffer
		if json.Compact(&compact, raw) != nil || json.Compact(&joined, joinObject(members)) != nil || !bytes.Equal(compact.Bytes(), joined.Bytes()) {
			t.Fatalf("joined %q from %q", joined.Bytes(), compact.Bytes())
		}
	})
}
