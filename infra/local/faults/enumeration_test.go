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

// kinds are the kinds of addresses that nobody may tell apart: of somebody on record, of nobody, of two people, and of somebody from whom it was taken away.
var kinds = [...]string{"known", "other", "shared", "gone"}

// T14: calls with known and with unknown addresses alternate (2,000 of each in a full run), and with addresses that are in doubt. The answers have the
// same headers and, except for the id, the same bytes. They take the same calls to the same tables. This covers requests, from a script and from a plain
// form, consents by address, and wishes for a link.
func TestThreat_T14_KnownAndUnknownAlike(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	people, each := soak.Pick(20, 100), 5
	for i := range people {
		r.known(fmt.Sprintf("known%d@example.org", i), "canary")
		r.doubted(i)
	}
	cost := r.costs()
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
		{"request", "/v1/links", `{"email":"§"}`, "dynamodb UpdateItem §, dynamodb PutItem §", nil, http.StatusAccepted},
	} {
		answers, costs := map[string][len(kinds)]int{}, map[string][len(kinds)]int{}
		for i := range people * each {
			asked := kinds[:]
			if i >= people { // those in doubt are asked about once each
				asked = kinds[:2]
			}
			for which, name := range asked {
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
		for name, seen := range map[string]map[string][len(kinds)]int{"answers": answers, "calls": costs} {
			if len(seen) != 1 || name == "calls" && seen[want] != [...]int{people * each, people * each, people, people} {
				t.Errorf("%s: the %s differ, or are not the expected ones: %v", route.path, name, seen)
			}
		}
	}
}

// costs returns a function that says which calls to which tables were made since it was last called.
func (r *rig) costs() func() string {
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
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		all := strings.Join(calls, ", ")
		calls = nil
		return all
	}
}

// masked are the parts of an answer of a mailbox's page that may differ: ids and times.
var masked = regexp.MustCompile(anyID.String() + `|"id":"[\w-]{22}"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

// T14: whoever holds the mailbox of a known address and whoever holds that of an unknown one go the whole way side by side. Until the answer is
// mailed, every route of the mailbox answers both with the same bytes, for the same calls to the same tables.
func TestThreat_T14_EveryRouteOfAMailboxAlike(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	people := []string{"known@example.org", "other@example.org"}
	r.known(people[0], "canary")
	for _, email := range people {
		r.expect(http.StatusAccepted, "request", "POST", "/v1/requests", `{"right":"access","email":"`+email+`"}`, nil)
		r.expect(http.StatusAccepted, "request", "POST", "/v1/requests", `{"right":"portability","email":"`+email+`"}`, nil)
		r.subscribe(email, nil)
	}
	r.run("fulfil")
	cost := r.costs()
	var cookies [2]map[string]string
	var pending [2]map[string]string
	type step struct{ method, path, body string }
	steps := []step{{"POST", "/v1/links/wrong/open", "wrong"}, {"POST", "/v1/links/§/open", "right"}, {"GET", "/v1/me", ""}, {"POST", "/v1/requests/request/confirm", ""},
		{"POST", "/v1/pending/discarded/discard", ""}, {"POST", "/v1/requests/request/exports", ""}, {"POST", "/v1/requests/request/withdraw", ""}, {"GET", "/v1/preferences", ""},
		{"POST", "/v1/pending/consent/confirm", ""}, {"POST", "/v1/preferences", `{"decisions":{"marketing_email":"denied"}}`}, {"POST", "/v1/links", "{}"}, {"GET", "/v1/me", ""},
		{"POST", "/v1/links/end", ""}, {"GET", "/v1/me", ""}}
	for _, step := range steps {
		var answers, calls [2]string
		for which, email := range people {
			l, path, body := r.links(email, "me")[0], step.path, step.body
			switch step.body {
			case "wrong":
				path, body = "/v1/links/"+l.id+"/open", `{"token":"`+strings.Repeat("A", 43)+`"}`
			case "right":
				path, body = "/v1/links/"+l.id+"/open", `{"token":"`+l.secret+`"}`
			}
			for name, id := range pending[which] {
				path = strings.Replace(path, "/"+name+"/", "/"+id+"/", 1)
			}
			cost()
			got := r.http("request", step.method, path, body, cookies[which])
			calls[which], answers[which] = cost(), fmt.Sprint(got.status, got.headers, masked.ReplaceAllString(got.body, "§"))
			if step.body != "right" {
				continue
			}
			var seen me
			if err := json.Unmarshal([]byte(got.body), &seen); err != nil || len(got.cookies) != 1 || len(seen.Pending) != 3 {
				t.Fatal(got.status, got.body)
			}
			value, _, _ := strings.Cut(got.cookies[0], ";")
			cookies[which], pending[which] = map[string]string{"cookie": value}, map[string]string{"consent": seen.waiting("consent")}
			for _, waiting := range seen.Pending {
				if waiting.Kind == "request" {
					pending[which][map[string]string{"access": "request", "portability": "discarded"}[waiting.Right]] = waiting.ID
				}
			}
		}
		if answers[0] != answers[1] || calls[0] != calls[1] || calls[0] == "" {
			t.Errorf("%s %s: %s\n%s\nby\n%s\n%s", step.method, step.path, answers[0], answers[1], calls[0], calls[1])
		}
	}
}

// doubted puts an address that two people share on record, and one that was taken away from somebody.
func (r *rig) doubted(n int) {
	r.t.Helper()
	crm := system{r, r.machine("records.write subjects.write")}
	for _, one := range []string{"shared", "also", "gone"} {
		email := map[string]string{"also": "shared"}[one]
		if email == "" {
			email = one
		}
		body := fmt.Sprintf(`{"subject":{"id":"%s%d","email":"%s%d@example.org"},"source":"direct","occurredAt":%q,"data":{"firstName":"Anna","jobTitle":"Lead","lastName":"Berg"}}`,
			one, n, email, n, time.Now().UTC().Format(time.RFC3339))
		crm.again("PUT", "/v1/records/identity/self", body)
	}
	r.expect(http.StatusOK, "identity", "PUT", fmt.Sprintf("/v1/subjects/gone%d", n), `{"emails":[]}`, crm.token)
}

// count adds an answer to the count of its kind of addresses.
func count(seen map[string][len(kinds)]int, which int, what string) {
	n := seen[what]
	n[which]++
	seen[what] = n
}
