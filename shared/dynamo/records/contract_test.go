package records

import (
	"maps"
	"slices"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/record"
)

// expect compares the expiries of anna's stored records with the given ones, by sort key.
func (r *rig) expect(t *testing.T, name string, want map[string]string) {
	t.Helper()
	if got := r.stored(t); !maps.Equal(got, want) {
		t.Errorf("%s:\n got  %v\n want %v", name, got, want)
	}
}

func TestPromise_F01_ALeadACustomerAReturningCustomer(t *testing.T) {
	r := newRig(t)
	r.put(t, person("2026-06-01T00:00:00Z", "Anna"), record.Stored)
	r.expect(t, "a lead", map[string]string{"identity#self": "2028-06-01T00:00:00Z"})

	r.put(t, login("1", "2026-11-20T08:00:00Z"), record.Stored)
	r.expect(t, "a newer record of any category", map[string]string{
		"identity#self": "2028-11-20T08:00:00Z", "security_log#1": "2027-02-18T08:00:00Z"})
	r.put(t, login("2", "2026-11-19T08:00:00Z"), record.Stored)
	if got := r.stored(t)["identity#self"]; got != "2028-11-20T08:00:00Z" {
		t.Errorf("an older record moved the lead's expiry to %s", got)
	}

	r.put(t, account("a", "2026-11-21T00:00:00Z", "2026-11-21T00:00:00Z", ""), record.Stored)
	logs := map[string]string{"security_log#1": "2027-02-18T08:00:00Z", "security_log#2": "2027-02-17T08:00:00Z"}
	r.expect(t, "a customer", with(logs, "identity#self", "", "account#a", ""))

	if err := from(r.intake, "anna@example.org").endContract(t.Context(), moment("2026-11-22T00:00:00Z")); err != nil {
		t.Fatal(err)
	}
	r.expect(t, "one who left", with(logs, "identity#self", "2028-11-22T00:00:00Z", "account#a", "2028-11-22T00:00:00Z"))

	r.put(t, person("2026-11-23T00:00:00Z", "Anna Maria"), record.Stored)
	r.expect(t, "a record that arrives later", with(logs, "identity#self", "2028-11-22T00:00:00Z", "account#a", "2028-11-22T00:00:00Z"))

	r.put(t, account("b", "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z", ""), record.Stored)
	r.expect(t, "a returning customer", with(logs, "identity#self", "", "account#a", "", "account#b", ""))
	if steps := r.steps(t); steps != 0 {
		t.Errorf("%d steps are left", steps)
	}
}

func with(base map[string]string, pairs ...string) map[string]string {
	out := maps.Clone(base)
	for pair := range slices.Chunk(pairs, 2) {
		out[pair[0]] = pair[1]
	}
	return out
}

// TestFault_F15_AnEndIsNotOvertaken ends a contract. Between the look-up and the write, another system writes a newer record of the account
// without the end.
func TestFault_F15_AnEndIsNotOvertaken(t *testing.T) {
	r := newRig(t)
	r.put(t, account("a", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", ""), record.Stored)
	other, newer := r.newIntake(&enginetest.Wire{}), account("a", "2026-11-20T00:00:00Z", "2026-01-01T00:00:00Z", "")
	r.seen = func(operation string, _ []byte) {
		if operation == "TransactWriteItems" {
			r.seen = nil
			if got, err := from(other, "anna@example.org").put(t.Context(), newer); err != nil || got.Outcome != record.Stored {
				t.Error(got, err)
			}
		}
	}
	if err := from(r.intake, "anna@example.org").endContract(t.Context(), moment("2026-11-10T00:00:00Z")); err != nil {
		t.Fatal(err)
	}
	r.expect(t, "ended all the same", map[string]string{"account#a": "2028-11-10T00:00:00Z"})
	if r.seen != nil {
		t.Error("nobody came in between")
	}
}
