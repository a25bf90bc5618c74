package main

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/notices"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/oidc"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// config is the function's environment, which template.yaml sets. If a required variable is missing or empty, the start fails and names it.
type config struct {
	Notices  string   `env:"NOTICES_TABLE,required,notEmpty"`
	Ledger   string   `env:"LEDGER_TABLE,required,notEmpty"`
	Issuer   string   `env:"TOKEN_ISSUER,required,notEmpty"`
	Audience string   `env:"TOKEN_AUDIENCE"`
	Clients  []string `env:"TOKEN_CLIENTS"`
	Claim    string   `env:"TOKEN_SCOPE_CLAIM"`
	Prefix   string   `env:"TOKEN_SCOPE_PREFIX"`
}

// accepted returns which tokens are accepted.
func (c config) accepted() oidc.Config {
	return oidc.Config{Issuer: c.Issuer, Audience: c.Audience, Clients: c.Clients, ScopeClaim: c.Claim, ScopePrefix: c.Prefix}
}

// open opens the client and returns the handler that uses it.
func (c config) open(now func() time.Time) handler {
	store := &notices.Store{Client: dynamo.Open(), Table: c.Notices, Ledger: c.Ledger, Now: now}
	return handler{notice.Control{
		Register: store, Recipients: store, Published: policy.Versions().Has, Policy: policy.InForce, Now: now,
	}}
}
