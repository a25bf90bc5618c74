package main

import (
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/oidc"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// config is what the environment says. A variable that is required and missing, or empty, ends the start with its name.
type config struct {
	Subjects string       `env:"SUBJECTS_TABLE,required,notEmpty"`
	Records  string       `env:"RECORDS_TABLE,required,notEmpty"`
	Requests string       `env:"REQUESTS_TABLE,required,notEmpty"`
	Consents string       `env:"CONSENTS_TABLE,required,notEmpty"`
	AliasKey string       `env:"ALIAS_KEY,required,notEmpty"`
	TokenKey subject.Keys `env:"TOKEN_KEY,required,notEmpty"`
	Origin   links.Origin `env:"ORIGIN,required,notEmpty"`
	Issuer   string       `env:"TOKEN_ISSUER,required,notEmpty"`
	Audience string       `env:"TOKEN_AUDIENCE"`
	Clients  []string     `env:"TOKEN_CLIENTS"`
	Claim    string       `env:"TOKEN_SCOPE_CLAIM"`
	Prefix   string       `env:"TOKEN_SCOPE_PREFIX"`
}

// accepted says whose tokens are accepted.
func (c config) accepted() oidc.Config {
	return oidc.Config{Issuer: c.Issuer, Audience: c.Audience, Clients: c.Clients, ScopeClaim: c.Claim, ScopePrefix: c.Prefix}
}
