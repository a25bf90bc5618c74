package sam_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// F22: there is one clock. Each main.go passes it on, and nothing else asks the machine for the time or its time zone. So a test
// can move the clock everywhere.
func TestFault_F22_OneClock(t *testing.T) {
	asked := 0
	for _, top := range []string{"shared", "functions"} {
		err := filepath.WalkDir(filepath.Join("../..", top), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			inside, _ := filepath.Rel("../..", path)
			if entry.IsDir() && (entry.Name() == "node_modules" || slices.Contains(forTests, filepath.ToSlash(inside))) {
				return fs.SkipDir
			}
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			for _, name := range times(t, path) {
				if asked++; name != "Now" || entry.Name() != "main.go" {
					t.Errorf("%s asks for time.%s", inside, name)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if asked < 8 {
		t.Errorf("the clock is handed in %d times: this test looks in the wrong place", asked)
	}
}

// times returns the names from package time in a file that depend on the machine.
func times(t *testing.T, path string) (names []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "Local"}, s.Sel.Name) {
				names = append(names, s.Sel.Name)
			}
		}
		return true
	})
	return names
}
