package main

import (
	"os"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/identities"
	"github.com/helpdeskexpert/privacy/shared/dynamo/mailboxes"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/oidc"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// config is the function's environment, which template.yaml sets. If a required variable is missing or empty, the start fails and names it.
type config struct {
	Subjects string   `env:"SUBJECTS_TABLE,required,notEmpty"`
	Requests string   `env:"REQUESTS_TABLE,required,notEmpty"`
	Consents string   `env:"CONSENTS_TABLE,required,notEmpty"`
	Ledger   string   `env:"LEDGER_TABLE,required,notEmpty"`
	AliasKey string   `env:"ALIAS_KEY,required,notEmpty"`
	Issuer   string   `env:"TOKEN_ISSUER,required,notEmpty"`
	Audience string   `env:"TOKEN_AUDIENCE"`
	Clients  []string `env:"TOKEN_CLIENTS"`
	Claim    string   `env:"TOKEN_SCOPE_CLAIM"`
	Prefix   string   `env:"TOKEN_SCOPE_PREFIX"`
	Stack    string   `env:"STACK,required,notEmpty"`
}

// accepted returns which tokens are accepted.
func (c config) accepted() oidc.Config {
	return oidc.Config{Issuer: c.Issuer, Audience: c.Audience, Clients: c.Clients, ScopeClaim: c.Claim, ScopePrefix: c.Prefix}
}

// open opens the client and returns the handler that uses it.
func (c config) open(now func() time.Time) handler {
	client := dynamo.Open()
	store := identities.New(client, identities.Tables{Subjects: c.Subjects, Requests: c.Requests, Ledger: c.Ledger}, now)
	acts := &identity.Identity{Store: store, Aliases: subject.Key(c.AliasKey), Policy: policy.InForce, Now: now}
	links := &mailbox.Links{Mailboxes: &mailboxes.Store{Client: client, Table: c.Requests, Now: now}, Policy: policy.InForce, Now: now}
	register := &requests.Store{Client: client, Table: c.Requests, Terms: policy.TermsOf, Now: now}
	meter := metric.Meter{Out: os.Stdout, Stack: c.Stack, Now: now}
	cutter := &request.Cutter{
		Links: links, Register: register, Answers: map[work.Kind]request.AnswerCuts{work.Export: export.Cuts{}, work.Erase: erasure.Cuts{}}, ForTeam: meter.Alarm(metric.RequestsForTeam, "a request waits for the team"), Now: now,
	}
	log := &consents.WithStep{Store: consents.Store{Client: client, Table: c.Consents}, Requests: c.Requests, Policy: policy.InForce, Replays: dynamo.ReplaysIn(c.Ledger)}
	return handler{
		acts: acts, consents: &consent.Recorder{Log: log, Policy: policy.ForConsents(), Now: now},
		consequences: &identity.Consequences{Identity: acts, Changes: store, Cut: cutter.Follow},
		count:        meter.Count,
	}
}
