package main

import (
	"os"
	"time"

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
	"github.com/helpdeskexpert/privacy/shared/work"
)

// config is what template.yaml tells the function.
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

// open opens the clients and returns the runner that uses them.
func (c config) open(now func() time.Time) *work.Runner {
	client, tokens, p := dynamo.Open(), c.TokenKey.Current(), policy.Current()
	register := &requests.Store{Client: client, Table: c.Requests, Policy: p, Terms: policy.TermsOf, Now: now}
	known := addresses{subjects.New(client, c.Subjects, now), subject.Key(c.AliasKey)}
	under := mailboxes{register, known.key}
	writer := records.NewWriter(client, records.Tables{Records: c.Records, Subjects: c.Subjects, Requests: c.Requests}, p, now)
	meter := metric.Meter{Out: os.Stdout, Stack: c.Stack, Now: now}
	mails, limit := letters.Post{Sender: mail.Open(c.MailFrom, c.MailSet, meter), Origin: c.Origin, Policy: p}, limiter{register, tokens, c.Rate}
	requestSteps := &request.Fulfilment{
		Register: register, Addresses: known, Mailboxes: under, Limiter: limit, Mailer: mails, Tokens: tokens, Policy: p, Now: now,
		Answers: map[work.Kind]request.Answerer{
			work.Export: &export.Opening{Register: register, Addresses: known, Mailboxes: under, Mailer: mails, Tokens: tokens},
		},
	}
	byMail := &confirming.Desk{
		Confirmations: &confirmations.Store{Client: client, Table: c.Requests, Now: now},
		Subjects:      known, Mailboxes: under, Limiter: limit, Mailer: mails, Tokens: tokens, Periods: p.ConsentPeriods(), Now: now,
	}
	decisions := consented{
		log:    &consents.ByMail{Store: consents.Store{Client: client, Table: c.Consents}, Requests: c.Requests, Steps: p.SpanOf(policy.WorkStep)},
		writer: writer,
	}
	return newRunner(&queue.Queue{Client: client, Table: c.Requests}, map[work.Kind]work.Do{
		work.Request:      work.Step(requestSteps.Run),
		work.Confirmation: work.Step(byMail.Run),
		work.Consent:      ofSubject(decisions.apply),
		work.Walk:         ofSubject(writer.Walk),
	}, now)
}
