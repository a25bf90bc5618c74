package faults

import (
	"fmt"
	"net/http"
	"testing"
)

// renewal is a request that was answered and whose person asks for another export, by the status link of the last mail.
type renewal struct{ job }

func (n renewal) run(harmed func() bool) {
	links := n.links(n.email, "requests")
	last := links[len(links)-1]
	for range 2 { // whoever gets no answer presses again
		if n.http("request", "POST", "/v1/requests/"+last.id+"/exports", "", bearer(last.secret)).status == http.StatusAccepted {
			break
		}
	}
	n.wakeAll("fulfil")
	if harmed() {
		n.settle()
	}
	n.wakeAll("export")
	n.download()
}

// F03: another export is broken off at each call, and each time it ends with one new link that works, beside the first.
func TestFault_F03_ANewExportKilledAtEachCall(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	objects := map[string]bool{}
	next := func(name string) renewal {
		j := job{rig: r, email: name + "@example.org"}
		r.known(j.email, "canary of "+j.email)
		j.run(func() bool { return false })
		j.renewed = 1
		return renewal{j}
	}
	dry := next("dry")
	calls := r.unharmed(dry.run)
	dry.check("unharmed", "canary of "+dry.email, objects)
	if calls < 10 {
		t.Fatalf("only %d calls", calls)
	}
	for n := 1; n <= calls; n++ {
		for fault, when := range map[Fault]string{Lost: "before", Unanswered: "after"} {
			j := next(fmt.Sprintf("anna%d%s", n, when))
			hit := r.kills(func(c Call) bool { return c.N == n }, fault, j.run)
			j.settle()
			label := fmt.Sprintf("killed %s call %d, %s %s %s", when, n, hit.Function, hit.Service, hit.Operation)
			j.check(label, "canary of "+j.email, objects)
			if links := r.links(j.email, "exports"); len(links) < 2 {
				t.Errorf("%s: %d links", label, len(links))
			}
		}
	}
	r.noSecretIsKept()
}
