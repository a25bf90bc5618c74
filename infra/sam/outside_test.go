package sam_test

import (
	"slices"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// What API Gateway answers to browsers by itself is what the functions hold to: the policy's scope and this service.
func TestThreat_T20_TheAPIAllowsTheOriginsOfThePolicy(t *testing.T) {
	template := load(t)
	want := append(slices.Clone(policy.Origins()), "Origin")
	if have := texts(t, template, template.API.CORS.AllowOrigins...); !slices.Equal(have, want) {
		t.Errorf("the API allows %q, the policy %q", have, want)
	}
}

// The operator's command line (infra/ctl) finds its tables, and names the function of the sweep, by outputs of the stack.
func TestOutputsNameTheTablesOfOperators(t *testing.T) {
	template := load(t)
	for _, table := range []string{"LedgerTable", "RequestsTable"} {
		if output := template.Outputs[table+"Name"]; !output.Exists() || texts(t, template, output)[0] != table {
			t.Errorf("no output %sName holds the name of %s", table, table)
		}
	}
	if output := template.Outputs["PurgeFunctionName"]; !output.Exists() || texts(t, template, output)[0] != "PurgeFunction" {
		t.Error("no output PurgeFunctionName holds the name of PurgeFunction")
	}
}
