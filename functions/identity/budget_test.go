package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
)

// Budget: how many requests to DynamoDB an act takes, with the links that die before the answer. Every act is one transaction: a join is never
// seen half done. A call that changes nothing writes nothing.
func TestBudgetRequestsOfActs(t *testing.T) {
	s := newRig(t)
	s.knows("c-1", anna)
	s.knows("c-2", bert)
	s.linkOf(anna)
	s.linkOf(bert)
	for _, c := range []struct {
		name, method, path, body string
		requests, writes         int
	}{
		{"attach", "PUT", "/v1/subjects/c-1", `{"emails":["` + anna + `","` + work2 + `"]}`, 4, 1},
		{"the same again", "PUT", "/v1/subjects/c-1", `{"emails":["` + anna + `","` + work2 + `"]}`, 2, 0},
		{"detach", "PUT", "/v1/subjects/c-1", `{"emails":["` + anna + `"]}`, 6, 1},
		{"rename", "POST", "/v1/subjects/rename", `{"from":"` + anna + `","to":"` + work2 + `"}`, 7, 1},
		{"join", "PUT", "/v1/subjects/c-1", `{"emails":["` + work2 + `","` + bert + `"],"join":true}`, 14, 1},
		{"separate", "POST", "/v1/subjects/separate", `{"subject":{"id":"c-2"}}`, 12, 1},
	} {
		s.work()
		s.Clock.Advance(time.Hour)
		s.Tables.Settle()
		s.Wire.Take()
		acts := 0
		s.Wire.Through = func(call *enginetest.Call) (*http.Response, error) {
			if call.Operation == "TransactWriteItems" && call.Names(s.Tables.Name("LedgerTable")) {
				acts++
			}
			return call.Send()
		}
		if code, answer := s.call(t, c.method, c.path, c.body); code != http.StatusOK {
			t.Fatal(code, answer)
		}
		s.Wire.Through = nil
		requests := 0
		calls := s.Wire.Take()
		for _, n := range calls {
			requests += n
		}
		t.Logf("budget: identity: %s | %d requests | %d", c.name, requests, c.requests)
		if requests > c.requests || acts != c.writes {
			t.Errorf("%s: %d requests, want at most %d; %d transactions, want %d; %v", c.name, requests, c.requests, acts, c.writes, calls)
		}
	}
}
