package oidc_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/oidc"
)

// with returns the claims with some of them replaced. A nil value removes a claim.
func with(claims map[string]any, changes map[string]any) map[string]any {
	all := maps.Clone(claims)
	for name, value := range changes {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	return all
}

// Ids in the form that each issuer uses.
const (
	cognitoClient = "1example23456789"
	entraAPI      = "19893e32-3f4d-4c5a-b5ca-27891cf75666" // the registration of this service
	entraClient   = "b178f3a5-7588-492a-924f-72d7887b7e48" // the registration of a calling system
	oktaClient    = "0oa47su529ONaP4zm0h8"
)

// cognitoM2M is the access token of a client credentials grant (Amazon Cognito Developer Guide: "Understanding the access token",
// and "Scopes, M2M, and resource servers"). A scope is the resource server's identifier, a slash and a name. The token has no type and no aud.
var cognitoM2M = map[string]any{
	"sub": cognitoClient, "token_use": "access", "scope": "privacy/decisions.read privacy/records.write", "auth_time": start.Unix(),
	"iat": start.Unix(), "version": 2, "jti": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "client_id": cognitoClient,
}

// cognitoID is an ID token ("Understanding the identity (ID) token", same guide).
var cognitoID = map[string]any{
	"sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "cognito:groups": []string{"staff"}, "email_verified": true, "cognito:username": "anna",
	"aud": cognitoClient, "event_id": "64f513be-32db-42b0-b78e-b02127b4f463", "token_use": "id", "auth_time": start.Unix(), "iat": start.Unix(),
	"jti": "b", "email": "anna@example.org",
}

// entraV2 is the access token of the client credentials flow, version 2.0 (Microsoft identity platform: "Access token claims
// reference"). The application permissions are in roles ("OAuth 2.0 client credentials flow"). Its header has the type JWT.
var entraV2 = map[string]any{
	"aud": entraAPI, "iat": start.Unix(), "nbf": start.Unix(), "aio": "k2RgYPj3", "azp": entraClient, "azpacr": "1", "oid": "c",
	"rh": "0.AAAA", "roles": []string{"records.write", "decisions.read"}, "sub": "c", "tid": "d", "uti": "e", "ver": "2.0",
}

// entraV1 is the same in version 1.0: the audience is an application id URI, and the client is in appid.
var entraV1 = with(entraV2, map[string]any{"aud": "api://" + entraAPI, "azp": nil, "azpacr": nil, "appid": entraClient, "appidacr": "1",
	"idp": "https://sts.windows.net/d/", "ver": "1.0"})

// entraID is an ID token ("ID token claims reference") for the same registration, of somebody who was given the role. Nonce depends on the flow.
var entraID = map[string]any{
	"aud": entraAPI, "iat": start.Unix(), "nbf": start.Unix(), "aio": "k2RgYPj3", "name": "Anna Schmidt", "oid": "f",
	"preferred_username": "anna@example.org", "rh": "0.AAAA", "roles": []string{"records.write"}, "sub": "g", "tid": "d", "uti": "h", "ver": "2.0",
}

// okta is the access token of a client credentials grant by a custom authorization server (Okta: "OpenID Connect & OAuth 2.0 API", access
// token payload). Its header has no type.
var okta = map[string]any{
	"ver": 1, "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE", "aud": "api://default", "iat": start.Unix(), "cid": oktaClient,
	"scp": []string{"records.write", "decisions.read"}, "sub": oktaClient,
}

// oktaID is an ID token (same page, ID token payload). It has at_hash only where an access token came with it.
var oktaID = map[string]any{
	"sub": "00uid4BxXw6I6TV4m0g3", "name": "Anna Schmidt", "email": "anna@example.org", "ver": 1, "aud": oktaClient, "iat": start.Unix(),
	"jti": "ID.4eAWJOCMB3SX8XewDfVR", "amr": []string{"pwd"}, "idp": "00ok1u7AsAkrwdZL3z0g3", "auth_time": start.Unix(),
}

// keycloak is the access token of a service account with an audience mapper (Keycloak Server Administration Guide: "Using a service account",
// "Audience support"). Its header has the type JWT.
var keycloak = map[string]any{
	"iat": start.Unix(), "jti": "trrtcc:i", "aud": []string{"privacy", "account"}, "sub": "j", "typ": "Bearer", "azp": "crm", "acr": "1",
	"scope": "profile records.write", "client_id": "crm", "clientHost": "192.0.2.1", "preferred_username": "service-account-crm",
}

// The configurations that infra/README.md recommends for each issuer.
var (
	forCognito  = oidc.Config{Clients: []string{cognitoClient}, ScopePrefix: "privacy/"}
	forEntraV2  = oidc.Config{Audience: entraAPI, ScopeClaim: "roles"}
	forEntraV1  = oidc.Config{Audience: "api://" + entraAPI, ScopeClaim: "roles"}
	forOkta     = oidc.Config{Audience: "api://default", ScopeClaim: "scp"}
	forKeycloak = oidc.Config{Audience: "privacy"}
)

func TestAccessTokensOfKnownIssuersAreAccepted(t *testing.T) {
	f := newForeign(t)
	f.rotateRSA(t, "first") // all of them sign with RSA
	only := func(c oidc.Config, clients ...string) oidc.Config { c.Clients = clients; return c }
	for _, c := range []struct {
		name   string
		config oidc.Config
		typ    string
		claims map[string]any
		client string // the id of the principal
	}{
		{"Cognito", forCognito, "", cognitoM2M, cognitoClient},
		{"Cognito, bound to a resource", oidc.Config{Audience: "https://privacy.example", ScopePrefix: "privacy/"}, "", with(cognitoM2M, map[string]any{"aud": "https://privacy.example"}), cognitoClient},
		{"Entra v2.0", forEntraV2, "JWT", entraV2, entraClient},
		{"Entra v2.0, one client", only(forEntraV2, "another", entraClient), "JWT", entraV2, entraClient},
		{"Entra v1.0", forEntraV1, "JWT", entraV1, entraClient},
		{"Entra v1.0, one client", only(forEntraV1, entraClient), "JWT", entraV1, entraClient},
		{"Okta", forOkta, "", okta, oktaClient},
		{"Okta, one client", only(forOkta, oktaClient), "", okta, oktaClient},
		{"Okta, its own type", forOkta, "application/okta-internal-at+jwt", okta, oktaClient},
		{"Keycloak", forKeycloak, "JWT", keycloak, "crm"},
		{"Keycloak, by RFC 9068", only(forKeycloak, "crm"), "at+jwt", keycloak, "crm"},
		{"RFC 9068, long type", here, "application/at+jwt", right, "crm"},
	} {
		p, err := authorize(t, f.verifier(t, c.config), "Bearer "+f.token(t, "first", c.typ, c.claims))
		if err != nil || p.Kind != access.Machine || p.ID != c.client || !slices.Contains(p.Scopes, access.RecordsWrite) {
			t.Errorf("%s: %+v, %v", c.name, p, err)
		}
	}
}

// A principal has the scopes that are for this service, in its words, and no role.
func TestAPrincipalHasTheScopesForThisService(t *testing.T) {
	f := newForeign(t)
	for name, c := range map[string]struct {
		config oidc.Config
		claims map[string]any
		want   []access.Scope
	}{
		"all": {here, with(right, map[string]any{"scope": "records.write openid decisions.read"}), []access.Scope{access.RecordsWrite, "openid", access.DecisionsRead}},
		"those with the prefix": {forCognito, with(cognitoM2M, map[string]any{"scope": "billing/x openid privacy/records.write privacy/privacy/y"}),
			[]access.Scope{access.RecordsWrite, "privacy/y"}},
	} {
		p, err := authorize(t, f.verifier(t, c.config), "Bearer "+f.token(t, "first", "", c.claims))
		if err != nil || !slices.Equal(p.Scopes, c.want) || len(p.Roles) > 0 {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

func TestIDTokensAndTokensForOthersAreRefused(t *testing.T) {
	f := newForeign(t)
	only := func(c oidc.Config, clients ...string) oidc.Config { c.Clients = clients; return c }
	for _, c := range []struct {
		name   string
		config oidc.Config
		typ    string
		claims map[string]any
		detail string
	}{
		{"Cognito's ID token", forCognito, "", cognitoID, noAccess},
		{"Cognito's ID token with scopes", forCognito, "", with(cognitoID, map[string]any{"scope": "privacy/records.write", "client_id": cognitoClient, "aud": nil}), noAccess},
		{"Cognito's ID token for its client's audience", oidc.Config{Audience: cognitoClient}, "", cognitoID, noAccess},
		{"Cognito, another client", only(forCognito, "x"), "", cognitoM2M, noClient},
		{"Cognito, bound to another resource", forCognito, "", with(cognitoM2M, map[string]any{"aud": "https://billing.example"}), noAudience},
		{"Cognito, no audience though one is asked for", oidc.Config{Audience: "privacy", ScopePrefix: "privacy/"}, "", cognitoM2M, noAudience},
		{"Entra's ID token with the role", forEntraV2, "JWT", entraID, noAccess},
		{"Entra's ID token with a nonce", forEntraV2, "JWT", with(entraID, map[string]any{"nonce": "n", "azp": entraClient}), noAccess},
		{"Entra's ID token with c_hash", forEntraV2, "JWT", with(entraID, map[string]any{"c_hash": "n", "azp": entraClient}), noAccess},
		{"Entra, for another service", forEntraV2, "JWT", with(entraV2, map[string]any{"aud": "00000003-0000-0000-c000-000000000000"}), noAudience},
		{"Entra v1.0 under the settings of v2.0", forEntraV2, "JWT", entraV1, noAudience},
		{"Entra, another client", only(forEntraV2, "x"), "JWT", entraV2, noClient},
		{"Entra, two clients", forEntraV2, "JWT", with(entraV2, map[string]any{"appid": "x"}), noAccess},
		{"Okta's ID token", forOkta, "", oktaID, noAccess},
		{"Okta's ID token for its client's audience", oidc.Config{Audience: oktaClient, ScopeClaim: "scp"}, "", with(oktaID, map[string]any{"scp": okta["scp"]}), noAccess},
		{"Okta's ID token with at_hash", forOkta, "", with(okta, map[string]any{"at_hash": "h"}), noAccess},
		{"Okta, another audience", forOkta, "", with(okta, map[string]any{"aud": "api://billing"}), noAudience},
		{"Keycloak's ID token", forKeycloak, "JWT", with(keycloak, map[string]any{"typ": "ID"}), noAccess},
		{"Keycloak's refresh token", forKeycloak, "JWT", with(keycloak, map[string]any{"typ": "Refresh"}), noAccess},
		{"Keycloak's ID token by its audience", oidc.Config{Audience: "crm"}, "JWT", with(keycloak, map[string]any{"typ": nil, "aud": "crm"}), noAccess},
		{"Okta's token bound to a key (DPoP)", forOkta, "", with(okta, map[string]any{"cnf": map[string]any{"jkt": "k"}}), "The token is bound to a key."},
		{"an ID token by its type", here, "id_token+jwt", right, unverified},
		{"a logout token by its type", here, "logout+jwt", right, unverified},
		{"no client", here, "at+jwt", with(right, map[string]any{"client_id": nil}), noAccess},
		{"a client that is no text", here, "at+jwt", with(right, map[string]any{"client_id": 1}), noAccess},
		{"a token_use that is no text", here, "at+jwt", with(right, map[string]any{"token_use": []string{"access"}}), noAccess},
		{"an audience that is no text", here, "at+jwt", with(right, map[string]any{"aud": 1}), unverified},
	} {
		err := write(t, f.verifier(t, c.config), f.token(t, "first", c.typ, c.claims))
		if fault.KindOf(err) != fault.Unauthenticated || err.Error() != "unauthenticated: "+c.detail {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

const (
	unverified = "The token does not verify."
	noAccess   = "The token is no access token."
	noAudience = "The token is for another audience."
	noClient   = "The token's client may not call."
)

// A token without a scope of this service is forbidden, even if all else is right: a scope of another service, one without the
// prefix, one in another claim, or none.
func TestScopesAreReadFromTheirClaimOnly(t *testing.T) {
	f := newForeign(t)
	for name, c := range map[string]struct {
		config oidc.Config
		claims map[string]any
	}{
		"Cognito, another resource server":    {forCognito, with(cognitoM2M, map[string]any{"scope": "billing/records.write"})},
		"Cognito, without the prefix":         {forCognito, with(cognitoM2M, map[string]any{"scope": "records.write"})},
		"Entra, a user's delegated scope":     {forEntraV2, with(entraV2, map[string]any{"roles": nil, "scp": "records.write"})},
		"Entra, no role":                      {forEntraV2, with(entraV2, map[string]any{"roles": []string{}})},
		"Okta, another scope":                 {forOkta, with(okta, map[string]any{"scp": []string{"records.writers"}})},
		"Okta, two scopes in one":             {forOkta, with(okta, map[string]any{"scp": []string{"records.write decisions.read"}})},
		"Keycloak, one scope":                 {forKeycloak, with(keycloak, map[string]any{"scope": "profile"})},
		"a scope that is no text and no list": {here, with(right, map[string]any{"scope": map[string]any{"records.write": true}})},
		"a scope in another case":             {here, with(right, map[string]any{"scope": "Records.Write"})},
	} {
		wantKind(t, write(t, f.verifier(t, c.config), f.token(t, "first", "", c.claims)), fault.Forbidden, name)
	}
}
