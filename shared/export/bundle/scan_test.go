package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"
)

// What is not JSON is refused with an error that does not repeat it. A value is split only as far as it is read, so its inside is not checked here.
func TestWhatIsNoJSONIsRefused(t *testing.T) {
	for _, raw := range []string{
		``, `{`, `}`, `{]`, `1`, `{"canary"}`, `{"canary":}`, `{canary:1}`, `{1:"canary"}`, `{"canary" 1}`,
		`{,}`, `{"canary":1,}`, `{,"canary":1}`, `{"canary":1,,"b":2}`, // a comma without an item
		`{"canary}`, `{"canary\"}`, `{"a":"canary}`, `{"a":"canary\}`, `{"a":["canary"}`, `{"a":{"canary":1}`, // a token that does not end
	} {
		if members, err := object([]byte(raw)); !errors.Is(err, errData) {
			t.Errorf("%s has the members %v, and the error is %v", raw, members, err)
		}
	}
	for _, raw := range []string{``, `[`, `[}`, `{}`, `[,]`, `[1,]`, `[,1]`, `["canary]`, `[{"canary":1]`} {
		if items, err := list([]byte(raw)); !errors.Is(err, errData) {
			t.Errorf("%s has the items %s, and the error is %v", raw, items, err)
		}
	}
}

func TestTextOfAString(t *testing.T) {
	for raw, want := range map[string]string{`""`: "", `"a"`: "a", `"é"`: "é", `"\u0041\n\""`: "A\n\"", `"\ud83d\ude00"`: "😀"} {
		if got, err := text([]byte(raw)); err != nil || got != want {
			t.Errorf("%s is read as %q: %v", raw, got, err)
		}
	}
	for _, raw := range []string{``, `"`, `"canary`, `canary"`, `"canary"1`, `1"canary"`, `"\"`, `"\u00"`, `1`} {
		if got, err := text([]byte(raw)); !errors.Is(err, errData) {
			t.Errorf("%s is read as %q, and the error is %v", raw, got, err)
		}
	}
}

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
