package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/oauth"
	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/oidc"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// guarded returns the routes of this function, each of which asks for a token, with their methods and paths.
func guarded(t *testing.T) map[string][2]string {
	t.Helper()
	routes, err := openapitest.RoutesOf("identity")
	if err != nil || len(routes) != 3 {
		t.Fatal(routes, err)
	}
	all := map[string][2]string{}
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		all[route] = [2]string{method, strings.ReplaceAll(path, "{id}", "c-1")}
	}
	return all
}

func TestRefusalsOfEachRoute(t *testing.T) {
	s := newRig(t)
	for _, call := range guarded(t) {
		openapitest.Refusals(t, s, call[0], call[1], int(web.PublicLimit), "Authorization", "Bearer of the test")
	}
}

// What is not acceptable is named field by field, and never repeated.
func TestFieldsThatAreNotAcceptable(t *testing.T) {
	s := newRig(t)
	long := strings.Repeat("c", 129)
	eleven := `"` + strings.Join(slices.Repeat([]string{"a@example.org"}, 11), `","`) + `"`
	for _, c := range []struct {
		method, path, body string
		want               []string
	}{
		{"PUT", "/v1/subjects/c-1", `{}`, []string{"/emails"}},
		{"PUT", "/v1/subjects/c-1", `{"emails":null}`, []string{"/emails"}},
		{"PUT", "/v1/subjects/c-1", `{"emails":"anna@example.org"}`, []string{"/emails"}},
		{"PUT", "/v1/subjects/c-1", `{"emails":[1]}`, []string{"/emails/0"}},
		{"PUT", "/v1/subjects/c-1", `{"emails":[],"join":"yes"}`, []string{"/join"}},
		{"PUT", "/v1/subjects/c-1", `{"emails":[],"email":"anna@example.org"}`, []string{"/email"}},
		{"PUT", "/v1/subjects/c-1", `{"emails":[` + eleven + `]}`, []string{"/emails"}},
		{"PUT", "/v1/subjects/c-1", `{"emails":["anna@example.org","anna","","Anna@Example.org","4111111111111111@example.org"]}`, []string{"/emails/1", "/emails/2", "/emails/3", "/emails/4"}},
		{"PUT", "/v1/subjects/" + long, `{"emails":["anna"]}`, []string{"/id", "/emails/0"}},
		{"PUT", "/v1/subjects/anna@example.org", `{"emails":[]}`, []string{"/id"}},
		{"PUT", "/v1/subjects/c+1", `{"emails":[]}`, []string{"/id"}},
		{"PUT", "/v1/subjects/4111111111111111", `{"emails":[]}`, []string{"/id"}},
		{"POST", "/v1/subjects/rename", `{}`, []string{"/from", "/to"}},
		{"POST", "/v1/subjects/rename", `{"from":"anna","to":"4111111111111111@example.org"}`, []string{"/from", "/to"}},
		{"POST", "/v1/subjects/rename", `{"from":"a@example.org","to":"b@example.org","id":"c-1"}`, []string{"/id"}},
		{"POST", "/v1/subjects/separate", `{}`, []string{"/subject"}},
		{"POST", "/v1/subjects/separate", `{"subject":{}}`, []string{"/subject"}},
		{"POST", "/v1/subjects/separate", `{"subject":{"id":"` + long + `","email":"anna"}}`, []string{"/subject/id", "/subject/email"}},
		{"POST", "/v1/subjects/separate", `{"subject":{"visitor":"x"}}`, []string{"/subject/visitor"}},
	} {
		s.Wire.Take()
		if kind, at := s.refused(http.StatusUnprocessableEntity, c.method, c.path, c.body); kind != "unacceptable" || !slices.Equal(at, c.want) {
			t.Errorf("%s %.40s: %s %v, want %v", c.path, c.body, kind, at, c.want)
		}
		if calls := s.Wire.Take(); len(calls) > 0 {
			t.Errorf("%s %.40s: calls %v", c.path, c.body, calls)
		}
	}
}

