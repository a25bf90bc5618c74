// Package oidc verifies the access tokens that the company's systems present. It uses the keys that the issuer of the tokens publishes.
//
// RFC 9068 says what an access token looks like, but few issuers follow it. So [Config] names what differs between issuers: which
// claim has the scopes, what precedes each scope, and whether a token names its audience. This package checks what all of them have
// in common. infra/README.md ("An issuer of tokens") has the settings for some issuers.
package oidc

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/fault"
)

// Config says whose tokens are accepted. The comment of each field names the environment variable that a function reads it from.
type Config struct {
	Issuer      string   // TOKEN_ISSUER: the URL under which the discovery document is published; the claim iss must equal it
	Audience    string   // TOKEN_AUDIENCE: what the claim aud must contain; empty for an issuer whose access tokens have no aud
	Clients     []string // TOKEN_CLIENTS: ids of the clients that may call; empty for any client that the issuer gives a scope
	ScopeClaim  string   // TOKEN_SCOPE_CLAIM: the claim with the scopes, a text with spaces or a list; empty means "scope"
	ScopePrefix string   // TOKEN_SCOPE_PREFIX: what precedes each scope of this service in that claim, such as "privacy/"
}

// Verifier checks the tokens of one issuer. It fetches the issuer's keys when the first token arrives, not at start.
type Verifier struct {
	config Config
	keys   *keys
	now    func() time.Time
}

// New returns a Verifier. If neither an audience nor clients are set, it returns an error that names the variables: such a
// configuration would accept any token of the issuer, including tokens for other services.
func New(config Config, now func() time.Time) (*Verifier, error) {
	if config.Issuer == "" {
		return nil, errors.New("TOKEN_ISSUER is empty")
	}
	config.Clients = slices.DeleteFunc(slices.Clone(config.Clients), func(id string) bool { return strings.TrimSpace(id) == "" })
	if config.Audience == "" && len(config.Clients) == 0 {
		return nil, errors.New("TOKEN_AUDIENCE and TOKEN_CLIENTS are both empty: one must say which tokens of the issuer are for this service")
	}
	if config.ScopeClaim == "" {
		config.ScopeClaim = "scope"
	}
	return &Verifier{config: config, keys: &keys{issuer: config.Issuer, now: now}, now: now}, nil
}

var (
	errNoToken    = fault.New(fault.Unauthenticated, "This route needs a bearer token.")
	errUnverified = fault.New(fault.Unauthenticated, "The token does not verify.")
	errSilent     = fault.New(fault.Unavailable, "The token's issuer does not answer.")
)

// Authorize checks the bearer token of r and returns the principal to whom it was issued, if the rule admits that principal. It returns
// fault.Unauthenticated if the token is missing, does not verify or is not an access token for this service; fault.Forbidden if the
// rule does not admit the principal; and fault.Unavailable if the issuer does not answer. In doubt it refuses the request.
func (v *Verifier) Authorize(r *http.Request, rule access.Rule) (access.Principal, error) {
	scheme, raw, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if !found || !strings.EqualFold(scheme, "Bearer") || raw == "" {
		return access.Principal{}, errNoToken
	}
	claims, err := v.verify(r.Context(), raw)
	if err != nil {
		return access.Principal{}, err
	}
	if err := claims.accepted(v.config); err != nil {
		return access.Principal{}, err
	}
	principal := claims.principal(v.config)
	if err := rule.Admits(principal, v.config.ScopePrefix); err != nil {
		return access.Principal{}, err
	}
	return principal, nil
}

// verify returns the claims of a token that the issuer signed, that is already valid and has not expired. The cheap checks come
// first, so that only a token that looks like the issuer's can make this service fetch the issuer's keys.
func (v *Verifier) verify(ctx context.Context, raw string) (claims, error) {
	header, claims, err := read(raw)
	if err != nil || !header.plausible() || claims.text("iss") != v.config.Issuer {
		return nil, errUnverified
	}
	published, err := v.keys.find(ctx, header.Kid)
	if err != nil {
		return nil, errSilent
	}
	verifier := oidc.NewVerifier(v.config.Issuer, &oidc.StaticKeySet{PublicKeys: published}, &oidc.Config{
		SupportedSigningAlgs: algorithms, SkipClientIDCheck: true, Now: v.now, // accepted checks the audience
	})
	if _, err := verifier.Verify(ctx, raw); err != nil {
		return nil, errUnverified
	}
	return claims, nil
}
