package faults

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"
)

// set changes an environment variable of ingest and restarts its processes.
func (r *rig) set(name, value string) {
	r.kill("ingest")
	for i, variable := range r.env {
		if strings.HasPrefix(variable, name+"=") {
			r.env[i] = name + "=" + value
			return
		}
	}
	r.env = append(r.env, name+"="+value)
}

// signs returns a header with a token of the rig's issuer that has these claims.
func (r *rig) signs(claims map[string]any) map[string]string {
	r.t.Helper()
	all := maps.Clone(claims)
	all["iss"], all["exp"] = r.issuer.URL, time.Now().Add(time.Hour).Unix()
	payload, err := json.Marshal(all)
	if err != nil {
		r.t.Fatal(err)
	}
	token, err := r.issuer.Sign(payload)
	if err != nil {
		r.t.Fatal(err)
	}
	return bearer(token)
}

const asked = `{"subject":{"email":"anna@example.org"},"purpose":"marketing_email"}`

// With the right environment, the binary accepts the access tokens of Cognito (a prefix, no audience) and of Okta (a list in scp), but no ID tokens.
func TestTheBinaryTakesForeignTokens(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ask := func(want int, claims map[string]any) {
		t.Helper()
		r.expect(want, "ingest", "POST", "/v1/decisions", asked, r.signs(claims))
	}
	cognito := map[string]any{"sub": "shop", "token_use": "access", "scope": "privacy/decisions.read", "client_id": "shop", "version": 2}
	ask(http.StatusUnauthorized, cognito)
	r.set("TOKEN_AUDIENCE", "")
	r.set("TOKEN_CLIENTS", "crm,shop")
	r.set("TOKEN_SCOPE_PREFIX", "privacy/")
	ask(http.StatusOK, cognito)
	cognito["token_use"] = "id"
	ask(http.StatusUnauthorized, cognito)
	cognito["token_use"], cognito["client_id"] = "access", "stranger"
	ask(http.StatusUnauthorized, cognito)

	okta := map[string]any{"ver": 1, "aud": "api://default", "cid": "shop", "scp": []string{"decisions.read"}, "sub": "shop"}
	r.set("TOKEN_AUDIENCE", "api://default")
	r.set("TOKEN_SCOPE_PREFIX", "")
	ask(http.StatusForbidden, okta)
	r.set("TOKEN_SCOPE_CLAIM", "scp")
	ask(http.StatusOK, okta)
}

// Without an audience and without clients, the binary does not start, and it names the variables.
func TestTheBinaryDoesNotStartWhereAnyTokenWouldDo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.set("TOKEN_AUDIENCE", "")
	r.set("TOKEN_CLIENTS", "")
	if got := r.http("ingest", "POST", "/v1/decisions", asked, r.machine("decisions.read")); got.status != 0 {
		t.Errorf("it answered %d", got.status)
	}
	if said := r.log.String(); !strings.Contains(said, "TOKEN_AUDIENCE") || !strings.Contains(said, "TOKEN_CLIENTS") {
		t.Errorf("it said %q", said)
	}
}
