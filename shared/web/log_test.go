package web

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// T12: a field that is not on the list is not written, however it is logged.
func TestThreat_T12_LogLinesHaveListedFieldsOnly(t *testing.T) {
	var out bytes.Buffer
	log := newLog(&out)
	log.Error("step failed", "error", "*errors.errorString", "pk", "r#1", "email", "anna@example.org")
	log.With("address", "anna@example.org").Warn("x", slog.Group("who", "email", "anna@example.org"), "path", "/v1/consents/1")
	got := out.String()
	if !strings.Contains(got, `"error":"*errors.errorString","pk":"r#1"}`) || strings.Count(got, "\n") != 2 {
		t.Errorf("what is listed: %s", got)
	}
	if strings.Contains(got, "example") || strings.Contains(got, "/v1") {
		t.Errorf("what is not listed was written: %s", got)
	}
}

// Every field that the functions log is on the list. Otherwise it would be missing when somebody looks for it.
func TestEveryLoggedFieldIsListed(t *testing.T) {
	calls := 0
	for _, root := range []string{"../../functions", "../../shared"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && logs(call) {
					calls++
					for _, field := range fields(call) {
						if !slices.Contains(logged, field) {
							t.Errorf("%s logs %q", path, field)
						}
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if calls < 5 {
		t.Errorf("only %d calls of slog were found", calls)
	}
}

// logs reports whether a call writes a log line, such as slog.Error or slog.InfoContext.
func logs(call *ast.CallExpr) bool {
	of, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	in, ok := of.X.(*ast.Ident)
	level := strings.TrimSuffix(of.Sel.Name, "Context")
	return ok && in.Name == "slog" && slices.Contains([]string{"Debug", "Info", "Warn", "Error"}, level)
}

// fields returns the names of a log line's fields: every other argument after the message, before which there may be a context.
func fields(call *ast.CallExpr) (names []string) {
	first := 1
	if strings.HasSuffix(call.Fun.(*ast.SelectorExpr).Sel.Name, "Context") {
		first = 2
	}
	for i := first; i < len(call.Args); i += 2 {
		name, ok := call.Args[i].(*ast.BasicLit)
		if !ok {
			return append(names, "a field whose name is computed")
		}
		text, _ := strconv.Unquote(name.Value)
		names = append(names, text)
	}
	return names
}
