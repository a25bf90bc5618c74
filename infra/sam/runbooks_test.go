package sam_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var notInAnchors = regexp.MustCompile(`[^a-z0-9 -]`)

// anchor returns the anchor that GitHub makes from a heading.
func anchor(heading string) string {
	return strings.ReplaceAll(notInAnchors.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}

// An alarm is useless if nobody knows what to do about it. So the section that its description names is among the runbooks and has
// steps. No section is left over from an alarm that no longer exists.
func TestEveryAlarmHasItsRunbook(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "\n## Runbooks\n")
	after, _, _ = strings.Cut(after, "\n## ")
	steps := map[string]bool{}
	for _, section := range strings.Split(after, "\n### ")[1:] {
		heading, body, _ := strings.Cut(section, "\n")
		steps[anchor(heading)] = strings.Contains(body, "\n1. ")
	}
	var named []string
	for id, a := range load(t).Alarms() {
		if !steps[a.Runbook] {
			t.Errorf("%s: infra/README.md#%s is no runbook with steps", id, a.Runbook)
		}
		named = append(named, a.Runbook)
	}
	for section := range steps {
		if !slices.Contains([]string{"rotating-a-key", "a-first-deployment-that-failed", "a-restore"}, section) && !slices.Contains(named, section) {
			t.Errorf("no alarm leads to infra/README.md#%s", section)
		}
	}
}
