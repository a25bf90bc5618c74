package register

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
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
	if got, err := in(text, "shared/x", "x_test.go"); err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	for file, text := range map[string]string{
		"receipt.txt": "# " + tag + "C02. A story.\nexec ctl\n", "x.test.js": "test('" + strings.TrimSuffix(tag, ": ") + " C02: what it shows', () => {})\n",
	} {
		if got, err := in(text, "x", file); err != nil || !slices.Equal(got, []Test{{"Promise", "C02", file, "x"}}) {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if got, err := in("// A helper. "+tag+"F07.\nfunc help() {}\n", "shared/x", "x_test.go"); err == nil {
		t.Errorf("a tag above no test was taken for %+v", got)
	}
}

func TestATestOfNothingIsRefused(t *testing.T) {
	if err := Join([]Row{{Kind: "Promise", ID: "F07"}}, []Test{{"Fault", "F07", "TestX", "y"}}); err == nil {
		t.Error("a fault's test was taken for the promise of the same number")
	}
}

// A row that names code needs a test, and a row with a test must name code.
func TestAKeptRowNeedsATest(t *testing.T) {
	proof := []Test{{"Promise", "F07", "TestA", "a"}}
	for want, row := range map[bool]Row{true: {Kind: "Promise", ID: "F07", Where: "shared/x"}, false: {Kind: "Promise", ID: "F07", Where: "not yet"}} {
		if err := Check([]Row{row}); (err != nil) != want {
			t.Errorf("%q without a test: %v", row.Where, err)
		}
		if row.Tests = proof; (Check([]Row{row}) == nil) != want {
			t.Errorf("%q with a test: %v", row.Where, Check([]Row{row}))
		}
	}
}

// If no test was run, a page keeps its earlier results. If a few tests were run, only their results change.
func TestAPageKeepsItsLastResults(t *testing.T) {
	a, b := Test{"Promise", "F07", "TestA", "a"}, Test{"Fault", "F07", "TestB", "b"}
	all := []Row{
		{"Promise", "F07", "text", "a", []Test{a}}, {"Promise", "F08", "text", "not yet", nil}, {"Promise", "F09", "text", "c", []Test{{"Promise", "F09", "TestC", "c"}}},
		{"Fault", "F07", "text", "b", []Test{b}},
	}
	var before Page
	one, two := time.Date(2031, 4, 5, 23, 59, 0, 0, time.UTC), time.Date(2031, 4, 6, 0, 0, 0, 0, time.UTC)
	for i, step := range []struct {
		run  Run
		want []string
	}{
		{Run{one, "abc1234", Results{{"a", "TestA"}: "pass", {"b", "TestB"}: "skip"}}, []string{"pass, 2031-04-05, abc1234", none, none, "skip, 2031-04-05, abc1234"}},
		{Run{}, []string{"pass, 2031-04-05, abc1234", none, none, "skip, 2031-04-05, abc1234"}},
		{Run{two, "", Results{{"b", "TestB"}: "fail"}}, []string{"pass, 2031-04-05, abc1234", none, none, "fail, 2031-04-06"}},
	} {
		var out strings.Builder
		if err := Write(&out, all, step.run, before); err != nil {
			t.Fatal(err)
		}
		before = ReadPage(out.String())
		var results []string
		for _, l := range before {
			results = append(results, l.Result)
		}
		if !slices.Equal(results, step.want) {
			t.Errorf("page %d: %q, want %q", i, results, step.want)
		}
	}
	all[0].Tests = nil
	var out strings.Builder
	if err := Write(&out, all, Run{}, before); err != nil || ReadPage(out.String())[0].Result != none {
		t.Errorf("a row that lost its tests kept their result: %v", err)
	}
}

// The page in the repository has every row, names no test that is gone, and names at least one test for each row that has tests. It may lack a
// new test, and its results are those of the day on which it was made.
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
	if err := Check(all); err != nil {
		t.Error(err)
	}
	page := ReadPage(string(text))
	if len(page) != len(all) {
		t.Fatalf("%d rows on the page, %d in the register: run `go run ./infra/ctl promises`", len(page), len(all))
	}
	for i, row := range all {
		listed := page[i]
		if listed.Kind != row.Kind || listed.ID != row.ID || listed.Text != row.Text || listed.Where != row.Where {
			t.Errorf("%s %s is not what the page says: run `go run ./infra/ctl promises`", row.Kind, row.ID)
		}
		if (listed.Shown == none) != (len(row.Tests) == 0) {
			t.Errorf("%s %s: the page shows %s, %d tests prove it", row.Kind, row.ID, listed.Shown, len(row.Tests))
		}
		for name := range strings.SplitSeq(listed.Shown, "<br>") {
			if name != none && !slices.ContainsFunc(row.Tests, func(test Test) bool { return shown([]Test{test}) == name }) {
				t.Errorf("%s %s: the page shows %s, which is gone", row.Kind, row.ID, name)
			}
		}
	}
}
