package sam_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// technical lists the only places where code counts days or moves on the calendar by its own figures, each with its reason. None of
// them decides how long anything is kept or may take, because the policy decides that.
var technical = map[string]string{
	"shared/privacy/calendar.go AddMonths":         "the calendar itself: the last day of a month",
	"shared/privacy/calendar.go NextMonth":         "the calendar itself: the first day of the next month",
	"shared/policy/history.go replaces":            "the calendar itself: where a day ends",
	"shared/policy/validate_versions.go ahead":     "a rule about the policies themselves, which none of them can shorten (promise K06)",
	"shared/request/clocks.go lawClocks":           "the deadlines of the laws, which no policy can move (CCPA §7021)",
	"shared/request/clocks.go europeanClocks":      "the deadlines of the laws, which no policy can move (GDPR Art. 12(3), UK GDPR Art. 12A)",
	"shared/request/clocks.go extendClocks":        "the longest extensions of the laws, which no policy can move (GDPR Art. 12(3), CCPA §7021(b))",
	"shared/request/holidays.go addUSBusinessDays": "the calendar itself: one day after the other",
	"shared/request/holidays.go nextUKWorkday":     "the calendar itself: one day after the other",
	"shared/limit/limit.go day":                    "a UTC day, which the limit of mails to an address counts (threat T09)",
	"shared/retention/sweep.go late":               "the measure of the sweep itself: from when a record that is over counts as overdue (promise F07)",
	"shared/retention/own.go ownLate":              "the measure of the survey itself: DynamoDB's TTL takes days, and what is later than three rings (promise F07, fault F09)",
	"shared/retention/own.go item":                 "how far back DynamoDB's TTL reaches: five years (fault F10)",
	"shared/retention/report.go PastExpiryOwn":     "how far back DynamoDB's TTL reaches: five years (fault F10)",
	"shared/erasure/erase.go again":                "how often an erasure looks whether what was withheld can be erased: nothing is kept by it",
	"shared/dynamo/replays/replays.go Entries":     "the partitions are days: nothing is kept by them",
	"shared/notice/discover.go day":                "how often the index of people is walked again, and how long SES's reports may take: nothing is kept by it (faults F04, F14)",
	"shared/notice/session.go finish":              "two of these days, after which nobody is mailed again when a campaign ends",
	"shared/record/draft.go ahead":                 "what a plausible time is: clocks and time zones of other systems are off by a day at most",
	"shared/record/draft.go ContractEnd":           "what a plausible time is: no contract ends later",
	"shared/record/draft.go data":                  "what a plausible time is: no record speaks of a later one",
}

// TestPromise_A02_NoPeriodStandsInCode refuses multiples of a day, and calendar arithmetic with figures, everywhere except in the
// technical places: every period comes from the policy.
func TestPromise_A02_NoPeriodStandsInCode(t *testing.T) {
	met := map[string]bool{}
	for _, p := range codePackages(t) {
		for path, file := range p.files {
			for _, at := range p.periods(file) {
				place := path + " " + at
				if met[place] = true; technical[place] == "" {
					t.Errorf("%s counts days or months by a figure of its own: take it from the policy", place)
				}
			}
		}
	}
	for place := range technical {
		if !met[place] {
			t.Errorf("%s is listed, and counts nothing", place)
		}
	}
}

// The search finds what it looks for.
func TestPeriodsInCodeAreFound(t *testing.T) {
	for source, want := range map[string]bool{
		"const a = 7 * 24 * time.Hour":                                  true,
		"const day = 24 * time.Hour":                                    true,
		"var a = time.Hour * 36":                                        true,
		"var a = 23 * time.Hour":                                        false,
		"const n = 48\nvar a = n * time.Hour":                           true,
		"const month = 2592000":                                         true,
		"func f(t time.Time) { t.AddDate(0, 0, 7) }":                    true,
		"const keep = 24\nfunc f(t time.Time) { AddMonths(t, keep) }":   true,
		"func f(t time.Time, n int) { t.AddDate(0, 0, n) }":             false,
		"func f(t time.Time, n int) { AddMonths(t, 12*n) }":             false,
		"func f(t time.Time) { time.Date(1, t.Month()+1, 1) }":          true,
		"var a = policy.Span{Days: 7}":                                  true,
		"var a = policy.Span{Days: p.Days}":                             false,
		"func f(t time.Time) { t.Add(time.Duration(168) * time.Hour) }": true,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "a.go", "package a\n"+source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		p := codePackage{files: map[string]*ast.File{"a.go": file}, constants: map[string]ast.Expr{}}
		p.collect(file)
		if found := p.periods(file); (len(found) > 0) != want {
			t.Errorf("%s: found %q", source, found)
		}
	}
}

// codePackage is the code of one folder.
type codePackage struct {
	files     map[string]*ast.File // by path
	constants map[string]ast.Expr
}

