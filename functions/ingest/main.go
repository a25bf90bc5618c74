// Command ingest takes in records from the company's own systems, and the ends of contracts. Every route needs a token.
package main

import (
	"log"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/oidc"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
)

type config struct {
	Subjects string `env:"SUBJECTS_TABLE,required,notEmpty"`
	Records  string `env:"RECORDS_TABLE,required,notEmpty"`
	Requests string `env:"REQUESTS_TABLE,required,notEmpty"`
	AliasKey string `env:"ALIAS_KEY,required,notEmpty"`
	Issuer   string `env:"TOKEN_ISSUER,required,notEmpty"`
	Audience string `env:"TOKEN_AUDIENCE,required,notEmpty"`
}

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	tables := records.Tables{Records: c.Records, Subjects: c.Subjects, Requests: c.Requests}
	web.Start(routes(handler{
		writer:  records.NewWriter(dynamo.Open(), tables, policy.Current(), time.Now),
		aliases: subject.Key(c.AliasKey), policy: policy.Current(), now: time.Now,
	}, oidc.New(c.Issuer, c.Audience)))
}
