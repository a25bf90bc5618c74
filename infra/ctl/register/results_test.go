package register

import (
	"strings"
	"testing"
)

func TestResultsAreTheWorst(t *testing.T) {
	log := `{"Time":"2031-04-05T06:07:08Z","Action":"run","Package":"m/a","Test":"TestA"}
# m/a: building
{"Time":"2031-04-05T06:07:09Z","Action":"pass","Package":"m/a","Test":"TestA"}
{"Action":"skip","Package":"m/b","Test":"TestB"}
{"Action":"fail","Package":"m/c","Test":"TestC"}
{"Action":"pass","Package":"m/d","Test":"TestStories/told"}
{"ImportPath":"m/e","Action":"build-fail"}
{"Action":"fail","Package":"m/e","FailedBuild":"m/e"}
{"Action":"pass","Package":"m/a"}
`
	run, err := ReadRun(strings.NewReader(log), "m")
	if err != nil || run.At.Format("15:04:05") != "06:07:09" {
		t.Fatal(run, err)
	}
	run.Results[[2]string{"s", "x.test.js"}] = "pass"
	test := func(place, name string) Test { return Test{Place: place, Name: name} }
	a, b, c := test("a", "TestA"), test("b", "TestB"), test("c", "TestC")
	for name, row := range map[string]struct {
		want  string
		tests []Test
	}{
		"one":                      {"pass", []Test{a}},
		"a skipped one":            {"skip", []Test{a, b}},
		"a skipped one first":      {"skip", []Test{b, a}},
		"a failed one":             {"fail", []Test{a, b, c}},
		"one that did not run":     {none, []Test{a, test("a", "TestZ")}},
		"a failed one before it":   {"fail", []Test{test("a", "TestZ"), c}},
		"a story":                  {"pass", []Test{a, test("d/testdata", "told.txt")}},
		"a story that was not":     {none, []Test{a, test("d/testdata", "old.txt")}},
		"a script":                 {"pass", []Test{test("s", "x.test.js")}},
		"one that was not built":   {"fail", []Test{a, test("e", "TestE")}},
		"a story in such a folder": {"fail", []Test{test("e/testdata", "told.txt")}},
	} {
		if got := run.Results.Of(row.tests); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
}
