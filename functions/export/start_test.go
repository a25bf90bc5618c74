package main

import (
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/starttest"
)

// Budget: allocations of a start with three AWS clients. Their configuration comes from no file and no service.
func TestBudgetStart(t *testing.T) { starttest.Allocations(t, 15300, 2220) }

// Budget: CPU time of a start. We measured 2.4 to 2.7 times that of a hello-world Lambda, and 3.2 to 3.6 times with the SDK's own
// configuration and the key of receipts.
func BenchmarkBudgetStart(b *testing.B) { starttest.CPU(b, 2.9) }
