package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/oauth"
	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/oidc"
)

// guarded returns the routes of this function, each of which asks for a token, with their paths filled in.
func guarded(t *testing.T) map[string][2]string {
	t.Helper()
	routes, err := openapitest.RoutesOf("control")
	if err != nil || len(routes) != 6 {
		t.Fatal(routes, err)
	}
	all := map[string][2]string{}
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		all[route] = [2]string{method, strings.ReplaceAll(path, "{version}", announced)}
	}
	return all
}

// openIssuer serves an issuer of tokens for the audience "privacy".
func openIssuer(t *testing.T) (*oauth.Issuer, *httptest.Server) {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	issuer, err := oauth.Open(t.TempDir(), server.URL+"/oauth", "privacy", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/oauth/", issuer.Handler("/oauth"))
	return issuer, server
}

// No route accepts a missing or wrong token, or one of another scope. While the issuer does not answer, no route accepts any token. Nothing
// is read or written for any of these calls.
func TestTokensOfEachRoute(t *testing.T) {
	s := newRig(t)
	s.start(t, announced, notice.Running)
	issuer, server := openIssuer(t)
	other, _, err := issuer.Token("records.write decisions.read")
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
			r := httptest.NewRequest(call[0], call[1], nil)
			r.Header.Set("Authorization", authorization)
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != want {
				t.Errorf("%s with %.10q: %d, want %d", route, authorization, w.Code, want)
			}
		}
		if calls := s.Wire.Take(); len(calls) > 0 && want != http.StatusOK {
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
	server.Close()
	try(accept, "Bearer "+other, 503)
}

// A token with the scope is admitted, and the audit entry names its client.
func TestATokenWithTheScopeIsAdmitted(t *testing.T) {
	s := newRig(t)
	s.start(t, announced, notice.Running)
	issuer, _ := openIssuer(t)
	tokens, err := oidc.New(oidc.Config{Issuer: issuer.URL, Audience: "privacy"}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	signed, _, err := issuer.Token("notices.manage")
	if err != nil {
		t.Fatal(err)
	}
	h := openapitest.Wrap(t, s.routes(tokens))
	r := httptest.NewRequest("POST", "/v1/notices/"+announced+"/pause", nil)
	r.Header.Set("Authorization", "Bearer "+signed)
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	want := []map[string]string{{"actorKind": "machine", "actor": "local-system", "act": "notice_paused", "about": "notice " + announced}}
	if got := s.entries(); !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
}

// refusing is an authorizer that admits nobody and records the rules that it was asked about.
type refusing struct{ asked []access.Rule }

func (r *refusing) Authorize(_ *http.Request, rule access.Rule) (access.Principal, error) {
	r.asked = append(r.asked, rule)
	return access.Principal{}, fault.New(fault.Forbidden, "The token lacks the scope notices.manage.")
}

func TestEveryRouteAsksByItsRule(t *testing.T) {
	s, auth := newRig(t), &refusing{}
	s.Handler = s.routes(auth)
	for route, call := range guarded(t) {
		if code, _ := s.call(t, call[0], call[1], ""); code != http.StatusForbidden {
			t.Errorf("%s: %d", route, code)
		}
		if got := auth.asked[len(auth.asked)-1]; !reflect.DeepEqual(got, access.Rule{Scopes: []access.Scope{access.NoticesManage}}) {
			t.Errorf("%s asks for %+v", route, got)
		}
	}
}

// No page of any site, this service's own included, can make a browser act.
func TestThreat_T20_NoPageActs(t *testing.T) {
	s := newRig(t)
	s.start(t, announced, notice.Running)
	for route, call := range guarded(t) {
		for _, origin := range []string{"null", "https://evil.example", "https://privacy.helpdeskexpert.com"} {
			r := httptest.NewRequest(call[0], call[1], nil)
			r.Header.Set("Origin", origin)
			r.Header.Set("Authorization", "Bearer of the test")
			w := httptest.NewRecorder()
			if s.ServeHTTP(w, r); (w.Code == http.StatusForbidden) != (call[0] == http.MethodPost) {
				t.Errorf("%s from %s: %d", route, origin, w.Code)
			}
		}
	}
	if len(s.entries()) != 0 {
		t.Errorf("%d entries", len(s.entries()))
	}
}

// Each route answers calls that lose every race, and calls that have no time left.
func TestCallsInBadTimes(t *testing.T) {
	s := newRig(t)
	s.start(t, announced, notice.Running)
	late, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	for route, call := range guarded(t) {
		r := httptest.NewRequestWithContext(late, call[0], call[1], nil)
		r.Header.Set("Authorization", "Bearer of the test")
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, r); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s without time: %d %s", route, w.Code, w.Body)
		}
	}
	s.Wire.Through = func(c *enginetest.Call) (*http.Response, error) { // every write is answered as if another transaction were under way on its items
		if c.Operation != "TransactWriteItems" {
			return c.Send()
		}
		return c.Answer(http.StatusBadRequest, map[string]any{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
			"CancellationReasons": []map[string]string{{"Code": "None"}, {"Code": "TransactionConflict"}}})
	}
	for version, act := range map[string]string{announced: "pause", "2031-01-01": "resume", "2031-01-02": "cancel", "2031-01-03": "retry"} {
		if version != announced {
			s.start(t, version, map[string]notice.State{"resume": notice.Paused, "cancel": notice.Running, "retry": notice.Running}[act])
		}
		if code, answer := s.call(t, "POST", "/v1/notices/"+version+"/"+act, ""); code != http.StatusConflict {
			t.Errorf("%s that loses every race: %d %s", act, code, answer)
		}
	}
}
