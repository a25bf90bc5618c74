package console

import (
	"bytes"
	"strings"
	"testing"
)

func TestLinesAreReadable(t *testing.T) {
	var out bytes.Buffer
	w := New(&out).Writer("consent")
	for _, part := range []string{`{"time":"2025-01-02T03:04:05Z","level":"INFO","ms`, `g":"recorded","kind":"grant","count":2}` + "\nplain\n", "\n",
		`{"level":"ERROR","msg":"failed","error":"A > B"}` + "\n"} {
		if _, err := w.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		got = append(got, strings.TrimSpace(line[len("15:04:05 consent   "):]))
	}
	want := []string{"recorded count=2 kind=grant", "plain", "ERROR failed error=A > B"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Error("colour on an output that is no terminal")
	}
}

func TestALongLineIsCut(t *testing.T) {
	var out bytes.Buffer
	w := New(&out).Writer("x")
	_, _ = w.Write(bytes.Repeat([]byte("a"), longest+2))
	if out.Len() == 0 {
		t.Error("a line without an end is kept for ever")
	}
}
