// Command fulfil does every step of requests that is due: it mints and mails challenges, opens exports, tells who is unknown that
// nothing is held, and finishes walks over account data that were begun elsewhere.
package main

import (
	"log"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
)

type config struct {
	Requests string `env:"REQUESTS_TABLE,required,notEmpty"`
	Subjects string `env:"SUBJECTS_TABLE,required,notEmpty"`
	Records  string `env:"RECORDS_TABLE,required,notEmpty"`
	AliasKey string `env:"ALIAS_KEY,required,notEmpty"`
	TokenKey string `env:"TOKEN_KEY,required,notEmpty"`
	MailFrom string `env:"MAIL_FROM,required,notEmpty"`
	MailSet  string `env:"MAIL_CONFIGURATION_SET,required,notEmpty"`
	Origin   string `env:"ORIGIN,required,notEmpty"`
}

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	web.LogJSON()
	lambda.Start(newHandler(c).handle)
}

func newHandler(c config) handler {
	client, tokens := dynamo.Open(), subject.Key(c.TokenKey)
	register := &requests.Store{Client: client, Table: c.Requests, Now: time.Now}
	known := subjects.New(client, c.Subjects, time.Now)
	return handler{
		due: register, now: time.Now,
		walker: records.NewWriter(client, records.Tables{Records: c.Records, Subjects: c.Subjects, Requests: c.Requests}, policy.Current(), time.Now),
		fulfilment: &request.Fulfilment{
			Register: register, Addresses: addresses{known, subject.Key(c.AliasKey)}, Limiter: limiter{register, tokens},
			Mailer: mailer{mail.Open(c.MailFrom, c.MailSet), c.Origin}, Tokens: tokens, Now: time.Now,
		},
	}
}
