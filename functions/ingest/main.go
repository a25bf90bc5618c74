// Command ingest takes in records from the company's own systems, and the ends of contracts, and tells those systems whether data may
// be used. Every route needs a token.
package main

import (
	"log"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/consent/deciding"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/oidc"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
)

type config struct {
	Subjects string       `env:"SUBJECTS_TABLE,required,notEmpty"`
	Records  string       `env:"RECORDS_TABLE,required,notEmpty"`
	Requests string       `env:"REQUESTS_TABLE,required,notEmpty"`
	Consents string       `env:"CONSENTS_TABLE,required,notEmpty"`
	AliasKey string       `env:"ALIAS_KEY,required,notEmpty"`
	TokenKey subject.Keys `env:"TOKEN_KEY,required,notEmpty"`
	Origin   string       `env:"ORIGIN,required,notEmpty"`
	Issuer   string       `env:"TOKEN_ISSUER,required,notEmpty"`
	Audience string       `env:"TOKEN_AUDIENCE"`
	Clients  []string     `env:"TOKEN_CLIENTS"`
	Claim    string       `env:"TOKEN_SCOPE_CLAIM"`
	Prefix   string       `env:"TOKEN_SCOPE_PREFIX"`
}

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	tokens, err := oidc.New(oidc.Config{Issuer: c.Issuer, Audience: c.Audience, Clients: c.Clients, ScopeClaim: c.Claim, ScopePrefix: c.Prefix}, time.Now)
	if err != nil {
		log.Fatal(err)
	}
	tables := records.Tables{Records: c.Records, Subjects: c.Subjects, Requests: c.Requests}
	client, aliases := dynamo.Open(), subject.Key(c.AliasKey)
	web.Start(routes(handler{&intake.Intake{
		Subjects: subjects.New(client, c.Subjects, time.Now), Store: records.NewWriter(client, tables, time.Now),
		Aliases: aliases, Policy: policy.Current(), Now: time.Now,
	}}, decisions{
		desk:     deciding.Desk{Policy: policy.Current(), Consents: &consents.Store{Client: client, Table: c.Consents}, Now: time.Now},
		subjects: subjects.New(client, c.Subjects, time.Now), aliases: aliases, tokens: c.TokenKey.Current(), origin: c.Origin,
	}, tokens))
}
