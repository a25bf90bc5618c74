package register

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../../.."

// The tags are put together here, so that this file is not found as a proof itself.
const tag = "Promise" + ": "

func TestTestsAreFoundByNameAndByTag(t *testing.T) {
	text := "package x\n\nfunc TestThreat_T18_Formulas(t *testing.T) {}\n\n// TestStory runs it. " + tag + "F07, H05.\n// More.\nfunc TestStory(t *testing.T) {}\n"
	want := []Test{
		{"Threat", "T18", "TestThreat_T18_Formulas", "shared/x"},
		{"Promise", "F07", "TestStory", "shared/x"}, {"Promise", "H05", "TestStory", "shared/x"},
	}
	if got := in(text, "shared/x", "x_test.go"); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if got := in("# "+tag+"C02. A story.\nexec ctl\n", "infra/ctl/testdata", "receipt.txt"); !slices.Equal(got, []Test{{"Promise", "C02", "receipt.txt", "infra/ctl/testdata"}}) {
		t.Errorf("%+v", got)
	}
}

func TestATestOfNothingIsRefused(t *testing.T) {
	if err := Join([]Row{{Kind: "Promise", ID: "F07"}}, []Test{{"Fault", "F07", "TestX", "y"}}); err == nil {
		t.Error("a fault's test was taken for the promise of the same number")
	}
}

func TestResultsAreTheWorstKnown(t *testing.T) {
	log := `{"Action":"run","Package":"m/a","Test":"TestA"}
# m/a: building
{"Action":"pass","Package":"m/a","Test":"TestA"}
{"Action":"skip","Package":"m/b","Test":"TestB"}
{"Action":"fail","Package":"m/c","Test":"TestC"}
{"Action":"pass","Package":"m/a"}
`
	results, err := ReadResults(strings.NewReader(log), "m")
	if err != nil || len(results) != 3 {
		t.Fatal(results, err)
	}
	a, b, c := Test{Place: "a", Name: "TestA"}, Test{Place: "b", Name: "TestB"}, Test{Place: "c", Name: "TestC"}
	for want, tests := range map[string][]Test{"pass": {a}, "skip": {a, b}, "fail": {a, b, c}, "–": {{Place: "a", Name: "TestZ"}}} {
		if got := results.Of(tests); got != want {
			t.Errorf("%v: %s, want %s", tests, got, want)
		}
	}
}

// line is a row of the page: id, promise, where, tests, result.
var line = regexp.MustCompile(`(?m)^\| ([A-Z]\d\d) \| (.*) \| (.*) \| (.*) \| .* \|$`)

// The page in the repository says what the tests say: each row, no test that is gone, and at least one wherever there is
// one. It may lag behind by a test; the last results are of the day on which it was made.
func TestThePageIsTrue(t *testing.T) {
	text, err := os.ReadFile("../../promises.md")
	if err != nil {
		t.Fatal(err)
	}
	all, err := Rows()
	if err != nil {
		t.Fatal(err)
	}
	tests, err := Find(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := Join(all, tests); err != nil {
		t.Fatal(err)
	}
	page := line.FindAllStringSubmatch(string(text), -1)
	if len(page) != len(all) {
		t.Fatalf("%d rows on the page, %d in the register: run `go run ./infra/ctl promises`", len(page), len(all))
	}
	for i, row := range all {
		listed := page[i]
		if listed[1] != row.ID || listed[2] != row.Text || listed[3] != row.Where {
			t.Errorf("%s %s is not what the page says: run `go run ./infra/ctl promises`", row.Kind, row.ID)
		}
		if (listed[4] == "–") != (len(row.Tests) == 0) {
			t.Errorf("%s %s: the page shows %s, %d tests prove it", row.Kind, row.ID, listed[4], len(row.Tests))
		}
		for name := range strings.SplitSeq(listed[4], "<br>") {
			if name != "–" && !slices.ContainsFunc(row.Tests, func(test Test) bool { return shown([]Test{test}) == name }) {
				t.Errorf("%s %s: the page shows %s, which is gone", row.Kind, row.ID, name)
			}
		}
		if (row.Where == "not yet") && len(row.Tests) > 0 {
			t.Errorf("%s %s has tests and nothing that keeps it", row.Kind, row.ID)
		}
	}
}
