package register

import (
	"cmp"
	"fmt"
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
	Name     string // of the function; of the file for a story and for a test of the pages' scripts
	Place    string // the folder, from the root
}

var (
	named  = regexp.MustCompile(`(?m)^func (Test(Promise|Threat|Fault)_([A-Z]\d\d)_\w+)\(`)
	tagged = regexp.MustCompile(`(Promise|Threat|Fault): ([A-Z]\d\d(?:, [A-Z]\d\d)*)`)
	script = regexp.MustCompile(`(?m)^test\('(Promise|Threat|Fault) ([A-Z]\d\d): `)
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
			if err != nil {
				return err
			}
			tests, err := in(string(text), filepath.ToSlash(place), path.Base(filepath.ToSlash(file)))
			all = append(all, tests...)
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

// in lists the tests of one file. A tag is in the comment of a test, or in a story.
func in(text, place, file string) (tests []Test, err error) {
	for _, m := range named.FindAllStringSubmatch(text, -1) {
		tests = append(tests, Test{m[2], m[3], m[1], place})
	}
	for _, m := range script.FindAllStringSubmatch(text, -1) {
		tests = append(tests, Test{m[1], m[2], file, place})
	}
	for _, at := range tagged.FindAllStringSubmatchIndex(text, -1) {
		name := file
		if f := below.FindStringSubmatch(text[at[1]:]); f != nil {
			name = f[1]
		} else if strings.HasSuffix(file, ".go") {
			return nil, fmt.Errorf("register: the tag %q in %s/%s is not above a test, so it would never have a result", text[at[0]:at[1]], place, file)
		}
		for id := range strings.SplitSeq(text[at[4]:at[5]], ", ") {
			tests = append(tests, Test{text[at[2]:at[3]], id, name, place})
		}
	}
	return tests, nil
}
