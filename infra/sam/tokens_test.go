package sam_test

import (
	"os"
	"strings"
	"testing"
)

// CloudFormation refuses what ingest would not start with, before anything is changed: neither an audience nor clients.
func TestADeploymentThatTakesAnyTokenIsRefused(t *testing.T) {
	template, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, rules, _ := strings.Cut(string(template), "\nRules:\n")
	rules, _, _ = strings.Cut(rules, "\n\n")
	const rule = `Assert: !Not [!And [!Equals [!Ref TokenAudience, ""], !Equals [!Ref TokenClients, ""]]]`
	if !strings.Contains(rules, rule) {
		t.Errorf("no rule of the template says %s: %s", rule, rules)
	}
}
