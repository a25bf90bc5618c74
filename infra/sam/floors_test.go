package sam_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/helpdeskexpert/privacy/"

// floor is a row of the house: packages that import only packages of the floors below.
type floor struct {
	name     string
	packages []string
}

// floors lists the packages of each floor, from the lowest. A folder and what is below it count as one package. Functions and tools are the
// top floor, where everything is put together.
var floors = []floor{
	{"0", []string{"shared/privacy", "shared/fault", "shared/metric", "shared/awsenv"}},
	{"1", []string{"shared/policy", "shared/subject", "shared/access", "shared/work", "shared/limit", "shared/audit", "shared/feedback"}},
	{"2a", []string{"shared/standing"}},
	{"2b", []string{"shared/record", "shared/retention", "shared/consent", "shared/identity"}},
	{"2c", []string{"shared/intake", "shared/decision", "shared/request", "shared/mailbox", "shared/replay"}},
	{"2d", []string{"shared/export", "shared/notice", "shared/objection", "shared/erasure", "shared/restore", "shared/inbound"}},
	{"3", []string{"shared/dynamo", "shared/objects", "shared/mail", "shared/oidc"}},
	{"4a", []string{"shared/web", "shared/links"}},
	{"4b", []string{"shared/letters", "shared/pages"}},
}

// adapters is the lowest floor that may import the cloud's libraries.
var adapters = slices.IndexFunc(floors, func(f floor) bool { return f.name == "3" })

// place tells which folder of the floors a package belongs to, and the floor's number.
func place(importPath string) (folder string, number int) {
	inside := strings.TrimPrefix(importPath, module)
	for number, floor := range floors {
		for _, folder := range floor.packages {
			if inside == folder || strings.HasPrefix(inside, folder+"/") {
				return folder, number
			}
		}
	}
	switch top, rest, _ := strings.Cut(inside, "/"); top {
	case "functions", "infra":
		name, _, _ := strings.Cut(rest, "/")
		return path.Join(top, name), len(floors)
	}
	return inside, -1
}

// forTests lists the packages that only tests may import; they themselves may import what they like.
var forTests = []string{
	"functions/policy/openapitest", "shared/consent/consenttest", "shared/policy/policytest", "shared/export/exporttest", "shared/identity/identitytest", "shared/notice/noticetest", "shared/pages/browsertest",
	"infra/local/engine/enginetest", "infra/local/late", "infra/local/paging", "infra/local/sample", "infra/local/servicetest", "infra/local/soak", "infra/local/starttest",
	"infra/local/testclock",
}

func TestImportsGoDownTheFloors(t *testing.T) {
	command := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	command.Dir, command.Stderr = "../..", os.Stderr
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(forTests, strings.TrimPrefix(p.ImportPath, module)) {
			continue
		}
		checkImports(t, p.ImportPath, p.Imports)
	}
}

func checkImports(t *testing.T, importPath string, imports []string) {
	t.Helper()
	folder, floor := place(importPath)
	if floor < 0 {
		t.Errorf("%s stands on no floor", folder)
	}
	for _, i := range imports {
		if i == "testing" {
			t.Errorf("%s imports package testing, and is not listed as a package for tests", importPath)
		}
		if (strings.Contains(i, "/aws/") || strings.HasSuffix(i, "shared/awsenv")) && floor < adapters && folder != "shared/awsenv" {
			t.Errorf("%s is a concept and imports the cloud: %s", folder, i)
		}
		if !strings.HasPrefix(i, module) {
			continue
		}
		other, below := place(i)
		top := len(floors)
		switch {
		case other == folder, below < floor:
		case below == top && floor == top && strings.HasPrefix(folder, "infra/") && strings.HasPrefix(other, "infra/"):
			// The tools build on each other: the local stack reads the template through infra/sam.
		default:
			t.Errorf("%s imports %s, which is not below it", strings.TrimPrefix(importPath, module), strings.TrimPrefix(i, module))
		}
		if slices.Contains(forTests, strings.TrimPrefix(i, module)) {
			t.Errorf("%s imports %s outside of its tests", importPath, i)
		}
	}
}

var floorRow = regexp.MustCompile("(?m)^\\| (\\d[a-d]?) \\| (`[^|]*`) \\|")

// The table of floors in infra/README.md is the one above.
func TestFloorsAreTheDocumentedOnes(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	rows := floorRow.FindAllStringSubmatch(string(text), -1)
	if len(rows) != len(floors)+1 {
		t.Fatalf("%d floors are documented", len(rows))
	}
	for i, floor := range floors {
		var names []string
		for _, p := range floor.packages {
			names = append(names, strings.TrimPrefix(p, "shared/"))
		}
		listed := strings.ReplaceAll(strings.ReplaceAll(rows[i][2], "`", ""), "shared/", "")
		if rows[i][1] != floor.name || listed != strings.Join(names, ", ") {
			t.Errorf("floor %s of %q: infra/README.md lists floor %s of %s", floor.name, names, rows[i][1], listed)
		}
	}
}

// A folder that is gone leaves no row behind.
func TestEveryPackageOfAFloorExists(t *testing.T) {
	for _, floor := range floors {
		for _, p := range floor.packages {
			if _, err := os.Stat("../../" + p); err != nil {
				t.Errorf("floor %s: %v", floor.name, err)
			}
		}
	}
}

// The top level contains only these files and folders.
func TestTopLevel(t *testing.T) {
	allowed := []string{
		"functions", "shared", "infra", "events", "template.yaml", "go.mod", "go.sum", "Makefile", "README.md",
		"LICENSE", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "samconfig.toml",
		"dist", // what make build leaves; not part of the repository
	}
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(allowed, e.Name()) {
			t.Errorf("%s stands at the top level", e.Name())
		}
	}
}

// A main reads its configuration, opens what the function needs and starts. What needs more lines stands in a file of its own.
func TestMainsAreShort(t *testing.T) {
	mains, err := filepath.Glob("../../functions/*/main.go")
	if err != nil || len(mains) == 0 {
		t.Fatal(mains, err)
	}
	for _, path := range mains {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if lines := strings.Count(string(text), "\n"); lines >= 40 {
			t.Errorf("%s has %d lines", path, lines)
		}
	}
}
