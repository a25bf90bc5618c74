package oidc_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/oidc"
)

// start is the time at which the tests make their tokens.
var start = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// foreign is an issuer on a local port that can rotate its keys, fall silent, and sign any claims.
type foreign struct {
	URL   string
	clock *testclock.Clock // of the verifiers

	mu      sync.Mutex
	keys    map[string]crypto.Signer
	silent  bool                              // every answer is a 500
	answer  func(http.ResponseWriter, []byte) // if set, answers instead; it gets the key set
	fetches map[string]int
}

func newForeign(t testing.TB) *foreign {
	f := &foreign{fetches: map[string]int{}, clock: testclock.New(start)}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.URL = server.URL
	f.rotate(t, "first")
	return f
}

// ServeHTTP counts each fetch.
func (f *foreign) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fetches[r.URL.Path]++
	if f.silent {
		http.Error(w, "down", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path != "/keys" {
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": f.URL, "jwks_uri": f.URL + "/keys"})
		return
	}
	// Like real key sets, this one also has keys that are not for signatures, and keys of a kind that not every reader knows.
	set := []any{json.RawMessage(`{"kty":"OKP","crv":"X448","kid":"unknown","x":"AA"}`), json.RawMessage(`{"kty":"oct","kid":"secret","k":"c2VjcmV0"}`)}
	for id, key := range f.keys {
		use := "sig"
		if id == "for encryption" {
			use = "enc"
		}
		set = append(set, jose.JSONWebKey{Key: key.Public(), KeyID: id, Use: use})
	}
	body, err := json.Marshal(map[string]any{"keys": set})
	if err != nil {
		panic(err)
	}
	if f.answer == nil {
		_, _ = w.Write(body)
		return
	}
	f.answer(w, body)
}

// answers replaces the answer to a request for the key set.
func (f *foreign) answers(answer func(http.ResponseWriter, []byte)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

// rotate replaces every key by a new one.
func (f *foreign) rotate(t testing.TB, id string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	f.replace(t, id, key, err)
}

// rotateRSA replaces every key by a new RSA key.
func (f *foreign) rotateRSA(t testing.TB, id string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	f.replace(t, id, key, err)
}

func (f *foreign) replace(t testing.TB, id string, key crypto.Signer, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keys = map[string]crypto.Signer{id: key}
}

func (f *foreign) fall(silent bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.silent = silent
}

// count returns how often the discovery document and the key set were fetched.
func (f *foreign) count() (discoveries, keys int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fetches["/.well-known/openid-configuration"], f.fetches["/keys"]
}

func (f *foreign) verifier(t testing.TB, config oidc.Config) *oidc.Verifier {
	t.Helper()
	config.Issuer = f.URL
	v, err := oidc.New(config, f.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// token signs claims with the issuer's key of an id. It adds iss and exp unless the claims have them, and leaves out claims that are nil.
func (f *foreign) token(t testing.TB, id, typ string, claims map[string]any) string {
	t.Helper()
	f.mu.Lock()
	key := f.keys[id]
	f.mu.Unlock()
	all := map[string]any{"iss": f.URL, "exp": start.Add(time.Hour).Unix()}
	for name, value := range claims {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	algorithm := jose.ES256
	if _, ok := key.(*rsa.PrivateKey); ok {
		algorithm = jose.RS256
	}
	return signed(t, key, algorithm, id, typ, all)
}

// signed returns a token that is signed with the given key.
func signed(t testing.TB, key any, algorithm jose.SignatureAlgorithm, id, typ string, claims map[string]any) string {
	t.Helper()
	options := &jose.SignerOptions{}
	if typ != "" {
		options = options.WithType(jose.ContentType(typ))
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: id}}, options)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// write authorizes a request to write records, with a token.
func write(t testing.TB, v *oidc.Verifier, token string) error {
	t.Helper()
	_, err := authorize(t, v, "Bearer "+token)
	return err
}
