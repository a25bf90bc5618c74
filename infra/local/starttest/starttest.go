package starttest

import (
	"bufio"
	"fmt"
	"os/exec"
	"slices"
	"testing"
	"time"
)

// Allocations fails the test if the function allocates more than its budgets before its first call for an event: a number of
// allocations, and KiB. Counts do not change on a busy machine.
func Allocations(t *testing.T, budget, budgetKiB int) {
	t.Helper()
	cmd := exec.Command(counting(t))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	function, allocations, bytes := name(t), 0, 0
	s := newStarter(t, function)
	s.first = func() {
		_, _ = in.Write([]byte{1})
		line, _ := bufio.NewReader(out).ReadString('\n')
		if _, err := fmt.Sscan(line, &allocations, &bytes); err != nil {
			t.Errorf("it printed %q: %v", line, err)
		}
	}
	s.start(t, cmd)
	t.Logf("budget: %s: a start | %d allocations | %d", function, allocations, budget)
	t.Logf("budget: %s: memory allocated at a start | %d KiB | %d", function, bytes>>10, budgetKiB)
	if allocations == 0 || allocations > budget || bytes>>10 > budgetKiB {
		t.Errorf("%d allocations of %d KiB at the start", allocations, bytes>>10)
	}
}

// CPU fails the benchmark if the CPU time of the function's start, as a multiple of that of a hello-world Lambda, exceeds its
// budget. The two start alternately, so that other load affects both, and their medians are compared. Time still varies, so this is
// a benchmark and not a test, and the best of three rounds counts.
func CPU(b *testing.B, budget float64) {
	b.Helper()
	function, hello, built := name(b), HelloWorld(b), Function(b)
	s := newStarter(b, function)
	var theirs, ours time.Duration
	ratio := func() float64 { return float64(ours) / float64(theirs) }
	for round := 0; round == 0 || round < 3 && ratio() > budget; round++ {
		var starts [2][]time.Duration
		for range 60 {
			for i, binary := range []string{hello, built} {
				starts[i] = append(starts[i], s.start(b, exec.Command(binary)))
			}
		}
		theirs, ours = median(starts[0]), median(starts[1])
	}
	b.Logf("budget: %s: CPU of a start (%v, hello-world %v) | %.2f × hello-world | %v", function, ours, theirs, ratio(), budget)
	if ratio() > budget {
		b.Errorf("the start costs %v, a hello-world Lambda's %v", ours, theirs)
	}
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}
