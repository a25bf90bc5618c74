// Command ingest takes in records from the company's own systems, and the ends of contracts, and tells those systems whether data may
// be used. Every route needs a token.
package main

import (
	"log"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/decision"
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

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	tokens, err := oidc.New(c.accepted(), time.Now)
	if err != nil {
		log.Fatal(err)
	}
	client, aliases, p := dynamo.Open(), subject.Key(c.AliasKey), policy.Current()
	tables := records.Tables{Records: c.Records, Subjects: c.Subjects, Requests: c.Requests}
	known, consentLog := subjects.New(client, c.Subjects, time.Now), &consents.Store{Client: client, Table: c.Consents}
	in := &intake.Intake{Subjects: known, Store: records.NewWriter(client, tables, time.Now), Aliases: aliases, Policy: p, Now: time.Now}
	web.Start(routes(handler{in}, decisions{
		decider: decision.Decider{Policy: p, Subjects: known, Consents: consentLog, Aliases: aliases, Now: time.Now},
		tokens:  c.TokenKey.Current(), origin: c.Origin,
	}, tokens))
}
