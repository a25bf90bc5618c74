// Command fulfil does every step that is due: it mints and mails challenges, opens exports, tells who is unknown that nothing is held,
// mails the links of consents by address, brings consents and withdrawals into the other data stored, and finishes walks over account data.
package main

import (
	"log"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/limits"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
)

type config struct {
	Requests string       `env:"REQUESTS_TABLE,required,notEmpty"`
	Consents string       `env:"CONSENTS_TABLE,required,notEmpty"`
	Subjects string       `env:"SUBJECTS_TABLE,required,notEmpty"`
	Records  string       `env:"RECORDS_TABLE,required,notEmpty"`
	AliasKey string       `env:"ALIAS_KEY,required,notEmpty"`
	TokenKey subject.Keys `env:"TOKEN_KEY,required,notEmpty"`
	Rate     int          `env:"CLIENT_RATE,required,notEmpty"`
	MailFrom string       `env:"MAIL_FROM,required,notEmpty"`
	MailSet  string       `env:"MAIL_CONFIGURATION_SET,required,notEmpty"`
	Origin   links.Origin `env:"ORIGIN,required,notEmpty"`
	Stack    string       `env:"STACK,required,notEmpty"`
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
	client, tokens, p := dynamo.Open(), c.TokenKey.Current(), policy.Current()
	register := &requests.Store{Client: client, Table: c.Requests, Terms: policy.TermsOf, Now: time.Now}
	addresses := subjects.Addresses{Store: subjects.New(client, c.Subjects, time.Now), Key: subject.Key(c.AliasKey)}
	mailboxes := requests.Mailboxes{Store: register, Key: addresses.Key}
	tables := records.Tables{Records: c.Records, Subjects: c.Subjects, Requests: c.Requests}
	in := &intake.Intake{Subjects: addresses.Store, Store: records.NewWriter(client, tables, time.Now), Policy: p, Now: time.Now}
	meter := metric.Meter{Out: os.Stdout, Stack: c.Stack, Now: time.Now}
	mails := letters.Post{Sender: mail.Open(c.MailFrom, c.MailSet, meter), Origin: c.Origin, Policy: p}
	counters := &limits.Store{Client: client, Table: c.Requests, Policy: p}
	limiter := limits.Mailboxes{Store: counters, Key: tokens}
	return handler{
		due: register, now: time.Now,
		fulfilment: &request.Fulfilment{
			Register: register, Addresses: addresses, Mailboxes: mailboxes, Limiter: limiter, Mailer: mails, Tokens: tokens, Policy: p, Now: time.Now,
		},
		mailing: &mailbox.Mailing{
			Confirmations: &confirmations.Store{Client: client, Table: c.Requests, Now: time.Now},
			Subjects:      addresses, Lists: mailboxes, Mailer: mails, Tokens: tokens, Periods: p.ConsentPeriods(), Now: time.Now,
			Limiter: limiter, Clients: limit.Clients{Counter: counters, PerMinute: c.Rate},
		},
		consents: &consents.WithStep{Store: consents.Store{Client: client, Table: c.Consents}, Requests: c.Requests, Steps: p.SpanOf(policy.WorkStep)},
		records:  in,
	}
}
