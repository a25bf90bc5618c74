package sam_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.." // of the repository

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

// anchors lists the anchors that GitHub makes from a document's headings.
func anchors(text string) []string {
	var all []string
	for _, h := range heading.FindAllStringSubmatch(text, -1) {
		all = append(all, anchor(h[1]))
	}
	return all
}

// Every link of the documents leads to an existing file and, within a document, to a heading.
func TestLinksOfTheDocumentsLeadSomewhere(t *testing.T) {
	for _, name := range []string{"README.md", "infra/README.md", "SECURITY.md", "CONTRIBUTING.md"} {
		path := filepath.Join(root, name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range link.FindAllStringSubmatch(string(text), -1) {
			file, fragment, _ := strings.Cut(l[1], "#")
			if strings.Contains(file, "://") {
				continue
			}
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
			}
			found, err := os.Stat(target)
			if err != nil {
				t.Errorf("%s links to %s, which is not there", name, l[1])
				continue
			}
			if fragment == "" || found.IsDir() {
				continue
			}
			linked, err := os.ReadFile(target)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(anchors(string(linked)), fragment) {
				t.Errorf("%s links to %s, which has no such heading", name, l[1])
			}
		}
	}
}

var walked = regexp.MustCompile("(?m)^\\d+\\. \\[`([^`]+)`\\]\\(\\.\\./([^)]+)\\): (?:`(?:\\w+\\.)?(\\w+)`)?")

// The lists "In the code" lead through the files as they are: each item links to the file that it names, and the first name after the
// link is declared in that file.
func TestTheListsOfFilesFollowTheCode(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	items := walked.FindAllStringSubmatch(string(text), -1)
	if len(items) < 30 {
		t.Errorf("the lists have only %d items", len(items))
	}
	for _, item := range items {
		source, err := os.ReadFile(filepath.Join(root, item[2]))
		if err != nil || item[1] != item[2] {
			t.Errorf("%s leads to %s: %v", item[1], item[2], err)
			continue
		}
		if declared := regexp.MustCompile(`(?m)^(?:func (?:\([^)]+\) )?|type |var )` + item[3] + `\b`); item[3] == "" || !declared.Match(source) {
			t.Errorf("%s does not declare %q", item[1], item[3])
		}
	}
}

// In a Mermaid sequence diagram, a semicolon ends the line and # begins a comment. So a label with either breaks the drawing or is cut.
func TestLabelsOfSequenceDiagramsAreDrawnWhole(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	diagrams := regexp.MustCompile("(?s)```mermaid\nsequenceDiagram\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(diagrams) == 0 {
		t.Error("infra/README.md has no sequence diagram")
	}
	for _, diagram := range diagrams {
		for line := range strings.Lines(diagram[1]) {
			if strings.ContainsAny(line, ";#") {
				t.Errorf("Mermaid does not draw this line whole: %s", strings.TrimSpace(line))
			}
		}
	}
}

// deploying returns the section on deploying, and the part of it below a heading of the third level.
func deploying(t *testing.T, below string) (whole, part string) {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "\n## Deploying\n")
	whole, _, ended := strings.Cut(after, "\n## ")
	_, part, inside := strings.Cut(whole, "\n### "+below+"\n")
	part, _, _ = strings.Cut(part, "\n### ")
	if !found || !ended || !inside {
		t.Fatalf("infra/README.md has no section on deploying with a part %q", below)
	}
	return whole, part
}

// firstColumn returns the names in code style in the first column of a table.
func firstColumn(part string) []string {
	var names []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(part, -1) {
		names = append(names, row[1])
	}
	return names
}

// The guide explains every parameter of the template exactly once, and no others.
func TestTheGuideExplainsEveryParameter(t *testing.T) {
	_, part := deploying(t, "The first deployment")
	explained, declared := firstColumn(part), slices.Sorted(maps.Keys(load(t).Parameters))
	slices.Sort(explained)
	if !slices.Equal(explained, declared) {
		t.Errorf("the guide explains %q, the template has %q", explained, declared)
	}
}

// The parameters that the guide sets and the outputs that it reads exist in the template, and the targets of make exist in the Makefile.
func TestTheGuideNamesWhatIsThere(t *testing.T) {
	template := load(t)
	whole, first := deploying(t, "The first deployment")
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	asked := regexp.MustCompile(`\$\(output (\w+)\)`).FindAllStringSubmatch(string(text), -1)
	if len(asked) < 5 {
		t.Errorf("only %d outputs are asked for", len(asked))
	}
	for _, output := range asked {
		if !template.Outputs[output[1]].Exists() {
			t.Errorf("there is no output %s", output[1])
		}
	}
	_, overrides, _ := strings.Cut(first, "--parameter-overrides")
	set := regexp.MustCompile(`['" ](\w+)=`).FindAllStringSubmatch(overrides, -1)
	if len(set) < 5 {
		t.Errorf("only %d parameters are set", len(set))
	}
	for _, parameter := range set {
		if _, ok := template.Parameters[parameter[1]]; !ok {
			t.Errorf("there is no parameter %s", parameter[1])
		}
	}
	rules, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range regexp.MustCompile("`make ([a-z]+)`").FindAllStringSubmatch(whole, -1) {
		if !strings.Contains(string(rules), "\n"+target[1]+":") {
			t.Errorf("there is no make %s", target[1])
		}
	}
	for _, path := range regexp.MustCompile("shared/policy/[a-z0-9/.-]*[a-z]").FindAllString(whole, -1) {
		if _, err := os.Stat(filepath.Join(root, path)); err != nil && path != "shared/policy/versions/2027-01-04.yaml" {
			t.Errorf("there is no %s", path)
		}
	}
}

// A deleted stack leaves behind what the guide says: tables, buckets, key and secrets.
func TestTheGuideKnowsWhatIsKept(t *testing.T) {
	_, part := deploying(t, "Deleting everything")
	kept := map[string]int{}
	for _, r := range load(t).Resources {
		if strings.HasPrefix(r.DeletionPolicy, "Retain") {
			kept[r.Type]++
			if !strings.Contains(part, "'"+r.Type+"'") {
				t.Errorf("the guide does not name %s, a %s", r.LogicalID, r.Type)
			}
		}
	}
	want := map[string]int{"AWS::DynamoDB::Table": 6, "AWS::S3::Bucket": 2, "AWS::KMS::Key": 1, "AWS::SecretsManager::Secret": 4}
	if !maps.Equal(kept, want) || !strings.Contains(part, "six tables, the buckets, the key and four secrets") {
		t.Errorf("the stack keeps %v", kept)
	}
}
