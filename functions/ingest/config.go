package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/decision"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/oidc"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// config is the function's environment, which template.yaml sets. If a required variable is missing or empty, the start fails and names it.
type config struct {
	Subjects   string       `env:"SUBJECTS_TABLE,required,notEmpty"`
	Records    string       `env:"RECORDS_TABLE,required,notEmpty"`
	Requests   string       `env:"REQUESTS_TABLE,required,notEmpty"`
	Consents   string       `env:"CONSENTS_TABLE,required,notEmpty"`
	RestoredAt time.Time    `env:"RESTORED_AT"` // the time of the backup from which the tables were last restored; empty if they never were
	Ledger     string       `env:"LEDGER_TABLE,required,notEmpty"`
	AliasKey   string       `env:"ALIAS_KEY,required,notEmpty"`
	TokenKey   subject.Keys `env:"TOKEN_KEY,required,notEmpty"`
	Origin     links.Origin `env:"ORIGIN,required,notEmpty"`
	Issuer     string       `env:"TOKEN_ISSUER,required,notEmpty"`
	Audience   string       `env:"TOKEN_AUDIENCE"`
	Clients    []string     `env:"TOKEN_CLIENTS"`
	Claim      string       `env:"TOKEN_SCOPE_CLAIM"`
	Prefix     string       `env:"TOKEN_SCOPE_PREFIX"`
	Stack      string       `env:"STACK,required,notEmpty"`
}

// accepted returns which tokens are accepted.
func (c config) accepted() oidc.Config {
	return oidc.Config{Issuer: c.Issuer, Audience: c.Audience, Clients: c.Clients, ScopeClaim: c.Claim, ScopePrefix: c.Prefix}
}

// open opens the clients and returns the handlers that use them.
func (c config) open(now func() time.Time) (handler, decisions, acknowledgements) {
	client, aliases := dynamo.Open(), subject.Key(c.AliasKey)
	tables := records.Tables{Records: c.Records, Subjects: c.Subjects, Requests: c.Requests, Ledger: c.Ledger}
	known, log := subjects.New(client, c.Subjects, now), &consents.Store{Client: client, Table: c.Consents, RestoredAt: c.RestoredAt}
	in := &intake.Intake{
		Subjects: known, Store: records.NewWriter(client, tables, now), Consents: log, Aliases: aliases, Policy: policy.InForce, Now: now,
		Acted: counted(metric.Meter{Out: os.Stdout, Stack: c.Stack, Now: now}),
	}
	decisions := decisions{
		decider: decision.Decider{Policy: policy.InForce, Subjects: known, Consents: log, Aliases: aliases, Now: now},
		tokens:  c.TokenKey.Current(), origin: c.Origin,
	}
	erasures := &erasure.Acknowledgements{Register: &requests.Store{Client: client, Table: c.Requests, Terms: policy.TermsOf, Now: now}, Subjects: known, Policy: policy.InForce, Now: now}
	return handler{in}, decisions, acknowledgements{erasures}
}

// counted counts the acts on identities, since many at a time raise an alarm (threat T33).
func counted(meter metric.Meter) func(context.Context, audit.Act) {
	return func(ctx context.Context, act audit.Act) {
		if err := meter.Count(metric.IdentityActs); err != nil {
			slog.ErrorContext(ctx, "an act on an identity was not counted", "act", act, "error", fault.Class(err))
		}
	}
}
