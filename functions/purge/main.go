// Command purge runs every hour and deletes what is past its retention: records, and exports whose life has ended. It also reports how far
// DynamoDB's TTL is behind with the service's own kinds.
package main

import (
	"log"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/ledger"
	"github.com/helpdeskexpert/privacy/shared/dynamo/own"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/objects"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/web"
)

type config struct {
	Records  string        `env:"RECORDS_TABLE,required,notEmpty"`
	Consents string        `env:"CONSENTS_TABLE,required,notEmpty"`
	Subjects string        `env:"SUBJECTS_TABLE,required,notEmpty"`
	Requests string        `env:"REQUESTS_TABLE,required,notEmpty"`
	Ledger   string        `env:"LEDGER_TABLE,required,notEmpty"`
	Bucket   string        `env:"EXPORT_BUCKET,required,notEmpty"`
	Grace    time.Duration `env:"GRACE,required,notEmpty"`
	Stack    string        `env:"STACK,required,notEmpty"`
}

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	web.LogJSON()
	db, now, p := dynamo.Open(), time.Now, policy.Current()
	bucket := objects.Open(c.Bucket, now)
	book := &ledger.Store{Client: db, Table: c.Ledger, Policy: p, Now: now}
	kinds := &own.Store{Client: db, Consents: c.Consents, Subjects: c.Subjects, Requests: c.Requests, Ledger: c.Ledger}
	lambda.Start(handler{records.New(db, c.Records, now), kinds, bucket, book, p, c.Grace, c.Stack, now}.handle)
}
