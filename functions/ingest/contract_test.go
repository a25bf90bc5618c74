package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/oauth"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/oidc"
)

func TestMain(m *testing.M) { os.Exit(openapitest.Main(m, "ingest")) }

// path fills in the variables of a route key.
func path(route string) (method, filled string) {
	method, pattern, _ := strings.Cut(route, " ")
	return method, strings.NewReplacer("{category}", "identity", "{id}", "self").Replace(pattern)
}

// guarded returns the routes of this function, each of which asks for a token.
func guarded(t *testing.T) []string {
	t.Helper()
	routes, err := openapitest.RoutesOf("ingest")
	if err != nil || len(routes) == 0 {
		t.Fatal(routes, err)
	}
	return routes
}

func TestRefusalsOfEachRoute(t *testing.T) {
	s := newRig(t)
	limits := map[string]int{"PUT /v1/records/{category}/{id}": bodyLimit, "POST /v1/subjects/contract-end": 64 << 10, "POST /v1/decisions": 64 << 10,
		"POST /v1/records/{category}/{id}/retract": 64 << 10}
	for route, limit := range limits {
		method, path := path(route)
		openapitest.Refusals(t, s, method, path, limit, "Authorization", "Bearer of the test")
	}
	for _, path := range []string{"/v1/records", "/v1/erasures/" + theirs + "/acknowledge"} {
		r := httptest.NewRequest("POST", path, strings.NewReader("{}"))
		r.Header.Set("Origin", "null")
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, r); w.Code != http.StatusForbidden {
			t.Errorf("%s from a foreign origin: %d", path, w.Code)
		}
	}
}

// No route accepts a missing or wrong token, or one of another scope. While the issuer does not answer, no route accepts any token.
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
	other, _, err := issuer.Token("other")
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
		for _, route := range guarded(t) {
			method, path := path(route)
			r := httptest.NewRequest(method, path, strings.NewReader("{}"))
			r.Header.Set("Authorization", authorization)
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != want {
				t.Errorf("%s with %.10q: %d, want %d", route, authorization, w.Code, want)
			}
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
	server.Close()
	try(accept, "Bearer "+other, 503)
}

// Each route answers calls that lose every race, that meet a data subject without a state, or that have no time left.
func TestCallsInBadTimes(t *testing.T) {
	s := newRig(t)
	s.put(t, "account", "a", "anna@example.org", "2025-01-01T00:00:00Z", running)
	s.put(t, "identity", "self", "anna@example.org", "2025-01-01T00:00:00Z", name)
	bodies := map[string]string{
		"PUT /v1/records/{category}/{id}": `{"subject":{"email":"anna@example.org"},"source":"direct","occurredAt":"2026-11-01T00:00:00Z","data":` + name + `}`,
		"POST /v1/subjects/contract-end":  `{"subject":{"email":"anna@example.org"},"endedAt":"2026-11-01T00:00:00Z"}`,
		"POST /v1/decisions":              `{"subject":{"email":"anna@example.org"},"purpose":"marketing_email"}`,

		"POST /v1/records/{category}/{id}/retract": `{"subject":{"email":"anna@example.org"}}`,
	}
	try := func(ctx context.Context, want int, except string) {
		t.Helper()
		for route, body := range bodies {
			method, path := path(route)
			if code, answer := s.callIn(t, ctx, method, path, "application/json", body); route != except && code != want {
				t.Errorf("%s: %d %s, want %d", route, code, answer, want)
			}
		}
	}
	const reads = "POST /v1/decisions"
	late, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	try(late, 503, "")

	s.Wire.Through = func(c *enginetest.Call) (*http.Response, error) { // every write is answered as if another transaction were under way on its items
		if c.Operation != "TransactWriteItems" {
			return c.Send()
		}
		return c.Answer(http.StatusBadRequest, map[string]any{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
			"CancellationReasons": []map[string]string{{"Code": "None"}, {"Code": "TransactionConflict"}}})
	}
	try(t.Context(), 409, reads)
	s.Wire.Through = nil

	alias, _, err := s.Subjects.Find(t.Context(), servicetest.Aliases.Alias(s.Parse("anna@example.org")))
	if err != nil {
		t.Fatal(err)
	}
	table := s.Tables.Name("SubjectsTable")
	if _, err := s.Tables.Client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &table, Key: dynamo.Key("s#"+string(alias.Subject), "!state")}); err != nil {
		t.Fatal(err)
	}
	try(t.Context(), 503, reads)
}
