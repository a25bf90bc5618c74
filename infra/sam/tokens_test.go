package sam_test

import (
	"os"
	"strings"
	"testing"
)

// With neither an audience nor clients, ingest would not start. CloudFormation refuses such parameters before it changes anything.
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