// A method that no route has is not answered here: API Gateway never sends it to this function.
func TestOtherMethods(t *testing.T) {
	s := newRig(t)
	for _, method := range []string{"GET", "DELETE", "PATCH", "POST"} {
		w := httptest.NewRecorder()
		s.routes(open{}).ServeHTTP(w, httptest.NewRequest(method, "/v1/subjects/c-1", strings.NewReader(`{"emails":[]}`)))
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}

// No route accepts a missing or wrong token, or one of another scope. While the issuer does not answer, no route accepts any token. Nothing
// is read or written for any of these calls.
func TestTokensOfEachRoute(t *testing.T) {
	s := newRig(t)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	issuer, err := oauth.Open(t.TempDir(), server.URL+"/oauth", "privacy", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/oauth/", issuer.Handler("/oauth"))
	other, _, err := issuer.Token("records.write decisions.read notices.manage")
	if err != nil {
		t.Fatal(err)
	}
	accept := oidc.Config{Issuer: issuer.URL, Audience: "privacy"}
	try := func(accept oidc.Config, authorization string, want int) {
		t.Helper()
		tokens, err := oidc.New(accept, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		h := openapitest.Wrap(t, s.routes(tokens))
		s.Wire.Take()
		for route, call := range guarded(t) {
			r := httptest.NewRequest(call[0], call[1], strings.NewReader("{}"))
			r.Header.Set("Authorization", authorization)
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != want {
				t.Errorf("%s with %.10q: %d, want %d", route, authorization, w.Code, want)
			}
		}
		if calls := s.Wire.Take(); len(calls) > 0 {
			t.Errorf("calls for a token that is refused: %v", calls)
		}
	}
	for _, none := range []string{"", "Bearer", "Bearer ", "Basic eDp5", other} {
		try(accept, none, 401)
	}
	for _, wrong := range []string{"x", other + "x", other[:len(other)-9], ".."} {
		try(accept, "Bearer "+wrong, 401)
	}
	try(oidc.Config{Issuer: issuer.URL, Audience: "elsewhere"}, "Bearer "+other, 401)
	try(oidc.Config{Issuer: issuer.URL, Audience: "privacy", Clients: []string{"crm"}}, "Bearer "+other, 401)
	for _, claim := range []string{`"nonce":"n"`, `"cnf":{"jkt":"k"}`} {
		signed, err := issuer.Sign([]byte(`{"iss":"` + issuer.URL + `","aud":"privacy","exp":4102444800,"client_id":"crm",` + claim + `}`))
		if err != nil {
			t.Fatal(err)
		}
		try(accept, "Bearer "+signed, 401)
	}
	try(accept, "Bearer "+other, 403)
	right, _, err := issuer.Token("subjects.write")
	if err != nil {
		t.Fatal(err)
	}
	try(accept, "Bearer "+right, 415) // the token is fine
	server.Close()
	try(accept, "Bearer "+other, 503)
}

// refusing is an authorizer that admits nobody and records the rules that it was asked about.
type refusing struct{ asked []access.Rule }

func (r *refusing) Authorize(_ *http.Request, rule access.Rule) (access.Principal, error) {
	r.asked = append(r.asked, rule)
	return access.Principal{}, fault.New(fault.Forbidden, "The token lacks the scope subjects.write.")
}

func TestEveryRouteAsksByItsRule(t *testing.T) {
	s, auth := newRig(t), &refusing{}
	s.Handler = s.routes(auth)
	for route, call := range guarded(t) {
		if code, _ := s.call(t, call[0], call[1], "{}"); code != http.StatusForbidden {
			t.Errorf("%s: %d", route, code)
		}
		if got := auth.asked[len(auth.asked)-1]; !reflect.DeepEqual(got, access.Rule{Scopes: []access.Scope{access.SubjectsWrite}}) {
			t.Errorf("%s asks for %+v", route, got)
		}
	}
}

// Each route answers calls that lose every race, that meet a data subject without a state, or that have no time left.
func TestCallsInBadTimes(t *testing.T) {
	s := newRig(t)
	s.knows("c-1", anna)
	s.knows("c-2", bert)
	s.put("c-1", true, anna, bert)
	s.work()
	s.forget()
	bodies := map[string][2]string{
		"PUT /v1/subjects/{id}":      {"/v1/subjects/c-1", `{"emails":["` + anna + `","` + work2 + `"]}`},
		"POST /v1/subjects/rename":   {"/v1/subjects/rename", `{"from":"` + anna + `","to":"` + work2 + `"}`},
		"POST /v1/subjects/separate": {"/v1/subjects/separate", `{"subject":{"email":"` + bert + `"}}`},
	}
	try := func(ctx context.Context, want int) {
		t.Helper()
		for route, call := range bodies {
			method, _, _ := strings.Cut(route, " ")
			r := httptest.NewRequestWithContext(ctx, method, call[0], strings.NewReader(call[1]))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer of the test")
			w := httptest.NewRecorder()
			if s.ServeHTTP(w, r); w.Code != want {
				t.Errorf("%s: %d %s, want %d", route, w.Code, w.Body, want)
			}
		}
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	try(late, 503)

	s.Wire.Through = func(c *enginetest.Call) (*http.Response, error) { // every write is answered as if another transaction were under way on its items
		if c.Operation != "TransactWriteItems" {
			return c.Send()
		}
		return c.Answer(http.StatusBadRequest, map[string]any{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
			"CancellationReasons": []map[string]string{{"Code": "None"}, {"Code": "TransactionConflict"}}})
	}
	try(t.Context(), 409)
	s.Wire.Through = nil

	table := s.Tables.Name("SubjectsTable")
	key := dynamo.Key("s#"+string(s.behind(anna)), "!state")
	if _, err := s.Tables.Client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &table, Key: key}); err != nil {
		t.Fatal(err)
	}
	try(t.Context(), 503)
	s.acted()
}

// The act is done, and its links cannot die at once, or it cannot be counted. The caller is told that it is done: the task of the change lets the
// links die.
func TestFault_F01_TheActStandsWhateverFollows(t *testing.T) {
	s := newRig(t)
	s.knows("c-1", anna, work2)
	link := s.linkOf(work2)
	s.forget()
	s.handler.count = func(metric.Name) error { return errors.New("standard output is closed") }
	s.Handler = s.routes(open{})
	s.Wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		if c.Operation == "GetItem" && c.Names(s.Tables.Name("RequestsTable")) {
			return c.Refuse("AccessDeniedException")
		}
		return c.Send()
	}
	if got := s.put("c-1", false, anna); got != (changed{1, 0, 1, 0}) {
		t.Errorf("%+v", got)
	}
	s.Wire.Through = nil
	s.work()
	s.dead(link, "")
}
