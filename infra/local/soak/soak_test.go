package soak

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestASampleHasBothEnds(t *testing.T) {
	t.Setenv("SOAK", "")
	for _, c := range []struct{ points, n, want string }{
		{"", "3", ""}, {"a", "3", "a"}, {"abc", "3", "ac"}, {"abcd", "3", "ad"}, {"abcdefgh", "3", "adgh"}, {"abcd", "1", "abcd"},
	} {
		n := int(c.n[0] - '0')
		if got := string(Sample([]byte(c.points), n)); got != c.want {
			t.Errorf("every %s of %q: %q, not %q", c.n, c.points, got, c.want)
		}
	}
	if got := Pick(1, 2); got != 1 || Whole() {
		t.Errorf("a sample goes through %d", got)
	}
}

func TestAWholeSweepLeavesNothingOut(t *testing.T) {
	t.Setenv("SOAK", "true")
	if got := string(Sample([]byte("abcdefgh"), 3)); got != "abcdefgh" || Pick(1, 2) != 2 || !Whole() {
		t.Errorf("a whole sweep: %q", got)
	}
}

func TestEveryOrder(t *testing.T) {
	var got []string
	for order := range Orders([]byte("abc")) {
		got = append(got, string(order))
	}
	if slices.Sort(got); strings.Join(got, " ") != "abc acb bac bca cab cba" {
		t.Errorf("%q", got)
	}
	for range Orders([]byte("abc")) {
		break // must not go on
	}
}

func TestPropertiesAreTriedMoreOften(t *testing.T) {
	setting := flag.Lookup("rapid.checks")
	before := setting.Value.String()
	for _, c := range []struct {
		soak  string
		check func(*testing.T, func(*rapid.T))
		want  string
	}{{"", Check, before}, {"true", Check, "5000"}, {"", CheckCostly, before}, {"true", CheckCostly, "1000"}} {
		t.Setenv("SOAK", c.soak)
		tried := 0
		c.check(t, func(*rapid.T) { tried++ })
		if fmt.Sprint(tried) != c.want {
			t.Errorf("SOAK=%s: %d cases, not %s", c.soak, tried, c.want)
		}
	}
	if setting.Value.String() != before {
		t.Error("the number of cases stays changed")
	}
}

// sweeps runs sweeps.sh on a tree whose one test file of functions/a has the lines after its import.
func sweeps(t *testing.T, lines string) (string, error) {
	t.Helper()
	script, err := os.ReadFile("sweeps.sh")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for name, content := range map[string]string{
		"infra/local/soak/sweeps.sh": string(script),
		"functions/a/a_test.go":      "package a\n\nimport \"github.com/helpdeskexpert/privacy/infra/local/soak\"\n\n" + lines,
		"functions/b/b_test.go":      "package b\n\nfunc TestOther(t *testing.T) {\n}\n",
		"shared/c/c.go":              "package c\n",
	} {
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command("sh", filepath.Join(root, "infra/local/soak/sweeps.sh")).CombinedOutput()
	return string(out), err
}

func TestSweepsAreFoundInTheSource(t *testing.T) {
	const short = "func TestShort(t *testing.T) {\n\t// soak.Pick is not called here\n}\n\n"
	const long = "func TestThreat_T14_Long(t *testing.T) {\n\tf(\"/path\", soak.Pick(1, 2))\n\tsoak.Whole()\n}\n\n"
	const more = "func TestMore(t *testing.T) {\n\tfor range soak.Sample(x, 2) {\n\t}\n}\n"
	out, err := sweeps(t, short+long+more)
	if want := "-run ^(TestMore|TestThreat_T14_Long)$ ./functions/a\n"; err != nil || out != want {
		t.Errorf("%v: %q, not %q", err, out, want)
	}
	for name, lines := range map[string]string{
		"a helper":   long + "func helper() {\n\tsoak.Pick(1, 2)\n}\n",
		"a variable": long + "var sizes = soak.Pick(1, 2)\n",
		"a method":   "func (r rig) TestLike(t *testing.T) {\n\tsoak.Whole()\n}\n",
	} {
		if out, err := sweeps(t, lines); err == nil || !strings.Contains(out, "functions/a/a_test.go:") {
			t.Errorf("%s calls soak, and nobody is told: %q", name, out)
		}
	}
}

// Every sweep of this repository is found. The walk lets `go test` see the sources, or it would take the result from its cache.
func TestEverySweepHereIsFound(t *testing.T) {
	for _, folder := range []string{"functions", "infra", "shared"} {
		err := filepath.WalkDir("../../../"+folder, func(_ string, entry os.DirEntry, err error) error {
			if err == nil && entry.Name() == "node_modules" {
				return filepath.SkipDir
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command("sh", "sweeps.sh").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	words := strings.Fields(string(out))
	if words[0] != "-run" || !strings.Contains(words[1], "|") || !slices.Contains(words, "./infra/local/faults") {
		t.Errorf("sweeps: %q", words)
	}
}
