package main

import (
	"os"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/starttest"
)

// Budget: the binary is at most 1.6 times a hello-world Lambda built in the same run.
func TestBudgetBinarySize(t *testing.T) {
	size := func(path string) float64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return float64(info.Size())
	}
	ratio := size(starttest.Function(t)) / size(starttest.HelloWorld(t))
	t.Logf("budget: consent: binary | %.3f × hello-world | 1.6", ratio)
	if ratio > 1.6 {
		t.Errorf("%.3f times a hello-world Lambda", ratio)
	}
}

// Budget: allocations of a start. Two thirds of them are for the schemas of the DynamoDB client.
func TestBudgetStart(t *testing.T) { starttest.Allocations(t, 4750, 840) }

// Budget: CPU time of a start. We measured 1.3 to 1.5 times that of a hello-world Lambda.
func BenchmarkBudgetStart(b *testing.B) { starttest.CPU(b, 1.6) }