// codePackages parses the code that runs as part of a function. It leaves out tests, what only tests use, and what is generated from the policy.
func codePackages(t *testing.T) map[string]codePackage {
	t.Helper()
	all := map[string]codePackage{}
	for _, top := range []string{"shared", "functions"} {
		err := filepath.WalkDir(filepath.Join("../..", top), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			inside, _ := filepath.Rel("../..", path)
			inside = filepath.ToSlash(inside)
			if entry.IsDir() && (entry.Name() == "node_modules" || slices.Contains(forTests, inside)) {
				return fs.SkipDir
			}
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_gen.go") {
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			p, ok := all[filepath.Dir(inside)]
			if !ok {
				p = codePackage{map[string]*ast.File{}, map[string]ast.Expr{}}
				all[filepath.Dir(inside)] = p
			}
			p.files[inside] = file
			p.collect(file)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// collect notes the constants of a file, including those inside its functions.
func (p codePackage) collect(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		if d, ok := n.(*ast.GenDecl); ok && d.Tok == token.CONST {
			for _, spec := range d.Specs {
				for i, name := range spec.(*ast.ValueSpec).Names {
					if values := spec.(*ast.ValueSpec).Values; i < len(values) {
						p.constants[name.Name] = values[i]
					}
				}
			}
		}
		return true
	})
}

// periods returns the names of functions, constants and variables in a file that count days or months by a figure.
func (p codePackage) periods(file *ast.File) (places []string) {
	look := func(place string, in ast.Node) {
		ast.Inspect(in, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok && p.isPeriod(e) && !slices.Contains(places, place) {
				places = append(places, place)
			}
			return true
		})
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			look(d.Name.Name, d)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					look(v.Names[0].Name, v)
				}
			}
		}
	}
	return places
}

// isPeriod reports whether an expression is a day or more, or moves a time on the calendar by a figure.
func (p codePackage) isPeriod(e ast.Expr) bool {
	const day = int64(24 * time.Hour)
	figure := func(e ast.Expr) bool { n, _, ok := p.value(e); return ok && n != 0 }
	switch e := e.(type) {
	case *ast.BinaryExpr:
		n, duration, ok := p.value(e)
		return ok && duration && n >= day
	case *ast.BasicLit:
		n, _, ok := p.value(e)
		return ok && n > 0 && n%(24*60*60) == 0 // in seconds
	case *ast.CompositeLit:
		return name(e.Type) == "Span" && slices.ContainsFunc(e.Elts, func(e ast.Expr) bool {
			pair, ok := e.(*ast.KeyValueExpr)
			return figure(e) || ok && figure(pair.Value)
		})
	case *ast.CallExpr:
		switch name(e.Fun) {
		case "AddDate", "AddMonths", "addBusinessDays":
			return slices.ContainsFunc(e.Args, figure)
		case "Date":
			return slices.ContainsFunc(e.Args, func(e ast.Expr) bool {
				sum, ok := e.(*ast.BinaryExpr)
				return ok && (figure(sum.X) || figure(sum.Y))
			})
		}
	}
	return false
}

// value computes an expression of figures, constants and units of time. A duration is in nanoseconds. It returns false for any other expression.
func (p codePackage) value(e ast.Expr) (n int64, duration, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		n, err := strconv.ParseInt(e.Value, 0, 64)
		return n, false, e.Kind == token.INT && err == nil
	case *ast.Ident:
		if value := p.constants[e.Name]; value != nil && value != ast.Expr(e) {
			return p.value(value)
		}
	case *ast.SelectorExpr:
		units := map[string]time.Duration{"Nanosecond": 1, "Microsecond": time.Microsecond, "Millisecond": time.Millisecond,
			"Second": time.Second, "Minute": time.Minute, "Hour": time.Hour}
		if unit := units[e.Sel.Name]; name(e.X) == "time" && unit != 0 {
			return int64(unit), true, true
		}
	case *ast.ParenExpr:
		return p.value(e.X)
	case *ast.UnaryExpr:
		n, duration, ok = p.value(e.X)
		return -n, duration, ok && e.Op == token.SUB
	case *ast.CallExpr:
		if name(e.Fun) == "Duration" && len(e.Args) == 1 {
			return p.value(e.Args[0])
		}
	case *ast.BinaryExpr:
		x, xd, xok := p.value(e.X)
		y, yd, yok := p.value(e.Y)
		ok, duration = xok && yok, xd || yd
		switch e.Op {
		case token.MUL:
			return x * y, duration, ok
		case token.ADD:
			return x + y, duration, ok
		case token.SUB:
			return x - y, duration, ok
		default:
			return 0, false, false
		}
	}
	return 0, false, false
}

// name returns the last word of the name in an expression.
func name(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}
