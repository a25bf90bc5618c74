package bundle

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// eventKinds returns all constants of the type request.EventKind.
func eventKinds(t *testing.T) (kinds []string) {
	t.Helper()
	files, err := filepath.Glob("../../request/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if of, ok := v.Type.(*ast.Ident); !ok || of.Name != "EventKind" {
				return true
			}
			for _, value := range v.Values {
				kind, err := strconv.Unquote(value.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				kinds = append(kinds, kind)
			}
			return true
		})
	}
	slices.Sort(kinds)
	return kinds
}

// read returns a part of a file: what the pattern's group matches.
func read(t *testing.T, name, pattern string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	part := regexp.MustCompile(pattern).FindSubmatch(content)
	if part == nil {
		t.Fatalf("%s has nothing like %s", name, pattern)
	}
	return string(part[1])
}

// Everything that can happen to a request is told in words in the bundle and on the pages of the service, and the API names it. None of them names
// anything else.
func TestEveryEventHasWords(t *testing.T) {
	kinds := eventKinds(t)
	if len(kinds) < 20 {
		t.Fatalf("only %v", kinds)
	}
	var onPages []string
	for _, line := range regexp.MustCompile(`(?m)^  (\w+): '.+',$`).FindAllStringSubmatch(read(t, "../../pages/src/words.js", `(?s)\nconst events = \{\n(.*?)\n\}`), -1) {
		onPages = append(onPages, line[1])
	}
	onPages = append(onPages, read(t, "../../pages/src/words.js", `if \(id === '(waits)'\) return`)) // its sentence says how many days
	inAPI := strings.FieldsFunc(strings.ReplaceAll(read(t, "../../../functions/policy/openapi/requests.yaml", `kind: \{type: string, description: "(received, [^.]+)\.`), " or ", ","), func(r rune) bool { return r == ',' || r == ' ' })
	for where, named := range map[string][]string{"the bundle": slices.Collect(maps.Keys(said()["event"])), "the pages": onPages, "the API": inAPI} {
		if slices.Sort(named); !slices.Equal(named, kinds) {
			t.Errorf("%s: %v\nnot %v", where, named, kinds)
		}
	}
}
