package received

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdeskexpert/privacy/shared/inbound"
)

// corpus returns the mails in testdata/corpus, which were written for this test, under their names.
func corpus(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/corpus/*.eml")
	if err != nil {
		t.Fatal(err)
	}
	mails := map[string][]byte{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		mails[strings.TrimSuffix(path, ".eml")] = data
	}
	return mails
}

// Each mail of the corpus gives the message in the file beside it. UPDATE=1 writes those files; read what it changed.
func TestCorpusIsReadAsRecorded(t *testing.T) {
	mails := corpus(t)
	if len(mails) < 90 {
		t.Errorf("the corpus has only %d mails", len(mails))
	}
	for name, data := range mails {
		got := Read(bytes.NewReader(data))
		check(t, got)
		if os.Getenv("UPDATE") == "1" {
			record(t, name+".json", got)
			continue
		}
		recorded, err := os.ReadFile(name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var want inbound.Message
		if err := json.Unmarshal(recorded, &want); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (- recorded, + read):\n%s", filepath.Base(name), diff)
		}
	}
}

func record(t *testing.T, name string, m inbound.Message) {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A mail that passes through another server may get other line ends. It says the same.
func TestCorpusReadsTheSameWithOtherLineEnds(t *testing.T) {
	for name, data := range corpus(t) {
		if bytes.IndexByte(data, 0) >= 0 || strings.Contains(name, "cr-only") || strings.Contains(name, "garbage") {
			continue // binary
		}
		lf := bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
		crlf := bytes.ReplaceAll(lf, []byte("\n"), []byte("\r\n"))
		if diff := cmp.Diff(Read(bytes.NewReader(lf)), Read(bytes.NewReader(crlf))); diff != "" {
			t.Errorf("%s:\n%s", filepath.Base(name), diff)
		}
	}
}
