package sam_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A main package cannot be imported, so the tests read its source instead.

// sources parses the files of a function's folder, without its tests.
func sources(t *testing.T, function string) []*ast.File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("../../functions", function, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	if files == nil {
		t.Errorf("functions/%s holds no code", function)
	}
	return files
}

// pattern matches a route, in the spelling that http.ServeMux and API Gateway share.
var pattern = regexp.MustCompile(`^([A-Z]+ /\S*|\$default)$`)

// handled lists the route keys that a function's code registers. All of them are registered in its func routes.
func handled(t *testing.T, function string) []string {
	var keys []string
	for _, file := range sources(t, function) {
		for _, declaration := range file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); !ok || f.Name.Name != "routes" {
				continue
			}
			ast.Inspect(declaration, func(n ast.Node) bool {
				if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					key, _ := strconv.Unquote(literal.Value)
					if pattern.MatchString(key) {
						keys = append(keys, strings.TrimSuffix(key, "{$}")) // the mux writes "exactly /" as "/{$}"
					}
				}
				return true
			})
		}
	}
	slices.Sort(keys)
	return keys
}

func TestRoutesAreWhatTheHandlersRegister(t *testing.T) {
	for _, f := range load(t).Functions {
		var routes []string
		for _, route := range f.Routes {
			routes = append(routes, route.Key)
		}
		slices.Sort(routes)
		if code := handled(t, f.Name); !slices.Equal(routes, code) {
			t.Errorf("%s: the template routes %q, the code handles %q", f.Name, routes, code)
		}
	}
}

// read lists the names of environment variables that a function's code reads, by the tags of caarlos0/env.
func read(t *testing.T, function string) []string {
	var names []string
	for _, file := range sources(t, function) {
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && (called(call) == "required" || called(call) == "Getenv") { // the consent function's own functions that read variables
				if name, literal := call.Args[0].(*ast.BasicLit); literal {
					text, _ := strconv.Unquote(name.Value)
					names = append(names, text)
				}
			}
			field, ok := n.(*ast.Field)
			if !ok || field.Tag == nil {
				return true
			}
			tag, _ := strconv.Unquote(field.Tag.Value)
			if name, _, _ := strings.Cut(reflect.StructTag(tag).Get("env"), ","); name != "" {
				names = append(names, name)
			}
			return true
		})
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// called returns the name of the function that is called, without its package.
func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

func TestEnvironmentIsWhatTheCodeReads(t *testing.T) {
	for _, f := range load(t).Functions {
		var names []string
		for name := range f.Environment {
			if !strings.HasPrefix(name, "AWS_") && name != "GOMAXPROCS" { // except what AWS's own libraries and Go's runtime read
				names = append(names, name)
			}
		}
		slices.Sort(names)
		if code := read(t, f.Name); !slices.Equal(names, code) {
			t.Errorf("%s: the template sets %q, the code reads %q", f.Name, names, code)
		}
	}
}

func TestEveryFunctionHasItsFolder(t *testing.T) {
	mains, err := filepath.Glob("../../functions/*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	var folders, names []string
	for _, main := range mains {
		folders = append(folders, filepath.Base(filepath.Dir(main)))
	}
	for _, f := range load(t).Functions {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	if !slices.Equal(folders, names) {
		t.Errorf("folders with a main %q, functions of the template %q", folders, names)
	}
}
