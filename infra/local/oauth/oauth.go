// Package oauth is an OIDC issuer for one machine. It gives any caller an access token with the requested scopes, signed with its
// own key. The functions verify these tokens as they would verify the company's.
package oauth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
)

// life is how long a token is valid.
const life = time.Hour

// keyID names the one key in the key set. There is no rotation: a developer deletes the data folder.
const keyID = "local"

// Issuer signs tokens.
type Issuer struct {
	URL      string // the issuer, below which its documents live
	Audience string
	Now      func() time.Time
	key      *ecdsa.PrivateKey
}

// Open returns an issuer with the key in dir, made on the first call.
func Open(dir, url, audience string, now func() time.Time) (*Issuer, error) {
	key, err := loadKey(filepath.Join(dir, "issuer.pem"))
	if err != nil {
		return nil, fmt.Errorf("key of the issuer: %w", err)
	}
	return &Issuer{URL: url, Audience: audience, Now: now, key: key}, nil
}

// loadKey reads the signing key, or makes one. Tokens survive a restart because the key does.
func loadKey(path string) (*ecdsa.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	} else if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no PEM")
	}
	return x509.ParseECPrivateKey(block.Bytes)
}

// makeKey writes a new P-256 key that only its owner can read.
func makeKey(path string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), 0o600)
}

// Token returns an access token for the scopes, space-separated (RFC 6749, 3.3), and its life in seconds.
func (i *Issuer) Token(scope string) (string, int, error) {
	now := i.Now()
	claims, err := json.Marshal(struct {
		jwt.Claims
		Scope    string `json:"scope"`
		ClientID string `json:"client_id"`
	}{jwt.Claims{
		Issuer: i.URL, Subject: "local-system", Audience: jwt.Audience{i.Audience}, ID: uuid.NewString(),
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(life)),
	}, scope, "local-system"})
	if err != nil {
		return "", 0, err
	}
	token, err := i.Sign(claims)
	return token, int(life.Seconds()), err
}

// Sign returns a token with the payload, whatever it claims.
func (i *Issuer) Sign(payload []byte) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: i.key, KeyID: keyID}},
		(&jose.SignerOptions{}).WithType("at+jwt"))
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// Handler serves the issuer below prefix: its configuration, its keys, and tokens for client_credentials.
func (i *Issuer) Handler(prefix string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+prefix+"/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]any{
			"issuer": i.URL, "jwks_uri": i.URL + "/jwks.json", "token_endpoint": i.URL + "/token",
			"authorization_endpoint":                i.URL + "/authorize",
			"grant_types_supported":                 []string{"client_credentials"},
			"response_types_supported":              []string{"token"},
			"subject_types_supported":               []string{"public"},
			"id_token_signing_alg_values_supported": []string{"ES256"},
			"token_endpoint_auth_methods_supported": []string{"none"},
		})
	})
	mux.HandleFunc("GET "+prefix+"/jwks.json", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: i.key.Public(), KeyID: keyID, Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("POST "+prefix+"/token", i.token)
	return mux
}

// token answers as RFC 6749, 4.4 and 5 say.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if r.PostFormValue("grant_type") != "client_credentials" {
		reply(w, http.StatusBadRequest, map[string]string{"error": "unsupported_grant_type"})
		return
	}
	token, seconds, err := i.Token(r.PostFormValue("scope"))
	if err != nil {
		reply(w, http.StatusInternalServerError, map[string]string{"error": "server_error"})
		return
	}
	reply(w, http.StatusOK, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": seconds, "scope": r.PostFormValue("scope")})
}

// reply writes JSON that nobody may cache, as RFC 6749, 5.1 asks of tokens.
func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
