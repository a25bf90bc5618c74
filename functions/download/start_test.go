package main

import (
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/starttest"
)

// Budget: allocations of the start with two clients of AWS. Their configuration is read from no file and no service.
func TestBudgetStart(t *testing.T) { starttest.Allocations(t, 5700, 970) }

// Budget: CPU of the start; 1.5 to 1.8 times a hello-world Lambda was seen, and 2.1 with the SDK's own configuration.
func BenchmarkBudgetStart(b *testing.B) { starttest.CPU(b, 1.9) }
