package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/starttest"
)

// A deployment without a valid secret fails at its first start, not at the first receipt.
func TestAStartWithoutAProperSecretFails(t *testing.T) {
	function := starttest.Function(t)
	for secret, want := range map[string]string{"": "RECEIPT_KEY", "short": "shorter than 32 characters"} {
		cmd := exec.Command(function)
		cmd.Env = []string{"ORIGIN=" + origin, "CONSENTS_TABLE=c", "RECEIPT_KEY=" + secret, "AWS_LAMBDA_RUNTIME_API=127.0.0.1:1"}
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), want) {
			t.Errorf("with %q: %v, %s", secret, err, out)
		}
	}
}

// Budget: allocations of a start. Two thirds of them are for the schemas of the DynamoDB client.
func TestBudgetStart(t *testing.T) { starttest.Allocations(t, 4950, 875) }

// Budget: CPU time of a start. We measured 1.4 to 1.7 times that of a hello-world Lambda, and 2.1 times with the receipts' key.
func BenchmarkBudgetStart(b *testing.B) { starttest.CPU(b, 1.8) }
