package sam_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// section reads the lines of a section of samconfig.toml.
func section(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile("../../samconfig.toml")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "\n["+name+".parameters]\n")
	if !found {
		t.Fatalf("samconfig.toml has no section %s", name)
	}
	lines, _, _ := strings.Cut(after, "\n[")
	return strings.Split(lines, "\n")
}

// In a pipeline nobody can confirm a change set, and often there is nothing to change.
func TestAPipelineIsAskedNothing(t *testing.T) {
	for _, environment := range []string{"ci", "staging"} {
		lines := section(t, environment+".deploy")
		for _, need := range []string{"confirm_changeset = false", "fail_on_empty_changeset = false", `capabilities = "CAPABILITY_IAM"`} {
			if !slices.Contains(lines, need) {
				t.Errorf("%s: not %s", environment, need)
			}
		}
	}
	name := func(environment string) string {
		lines := section(t, environment+".deploy")
		return lines[slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "stack_name") })]
	}
	if name("ci") != name("default") || name("staging") == name("default") {
		t.Errorf("stacks: %s, %s, %s", name("default"), name("ci"), name("staging"))
	}
	if !slices.Contains(section(t, "default.deploy"), "confirm_changeset = true") {
		t.Error("somebody at a terminal is not asked")
	}
}

var override = regexp.MustCompile(`^  "(\w+)=(.*)",$`)

// The staging stack overrides existing parameters of the template, with values that they allow.
func TestTheStagingStackGivesParametersTheirValues(t *testing.T) {
	parameters, given := load(t).Parameters, []string{}
	for _, line := range section(t, "staging.deploy") {
		m := override.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		p, known := parameters[m[1]]
		if given = append(given, m[1]); !known || !regexp.MustCompile(p.AllowedPattern).MatchString(m[2]) || p.AllowedValues != nil && !slices.Contains(p.AllowedValues, m[2]) {
			t.Errorf("%s may not be %s", m[1], m[2])
		}
	}
	if !slices.Equal(given, []string{"Origin", "WebsiteOrigins", "Rollout"}) {
		t.Errorf("the staging stack gives %q", given)
	}
}
