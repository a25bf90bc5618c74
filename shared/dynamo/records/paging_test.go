package records

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/paging"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/record"
)

// F12: reading records, a walk and a withdrawal find every record, even if each page has one record or none.
func TestFault_F12_PagesOfOneAndNone(t *testing.T) {
	r := newRig(t)
	sparse := &paging.DynamoDB{Next: http.DefaultTransport}
	r.wire.Next = sparse
	for _, id := range []string{"a", "b", "c"} {
		r.put(t, account(id, "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z", ""), record.Stored)
		r.put(t, marketing(id, "2026-11-01T00:00:00Z"), record.Stored)
	}
	r.put(t, person("2026-11-01T00:00:00Z", "Anna"), record.Stored)
	if err := from(r.intake, "anna@example.org").endContract(t.Context(), moment("2026-11-22T00:00:00Z")); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"identity#self": "2028-11-22T00:00:00Z"}
	for _, id := range []string{"a", "b", "c"} {
		want["account#"+id], want["marketing#"+id] = "2028-11-22T00:00:00Z", "2026-12-23T12:00:00Z"
	}
	r.expect(t, "after the end of all contracts", want)
	r.choose(t, consent.Denied, 1)
	for _, id := range []string{"a", "b", "c"} {
		delete(want, "marketing#"+id)
	}
	r.expect(t, "after a withdrawal", want)
	if n := sparse.Empty.Load(); n < 20 {
		t.Errorf("only %d empty pages: %s", n, fmt.Sprint(want))
	}
}
