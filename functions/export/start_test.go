package main

import (
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/starttest"
)

// Budget: allocations of the start with three clients of AWS. Their configuration is read from no file and no service.
func TestBudgetStart(t *testing.T) { starttest.Allocations(t, 15300, 2220) }

// Budget: CPU of the start; 2.4 to 2.7 times a hello-world Lambda was seen, and 3.2 to 3.6 with the SDK's own configuration and the key of
// receipts.
func BenchmarkBudgetStart(b *testing.B) { starttest.CPU(b, 2.9) }
