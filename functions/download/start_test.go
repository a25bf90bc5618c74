package main

import (
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/starttest"
)

// Budget: allocations of a start with two AWS clients. Their configuration comes from no file and no service.
func TestBudgetStart(t *testing.T) { starttest.Allocations(t, 5700, 970) }

// Budget: CPU time of a start. We measured 1.5 to 1.8 times that of a hello-world Lambda, and 2.1 times with the SDK's own configuration.
func BenchmarkBudgetStart(b *testing.B) { starttest.CPU(b, 1.9) }
