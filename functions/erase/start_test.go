package main

import (
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/starttest"
)

// Budget: allocations of a start with three AWS clients and the key of certificates.
func TestBudgetStart(t *testing.T) { starttest.Allocations(t, 14600, 2050) }

// Budget: CPU time of a start, in times of that of a hello-world Lambda, as of an export.
func BenchmarkBudgetStart(b *testing.B) { starttest.CPU(b, 2.9) }
