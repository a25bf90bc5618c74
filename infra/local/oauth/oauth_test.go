package oauth

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/oidc"
)

func TestTokensVerifyAfterARestart(t *testing.T) {
	dir := t.TempDir()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	issuer := server.URL + "/_local/oauth"
	first, err := Open(dir, issuer, "privacy", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	token := ask(t, first)
	second, err := Open(dir, issuer, "privacy", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/_local/oauth/", second.Handler("/_local/oauth"))
	request := httptest.NewRequest(http.MethodPut, "/v1/records/contact/1", nil)
	request.Header.Set("Authorization", "Bearer "+token)
	if err := authorize(verifier(t, issuer, "privacy"), request, "records.write"); err != nil {
		t.Errorf("the scope asked for: %v", err)
	}
	if err := authorize(verifier(t, issuer, "privacy"), request, "decisions.read"); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("another scope: %v", err)
	}
	if err := authorize(verifier(t, issuer, "elsewhere"), request, "records.write"); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("another audience: %v", err)
	}
}

// authorize returns what keeps a request from a route that asks for the scope.
func authorize(v *oidc.Verifier, r *http.Request, scope access.Scope) error {
	_, err := v.Authorize(r, access.Rule{Scopes: []access.Scope{scope}})
	return err
}

func verifier(t *testing.T, issuer, audience string) *oidc.Verifier {
	t.Helper()
	v, err := oidc.New(oidc.Config{Issuer: issuer, Audience: audience}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func ask(t *testing.T, i *Issuer) string {
	t.Helper()
	server := httptest.NewServer(i.Handler("/oauth"))
	defer server.Close()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"records.write other"}}
	response, err := http.PostForm(server.URL+"/oauth/token", form) //nolint:noctx // a test's own server
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int    `json:"expires_in"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.TokenType != "Bearer" || answer.ExpiresIn != 3600 {
		t.Fatalf("%+v, %v", answer, err)
	}
	return answer.AccessToken
}

func TestOnlyClientCredentials(t *testing.T) {
	i, err := Open(t.TempDir(), "http://localhost/oauth", "privacy", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(i.Handler("/oauth"))
	defer server.Close()
	response, err := http.PostForm(server.URL+"/oauth/token", url.Values{"grant_type": {"password"}}) //nolint:noctx // as above
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d", response.StatusCode)
	}
}
