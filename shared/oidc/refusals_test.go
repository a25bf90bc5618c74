package oidc_test

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/oidc"
)

// A configuration that would accept any token of the issuer is an error that says what to set.
func TestAConfigurationThatTakesEverythingIsRefused(t *testing.T) {
	for _, c := range []oidc.Config{
		{Issuer: "https://id.example"},
		{Issuer: "https://id.example", Clients: []string{"", " "}},
		{Issuer: "https://id.example", ScopePrefix: "privacy/", ScopeClaim: "scp"},
	} {
		if _, err := oidc.New(c, time.Now); err == nil || !strings.Contains(err.Error(), "TOKEN_AUDIENCE") || !strings.Contains(err.Error(), "TOKEN_CLIENTS") {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := oidc.New(oidc.Config{Audience: "privacy"}, time.Now); err == nil || !strings.Contains(err.Error(), "TOKEN_ISSUER") {
		t.Errorf("no issuer: %v", err)
	}
	for _, c := range []oidc.Config{{Issuer: "x", Audience: "privacy"}, {Issuer: "x", Clients: []string{"crm"}}} {
		if _, err := oidc.New(c, time.Now); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// A token is valid from nbf, with five minutes of tolerance for clocks that differ, until exactly exp. Without exp it is never valid.
func TestATokensTime(t *testing.T) {
	f := newForeign(t)
	v := f.verifier(t, here)
	for name, c := range map[string]struct {
		claim string
		value any
		good  bool
	}{
		"expires in a second":   {"exp", start.Add(time.Second).Unix(), true},
		"expired a second ago":  {"exp", start.Add(-time.Second).Unix(), false},
		"never expires":         {"exp", nil, false},
		"an expiry of no time":  {"exp", "tomorrow", false},
		"began":                 {"nbf", start.Unix(), true},
		"begins in 4 minutes":   {"nbf", start.Add(4*time.Minute + 59*time.Second).Unix(), true},
		"begins in 5 minutes":   {"nbf", start.Add(5*time.Minute + time.Second).Unix(), false},
		"begins in a long time": {"nbf", 1e15, false},
	} {
		claims := maps.Clone(right)
		claims[c.claim] = c.value
		err := write(t, v, f.token(t, "first", "at+jwt", claims))
		if good := err == nil; good != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
	token := f.token(t, "first", "at+jwt", right)
	f.clock.Advance(time.Hour + time.Second)
	wantKind(t, write(t, v, token), fault.Unauthenticated, "after its hour")
}

// Neither an unsigned token nor one whose HMAC is keyed with the issuer's public key passes as signed (RFC 8725, section 2.1).
func TestConfusedAlgorithmsAreRefused(t *testing.T) {
	f := newForeign(t)
	v := f.verifier(t, here)
	token := f.token(t, "first", "at+jwt", right)
	if err := write(t, v, token); err != nil {
		t.Fatal(err)
	}
	payload := strings.Split(token, ".")[1]
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for name, forged := range map[string]string{
		"none":                  part(`{"alg":"none","kid":"first"}`) + "." + payload + ".",
		"None with a signature": part(`{"alg":"None","kid":"first"}`) + "." + payload + "." + part("x"),
		"no algorithm":          part(`{"kid":"first"}`) + "." + payload + "." + part("x"),
		"an algorithm twice":    part(`{"alg":"none","alg":"ES256","kid":"first"}`) + "." + payload + ".",
		"an empty signature":    strings.Join(strings.Split(token, ".")[:2], ".") + ".",
		"a key of its own":      signed(t, f.keys["first"], jose.ES256, "unpublished", "at+jwt", with(right, map[string]any{"iss": f.URL, "exp": start.Add(time.Hour).Unix()})),
	} {
		wantKind(t, write(t, v, forged), fault.Unauthenticated, name)
	}
	der, err := x509.MarshalPKIXPublicKey(f.keys["first"].(*ecdsa.PrivateKey).Public())
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string][]byte{
		"an HMAC with the public key as PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), "an HMAC with the public key as DER": der,
		"an HMAC with a published secret": []byte("secretsecretsecretsecretsecretse"),
	} {
		for _, id := range []string{"first", "secret"} {
			claims := with(right, map[string]any{"iss": f.URL, "exp": start.Add(time.Hour).Unix()})
			wantKind(t, write(t, v, signed(t, secret, jose.HS256, id, "at+jwt", claims)), fault.Unauthenticated, name)
		}
	}
}

// A key that the issuer publishes for encryption verifies no signature (RFC 7517, section 4.2).
func TestAKeyForEncryptionSignsNothing(t *testing.T) {
	f := newForeign(t)
	f.mu.Lock()
	f.keys["for encryption"] = f.keys["first"]
	f.mu.Unlock()
	v := f.verifier(t, here)
	wantKind(t, write(t, v, f.token(t, "for encryption", "at+jwt", right)), fault.Unauthenticated, "a key for encryption")
	if err := write(t, v, f.token(t, "first", "at+jwt", right)); err != nil {
		t.Error(err)
	}
}

// A token longer than 8 KiB is refused unread, even if the issuer signed it.
func TestALongTokenIsRefused(t *testing.T) {
	f := newForeign(t)
	v := f.verifier(t, here)
	for _, c := range []struct {
		more int // characters in a claim
		good bool
	}{{5000, true}, {7000, false}} {
		token := f.token(t, "first", "at+jwt", with(right, map[string]any{"groups": strings.Repeat("g", c.more)}))
		if err := write(t, v, token); (err == nil) != c.good {
			t.Errorf("%d bytes: %v", len(token), err)
		}
	}
}
