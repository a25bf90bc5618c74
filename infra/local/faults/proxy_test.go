package faults

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// A call that the SDK repeats keeps its name. So the moments of a sweep are the same whether or not a call had to be repeated.
func TestACallKeepsItsNameWhenItIsRepeated(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	calls := func(email string) []string {
		r.proxy.Reset()
		j := job{rig: r, email: email}
		j.file()
		j.wakeAll("fulfil")
		return r.proxy.Calls()
	}
	want := calls("anna@example.org")
	var failed, repeated atomic.Int32
	r.proxy.Decide = func(c Call) Fault {
		if !c.First {
			repeated.Add(1)
		}
		if c.First && strings.HasSuffix(c.Name, " 1") && c.Service == "dynamodb" {
			failed.Add(1)
			return Failed
		}
		return None
	}
	if got := calls("berta@example.org"); !slices.Equal(got, want) || len(want) < 5 {
		t.Errorf("the calls are %q, and with repetitions %q", want, got)
	}
	if failed.Load() < 3 || repeated.Load() != failed.Load() {
		t.Errorf("%d calls failed, %d were repeated", failed.Load(), repeated.Load())
	}
}
