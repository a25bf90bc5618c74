package register

import (
	"bufio"
	"cmp"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Test is a test, or a story, that proves a row.
type Test struct {
	Kind, ID string
	Name     string // of the function; of the file for a tag that belongs to none
	Place    string // the folder, from the root
}

var (
	named  = regexp.MustCompile(`(?m)^func (Test(Promise|Threat|Fault)_([A-Z]\d\d)_\w+)\(`)
	tagged = regexp.MustCompile(`(Promise|Threat|Fault): ([A-Z]\d\d(?:, [A-Z]\d\d)*)`)
	below  = regexp.MustCompile(`(?s)\A[^\n]*\n(?:[ \t]*//[^\n]*\n)*func (Test\w+)\(`)
)

// Find lists the tests in the tree below root, sorted: Go tests, tests of the pages, and stories in testdata.
func Find(root string) ([]Test, error) {
	var all []Test
	for _, top := range []string{"functions", "infra", "shared"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(file string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() {
				if entry.Name() == "node_modules" || entry.Name() == "_code" {
					return fs.SkipDir
				}
				return nil
			}
			story := strings.Contains(file, "/testdata/") && strings.HasSuffix(file, ".txt")
			if !story && !strings.HasSuffix(file, "_test.go") && !strings.HasSuffix(file, ".test.js") {
				return nil
			}
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			place, err := filepath.Rel(root, filepath.Dir(file))
			all = append(all, in(string(text), filepath.ToSlash(place), path.Base(filepath.ToSlash(file)))...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b Test) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Place, b.Place), cmp.Compare(a.Name, b.Name))
	})
	return slices.Compact(all), nil
}

// in lists the tests of one file. A tag in the comment of a test is that test's; any other is the file's.
func in(text, place, file string) []Test {
	var tests []Test
	for _, m := range named.FindAllStringSubmatch(text, -1) {
		tests = append(tests, Test{m[2], m[3], m[1], place})
	}
	for _, at := range tagged.FindAllStringSubmatchIndex(text, -1) {
		name := file
		if f := below.FindStringSubmatch(text[at[1]:]); f != nil {
			name = f[1]
		}
		for id := range strings.SplitSeq(text[at[4]:at[5]], ", ") {
			tests = append(tests, Test{text[at[2]:at[3]], id, name, place})
		}
	}
	return tests
}

// Results are the last outcomes of tests: "pass", "fail" or "skip", by folder and name.
type Results map[[2]string]string

// ReadResults reads what `go test -json` wrote.
func ReadResults(r io.Reader, module string) (Results, error) {
	results := Results{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var event struct{ Action, Package, Test string }
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			continue // what a build prints stands between the events
		}
		switch event.Action {
		case "pass", "fail", "skip":
			if event.Test != "" {
				results[[2]string{strings.TrimPrefix(event.Package, module+"/"), event.Test}] = event.Action
			}
		}
	}
	return results, lines.Err()
}

// Of is the outcome of several tests together: the worst that is known.
func (r Results) Of(tests []Test) string {
	worst := none
	for _, t := range tests {
		switch outcome := r[[2]string{t.Place, t.Name}]; {
		case outcome == "fail":
			return "fail"
		case outcome == "skip", outcome == "pass" && worst == none:
			worst = outcome
		}
	}
	return worst
}
