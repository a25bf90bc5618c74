package oidc_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/oauth"
	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/oidc"
)

const audience = "privacy"

// newIssuer starts an issuer on a local port.
func newIssuer(t testing.TB) *oauth.Issuer {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	issuer, err := oauth.Open(t.TempDir(), server.URL+"/oauth", audience, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/oauth/", issuer.Handler("/oauth"))
	return issuer
}

// writing is the rule of a route that takes records in.
var writing = access.Rule{Scopes: []access.Scope{access.RecordsWrite}}

// authorize asks to write records with an Authorization header.
func authorize(t testing.TB, v *oidc.Verifier, authorization string) (access.Principal, error) {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/v1/records/contact/1", nil)
	r.Header["Authorization"] = []string{authorization}
	return v.Authorize(r, writing)
}

// Whatever the Authorization header contains, only a token that the issuer signed lets a request through. Any refusal is the caller's fault.
func FuzzAuthorize(f *testing.F) {
	issuer := newIssuer(f)
	verifier, err := oidc.New(oidc.Config{Issuer: issuer.URL, Audience: audience}, time.Now)
	if err != nil {
		f.Fatal(err)
	}
	token, _, err := issuer.Token("other records.write")
	if err != nil {
		f.Fatal(err)
	}
	const stands = "the token of this run"
	parts := strings.Split(token, ".")
	f.Add("Bearer " + stands)
	f.Add("bearer " + stands + "A")
	f.Add("Bearer  " + stands)
	f.Add("Bearer eyJhbGciOiJub25lIn0." + parts[1] + ".")
	f.Add("Bearer " + parts[0] + "." + parts[1] + ".")
	f.Add("Bearer eyJhbGciOiJIUzI1NiIsImtpZCI6ImxvY2FsIn0.e30.AAAA")
	f.Add("Bearer {\"payload\":\"e30\",\"signatures\":[]}")
	f.Add("Basic " + stands)
	f.Add("Bearer \x00..\xff")
	f.Fuzz(func(t *testing.T, sent string) {
		header := strings.ReplaceAll(sent, stands, token)
		principal, err := authorize(t, verifier, header)
		if kind := fault.KindOf(err); err != nil && kind != fault.Unauthenticated && kind != fault.Forbidden {
			t.Errorf("%+q is refused as %s", sent, kind)
		}
		if (err == nil) != (principal.ID != "") {
			t.Errorf("%+q: %+v, %v", sent, principal, err)
		}
		if sent == "Bearer "+stands && err != nil || err == nil && !strings.Contains(header, parts[0]+"."+parts[1]+".") {
			t.Errorf("%+q: %v", sent, err)
		}
	})
}

// The issuer itself signs arbitrary claims. Only a token of this issuer for this audience that has not expired, names its client
// and has the scope lets a request through.
func FuzzClaims(f *testing.F) {
	issuer := newIssuer(f)
	verifier, err := oidc.New(oidc.Config{Issuer: issuer.URL, Audience: audience}, time.Now)
	if err != nil {
		f.Fatal(err)
	}
	const stands = "https://issuer.example"
	right := `{"iss":"` + stands + `","aud":"privacy","exp":4102444800,"client_id":"x","scope":"records.write"}`
	f.Add(right)
	f.Add(strings.Replace(right, `"privacy"`, `["x","privacy"]`, 1))
	f.Add(strings.Replace(right, "4102444800", "1", 1))
	f.Add(strings.Replace(right, "records.write", "records.writers records", 1))
	f.Add(strings.Replace(right, `"records.write"`, `["records.write"]`, 1))
	f.Add(strings.Replace(right, `"exp"`, `"nbf":4102444800,"exp"`, 1))
	f.Add(strings.Replace(right, `"iss"`, `"iss":"x","ISS"`, 1))
	f.Add(`{"iss":"` + stands + `","exp":1e30,"scope":null}`)
	f.Add(strings.Replace(right, `"exp"`, `"nonce":"n","exp"`, 1))
	f.Add(strings.Replace(right, `"x"`, `"privacy"`, 1))
	f.Add(strings.Replace(right, `"client_id":"x"`, `"azp":"x","appid":"y"`, 1))
	f.Add(`null`)
	f.Fuzz(func(t *testing.T, sent string) {
		payload := strings.ReplaceAll(sent, stands, issuer.URL)
		token, err := issuer.Sign([]byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		principal, err := authorize(t, verifier, "Bearer "+token)
		if kind := fault.KindOf(err); err != nil && kind != fault.Unauthenticated && kind != fault.Forbidden {
			t.Errorf("%+q is refused as %s", sent, kind)
		}
		if err != nil {
			if sent == right {
				t.Errorf("what is right is refused: %v", err)
			}
			return
		}
		var claims struct {
			Iss    string
			Scope  json.RawMessage
			Aud    json.RawMessage
			Exp    float64
			Nonce  *json.RawMessage
			Client string `json:"client_id"`
			Azp    string
			AppID  string
			CID    string
		}
		if err := json.Unmarshal([]byte(payload), &claims); err != nil {
			t.Errorf("%+q was accepted", sent)
		}
		if claims.Iss != issuer.URL || !strings.Contains(string(claims.Aud), `"`+audience+`"`) || claims.Exp < float64(time.Now().Unix()) ||
			!strings.Contains(string(claims.Scope), string(access.RecordsWrite)) || claims.Nonce != nil ||
			principal.ID == "" || !slices.Contains([]string{claims.Client, claims.Azp, claims.AppID, claims.CID}, principal.ID) {
			t.Errorf("%+q was accepted", sent)
		}
	})
}
