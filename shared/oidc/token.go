package oidc

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/fault"
)

// mostBytes is the length of the longest token that is read. API Gateway lets through 10,240 bytes of headers in all.
const mostBytes = 8 << 10

// algorithms are the signature algorithms that are accepted, all with a public key. So "none" is never tried, and neither is an
// HMAC, for which an attacker could use the public key as the secret (RFC 8725, sections 2.1 and 3.1).
var algorithms = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA,
}

// types are the header types of access tokens in lower case: the two spellings of RFC 9068, section 2.1, and Okta's own. Most
// issuers write "JWT" or nothing, in ID tokens too; [claims.forAccess] tells ID tokens apart by their claims.
var types = []string{"", "jwt", "at+jwt", "application/at+jwt", "application/okta-internal-at+jwt"}

// header contains the members of a token's header that are read.
type header struct {
	Alg string `json:"alg"`
	Typ string `json:"typ"`
	Kid string `json:"kid"`
}

// plausible reports whether a header can be that of an access token. The header must name its key. Otherwise nobody could tell a
// new key from a wrong signature.
func (h header) plausible() bool {
	return slices.Contains(algorithms, h.Alg) && slices.Contains(types, strings.ToLower(h.Typ)) && h.Kid != ""
}

// claims are the claims of a token by name, as the issuer sent them.
type claims map[string]jsontext.Value

var errShape = errors.New("oidc: not a signed JWT in compact form")

// read splits and decodes a token without verifying it. It compares names exactly, and a name that appears twice is an error.
func read(raw string) (header, claims, error) {
	var h header
	var c claims
	parts := strings.Split(raw, ".")
	if len(raw) > mostBytes || len(parts) != 3 {
		return h, nil, errShape
	}
	if err := decode(parts[0], &h); err != nil {
		return h, nil, err
	}
	if err := decode(parts[1], &c); err != nil {
		return h, nil, err
	}
	return h, c, nil
}

func decode(part string, v any) error {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return errShape
	}
	return json.Unmarshal(text, v)
}

// text returns a claim that is a text, or "" for any other claim.
func (c claims) text(name string) string {
	var text string
	if value, ok := c[name]; !ok || json.Unmarshal(value, &text) != nil {
		return ""
	}
	return text
}

// list returns a claim that is a list of texts, or a claim that is one text as a list of one. It returns nil for any other claim.
func (c claims) list(name string) []string {
	var list []string
	if value, ok := c[name]; ok && json.Unmarshal(value, &list) == nil {
		return list
	}
	if text := c.text(name); text != "" {
		return []string{text}
	}
	return nil
}

// scopes returns the scopes in a claim, which is a text with spaces between the scopes (RFC 8693, section 4.2) or a list.
func (c claims) scopes(name string) []string {
	if text := c.text(name); text != "" {
		return strings.Fields(text)
	}
	return c.list(name)
}

// clientClaims are the claims in which issuers name the client that received the token: RFC 9068, OpenID Connect and Entra's v2.0,
// Entra's v1.0, and Okta.
var clientClaims = []string{"client_id", "azp", "appid", "cid"}

// client returns the client that received the token. It returns "" if the token names no client or several.
func (c claims) client() string {
	var client string
	for _, name := range clientClaims {
		if _, ok := c[name]; !ok {
			continue
		}
		id := c.text(name)
		if id == "" || client != "" && id != client {
			return ""
		}
		client = id
	}
	return client
}

// principal returns the machine to which the token was issued, with the scopes that are for this service.
func (c claims) principal(config Config) access.Principal {
	p := access.Principal{Kind: access.Machine, ID: c.client()}
	for _, scope := range c.scopes(config.ScopeClaim) {
		if name, ours := strings.CutPrefix(scope, config.ScopePrefix); ours {
			p.Scopes = append(p.Scopes, access.Scope(name))
		}
	}
	return p
}

// forAccess reports whether the claims are those of an access token and not of an ID token. An ID token tells a client who has
// signed in, and grants no access. Issuers sign both with the same keys, so some issuer needs each of these checks:
//   - Cognito states the kind in token_use, Keycloak in typ;
//   - an ID token that came through a browser has a nonce, or the hash of what came with it (OpenID Connect Core 1.0, sections 2 and 3.3.2.11);
//   - an access token names the client that received it; the ID tokens of Entra and Okta do not;
//   - the audience of an ID token is its client (OpenID Connect Core 1.0, section 2); the audience of an access token is a service.
func (c claims) forAccess() bool {
	if _, ok := c["token_use"]; ok && c.text("token_use") != "access" {
		return false
	}
	if _, ok := c["typ"]; ok && !strings.EqualFold(c.text("typ"), "Bearer") {
		return false
	}
	for _, name := range []string{"nonce", "at_hash", "c_hash"} {
		if _, ok := c[name]; ok {
			return false
		}
	}
	client := c.client()
	return client != "" && !slices.Contains(c.list("aud"), client)
}

// accepted returns an error unless the token is a bearer access token for this service, from a client that may call. If no audience
// is configured, a token that names one is for another service (RFC 7519, section 4.1.3).
func (c claims) accepted(config Config) error {
	if !c.forAccess() {
		return fault.New(fault.Unauthenticated, "The token is no access token.")
	}
	if _, bound := c["cnf"]; bound { // RFC 7800: the bearer must prove that they have a key, and this service cannot ask for the proof
		return fault.New(fault.Unauthenticated, "The token is bound to a key.")
	}
	_, named := c["aud"]
	if config.Audience == "" && named || config.Audience != "" && !slices.Contains(c.list("aud"), config.Audience) {
		return fault.New(fault.Unauthenticated, "The token is for another audience.")
	}
	if len(config.Clients) > 0 && !slices.Contains(config.Clients, c.client()) {
		return fault.New(fault.Unauthenticated, "The token's client may not call.")
	}
	return nil
}
