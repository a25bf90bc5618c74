package subject

import (
	"testing"

	"github.com/helpdeskexpert/privacy/shared/fault"
)

// T31: only the first opening of a link may do what needs a fresh proof. The answer to all others is the same, whatever they asked for.
func TestThreat_T31_AFreshProof(t *testing.T) {
	if err := (Proof{Mailbox: "mac", Fresh: true}).MustBeFresh(); err != nil {
		t.Errorf("a fresh proof: %v", err)
	}
	for _, p := range []Proof{{}, {Mailbox: "mac"}} {
		if err := p.MustBeFresh(); fault.KindOf(err) != fault.Forbidden || err.Error() != (Proof{}).MustBeFresh().Error() {
			t.Errorf("%+v: %v", p, err)
		}
	}
}
