package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// anyID matches the id in an answer, the only thing that may differ.
var anyID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// T14: calls with known and with unknown addresses alternate (2,000 of each in a full run). The answers have the same headers and, except for
// the id, the same bytes. They take the same calls to the same tables. This covers requests, from a script and from a plain form, and consents by address.
func TestThreat_T14_KnownAndUnknownAlike(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	people, each := soak.Pick(40, 400), 5
	for i := range people {
		r.known(fmt.Sprintf("known%d@example.org", i), "canary")
	}
	var mu sync.Mutex
	var calls []string
	r.proxy.Decide = func(c Call) Fault {
		var on struct{ TableName string }
		_ = json.Unmarshal(c.Body, &on)
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, c.Service+" "+c.Operation+" "+on.TableName)
		return None
	}
	cost := func() string {
		mu.Lock()
		defer mu.Unlock()
		all := strings.Join(calls, ", ")
		calls = nil
		return all
	}
	plain := map[string]string{"content-type": "application/x-www-form-urlencoded", "origin": serviceOrigin}
	for _, route := range []struct {
		function, path, body, calls string
		headers                     map[string]string
		status                      int
	}{
		{"request", "/v1/requests", `{"right":"access","email":"§"}`, "dynamodb UpdateItem §, dynamodb PutItem §", nil, http.StatusAccepted},
		{"request", "/v1/requests", "right=access&email=§", "dynamodb UpdateItem §, dynamodb PutItem §", plain, http.StatusSeeOther},
		{"consent", "/v1/consents", `{"subject":{"email":"§"},"decisions":{"marketing_email":"granted"},"policyVersion":"` + policy.VersionInForce(time.Now()) + `","language":"en","surface":"form"}`,
			"dynamodb PutItem §", nil, http.StatusAccepted},
	} {
		answers, costs := map[string][2]int{}, map[string][2]int{}
		for i := range people * each {
			for which, name := range []string{"known", "other"} {
				body := strings.Replace(route.body, "§", fmt.Sprintf("%s%d@example.org", name, i%people), 1)
				got := r.http(route.function, "POST", route.path, body, route.headers)
				count(answers, which, fmt.Sprint(got.status, got.headers, anyID.ReplaceAllString(got.body, "ID")))
				count(costs, which, cost())
				if got.status != route.status {
					t.Fatalf("%s: call %d: %d %s", route.path, i, got.status, got.body)
				}
			}
		}
		want := strings.ReplaceAll(route.calls, "§", r.tables.Name("RequestsTable"))
		for name, seen := range map[string]map[string][2]int{"answers": answers, "calls": costs} {
			if len(seen) != 1 || name == "calls" && seen[want] != [2]int{people * each, people * each} {
				t.Errorf("%s: the %s differ, or are not the expected ones: %v", route.path, name, seen)
			}
		}
	}
}

// count adds an answer to the count of the known or the unknown addresses.
func count(seen map[string][2]int, which int, what string) {
	n := seen[what]
	n[which]++
	seen[what] = n
}
