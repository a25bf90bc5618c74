package faults

import (
	"fmt"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
)

// renewal is an answered request whose data subject asks for a new link, opens it and asks for another export.
type renewal struct{ job }

func (n renewal) run(harmed func() bool) {
	n.t.Helper()
	n.asksForLink(n.email)
	if harmed() {
		n.settle()
	}
	b := n.opens(n.email)
	for _, one := range b.me.Requests {
		if !one.Renewable {
			n.t.Errorf("a request that is %s has no new export", one.State)
		}
		n.again(b, "POST", "/v1/requests/"+one.ID+"/exports", "")
	}
	n.wakeAll("fulfil")
	if harmed() {
		n.settle()
	}
	n.wakeAll("export")
	n.download()
}

// F03: making another export is interrupted at each call. Each time it ends with one new working link beside the first.
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
	moments := r.moments(dry.run)
	dry.check("unharmed", "canary of "+dry.email, objects)
	if len(moments) < 20 {
		t.Fatalf("only %d moments", len(moments))
	}
	for i, at := range soak.Sample(moments, 23) {
		j := next(fmt.Sprint("anna", i))
		r.kills(at, j.run)
		j.settle()
		j.check(at.String(), "canary of "+j.email, objects)
		if links := r.links(j.email, "exports"); len(links) < 2 {
			t.Errorf("%s: %d links", at, len(links))
		}
	}
	r.noSecretIsKept()
}
