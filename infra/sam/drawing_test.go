package sam_test

import (
	"os"
	"strings"
	"testing"
)

const readme = "../README.md"

// The drawing in infra/README.md is the one of template.yaml. UPDATE=1 renews it.
func TestTheDrawingIsTrue(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- drawing -->\n```mermaid\n", "```\n<!-- /drawing -->"
	before, rest, opened := strings.Cut(string(text), begin)
	drawn, after, closed := strings.Cut(rest, end)
	if !opened || !closed {
		t.Fatal("infra/README.md has no place for the drawing")
	}
	want := load(t).Drawing()
	if drawn == want {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatal("the drawing is not what template.yaml says: run UPDATE=1 go test ./infra/sam -run Drawing")
	}
	if err := os.WriteFile(readme, []byte(before+begin+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
