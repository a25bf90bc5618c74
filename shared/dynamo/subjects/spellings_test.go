package subjects

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
)

// spelt expects these spellings of the aliases of these people.
func (r *rig) spelt(store *Store, want map[string]string, names ...string) {
	r.t.Helper()
	r.tables.Settle()
	aliases := make([]string, len(names))
	for i, name := range names {
		aliases[i] = addressOf(name)
	}
	got, err := store.Spellings(r.t.Context(), aliases)
	if err != nil || len(got) != len(want) {
		r.t.Errorf("%d spellings, not %d: %v", len(got), len(want), err)
	}
	for name, spelling := range want {
		if got[addressOf(name)] != spelling {
			r.t.Errorf("%s is spelt %q", name, got[addressOf(name)])
		}
	}
}

// F09: an alias that is unknown or has expired has no spelling. A spelling of a system replaces a typed one.
func TestFault_F09_SpellingsOnRecord(t *testing.T) {
	r := newRig(t)
	r.introduce("anna", day(2026, 11, 30))
	r.introduce("bert", day(2026, 12, 30))
	both := map[string]string{"anna": "anna@example.org", "bert": "bert@example.org"}
	r.spelt(r.Store, nil)
	r.spelt(r.Store, nil, "nobody")
	r.spelt(r.Store, both, "anna", "bert", "nobody", "anna", "bert", "anna")
	if err := r.Spell(t.Context(), addressOf("bert"), "Bert@Example.org", "crm"); err != nil {
		t.Fatal(err)
	}
	both["bert"] = "Bert@Example.org"
	r.clock.Set(day(2026, 11, 29))
	r.spelt(r.Store, both, "bert", "anna")
	r.clock.Set(day(2026, 11, 30))
	r.spelt(r.Store, map[string]string{"bert": "Bert@Example.org"}, "bert", "anna")
}

// F14: somebody who became known a moment ago has an address, although a read that is not consistent does not see it yet. An alias that such
// a read finds costs no second read.
func TestFault_F14_TheSpellingOfSomebodyNew(t *testing.T) {
	r := newRig(t)
	r.introduce("anna", day(2026, 11, 30))
	r.introduce("bert", day(2026, 11, 30))
	r.tables.Settle()
	behind, reads := true, 0
	w := &enginetest.Wire{Through: func(c *enginetest.Call) (*http.Response, error) {
		reads++
		if behind && !bytes.Contains(c.Body, []byte(`"ConsistentRead":true`)) {
			c.Body = bytes.ReplaceAll(c.Body, []byte(`"i#bert"`), []byte(`"i#not there yet"`))
		}
		return c.Send()
	}}
	store := &Store{Client: w.Client(r.Client), Table: r.Table, Now: r.Now}
	both := map[string]string{"anna": "anna@example.org", "bert": "bert@example.org"}
	r.spelt(store, both, "anna", "bert")
	if reads != 2 {
		t.Errorf("%d reads", reads)
	}
	behind, reads = false, 0
	if r.spelt(store, both, "anna", "bert"); reads != 1 {
		t.Errorf("%d reads when the first one found everybody", reads)
	}
}

// F12: DynamoDB takes 100 keys a call, and may process any part of them, or none.
func TestFault_F12_SpellingsThatDynamoDBDidNotProcess(t *testing.T) {
	r := newRig(t)
	const many = 230
	r.everybody(many)
	want, all := map[string]string{}, []string(nil)
	for i := range many {
		want[strconv.Itoa(i)] = fmt.Sprintf("p%d@example.org", i)
		all = append(all, strconv.Itoa(i), strconv.Itoa(i))
	}
	calls := 0
	for name, process := range map[string]func(call, keys int) int{
		"everything":              func(_, keys int) int { return keys },
		"one of 25":               func(_, keys int) int { return max(keys/25, 1) },
		"nothing, twice of three": func(call, keys int) int { return keys * (call % 3 / 2) },
	} {
		calls = 0
		w := &enginetest.Wire{Through: func(c *enginetest.Call) (*http.Response, error) {
			calls++
			return c.Partly(func(keys int) int {
				if keys > 100 {
					t.Errorf("%s: a call with %d keys", name, keys)
				}
				return process(calls, keys)
			})
		}}
		r.spelt(New(w.Client(r.Client), r.Table, r.Now), want, all...)
		if name == "everything" && calls != 3 {
			t.Errorf("%d calls for %d keys", calls, many)
		}
	}
}
