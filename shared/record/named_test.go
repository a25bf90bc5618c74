package record

import (
	"testing"

	"github.com/helpdeskexpert/privacy/shared/subject"
)

// A call names a data subject by an id of its client, by an address, or by both. The address keeps its spelling.
func TestWhomACallNames(t *testing.T) {
	address := subject.Address{Lookup: "anna@example.org", Spelling: "Anna@Example.org"}
	for want, sent := range map[subject.Named]*Named{
		{Client: "crm", ID: "7"}:                   named("7", ""),
		{Client: "crm", Address: address}:          named("", address.Spelling),
		{Client: "crm", ID: "7", Address: address}: named("7", address.Spelling),
	} {
		if got, err := sent.Named("crm"); err != nil || got != want {
			t.Errorf("%+v, not %+v: %v", got, want, err)
		}
	}
	if _, err := named("7", "anna").Named("crm"); err == nil {
		t.Error("what is no address names somebody")
	}
}
