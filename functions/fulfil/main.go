// Command fulfil does every step that is due: it mints and mails challenges, opens exports, tells who is unknown that nothing is held,
// mails the links of consents by address, carries consents and withdrawals into what else is held, and finishes walks over account data.
package main

import (
	"log"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/consent/confirming"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
	"github.com/helpdeskexpert/privacy/shared/work"
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
	lambda.Start(queue.Handler(open(c)))
}

// open puts the function together.
func open(c config) *work.Runner {
	client, tokens, p := dynamo.Open(), c.TokenKey.Current(), policy.Current()
	register := &requests.Store{Client: client, Table: c.Requests, Policy: p, Terms: policy.TermsOf, Now: time.Now}
	known := addresses{subjects.New(client, c.Subjects, time.Now), subject.Key(c.AliasKey)}
	under := mailboxes{register, known.key}
	writer := records.NewWriter(client, records.Tables{Records: c.Records, Subjects: c.Subjects, Requests: c.Requests}, p, time.Now)
	meter := metric.Meter{Out: os.Stdout, Stack: c.Stack, Now: time.Now}
	mails, limit := letters.Post{Sender: mail.Open(c.MailFrom, c.MailSet, meter), Origin: c.Origin, Policy: p}, limiter{register, tokens, c.Rate}
	requestSteps := &request.Fulfilment{
		Register: register, Addresses: known, Mailboxes: under, Limiter: limit, Mailer: mails, Tokens: tokens, Policy: p, Now: time.Now,
		Answers: map[work.Kind]request.Answerer{
			work.Export: &export.Opening{Register: register, Addresses: known, Mailboxes: under, Mailer: mails, Tokens: tokens},
		},
	}
	confirmations := &confirming.Desk{
		Confirmations: &confirmations.Store{Client: client, Table: c.Requests, Now: time.Now},
		Subjects:      known, Mailboxes: under, Limiter: limit, Mailer: mails, Tokens: tokens, Periods: p.ConsentPeriods(), Now: time.Now,
	}
	decisions := consented{
		log:    &consents.ByMail{Store: consents.Store{Client: client, Table: c.Consents}, Requests: c.Requests, Steps: p.SpanOf(policy.WorkStep)},
		writer: writer,
	}
	return newRunner(&queue.Queue{Client: client, Table: c.Requests}, map[work.Kind]work.Do{
		work.Request:      work.Step(requestSteps.Run),
		work.Confirmation: work.Step(confirmations.Run),
		work.Consent:      ofSubject(decisions.apply),
		work.Walk:         ofSubject(writer.Walk),
	}, time.Now)
}
