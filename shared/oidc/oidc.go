// Package oidc verifies access tokens of the company's systems (RFC 9068) with the issuer's published keys.
package oidc

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/fault"
)

// Verifier checks tokens of one issuer for one audience. It asks the issuer for its keys at the first token, not at start.
type Verifier struct {
	issuer, audience string
	client           *http.Client

	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier
}

// New returns a Verifier for an issuer (an https URL with a discovery document) and the audience its tokens must name.
func New(issuer, audience string) *Verifier {
	return &Verifier{issuer: issuer, audience: audience, client: &http.Client{Timeout: 5 * time.Second}}
}

// Authorize checks the bearer token of r. No token or one that does not verify is fault.Unauthenticated, a token without the
// scope is fault.Forbidden, an issuer that does not answer is fault.Unavailable. It never lets a request through on doubt.
func (v *Verifier) Authorize(r *http.Request, scope access.Scope) error {
	scheme, raw, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if !found || !strings.EqualFold(scheme, "Bearer") || raw == "" {
		return fault.New(fault.Unauthenticated, "This route needs a bearer token.")
	}
	verifier, err := v.open(r.Context())
	if err != nil {
		return fault.New(fault.Unavailable, "The token's issuer does not answer.")
	}
	token, err := verifier.Verify(oidc.ClientContext(r.Context(), v.client), raw)
	if err != nil {
		return fault.New(fault.Unauthenticated, "The token does not verify.")
	}
	var claims struct {
		Scope string `json:"scope"`
	}
	if err := token.Claims(&claims); err != nil {
		return fault.New(fault.Unauthenticated, "The token does not verify.")
	}
	if !slices.Contains(strings.Fields(claims.Scope), string(scope)) {
		return fault.New(fault.Forbidden, "The token lacks the scope "+string(scope)+".")
	}
	return nil
}

// open asks the issuer for its discovery document once; a failure is not kept. The keys are fetched and cached by the
// library with a context of its own, since they outlive the request.
func (v *Verifier) open(ctx context.Context) (*oidc.IDTokenVerifier, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.verifier == nil {
		provider, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), v.client), v.issuer)
		if err != nil {
			return nil, err
		}
		v.verifier = provider.Verifier(&oidc.Config{ClientID: v.audience})
	}
	return v.verifier, nil
}
