// Command export makes and mails exports: it gathers what is held about a data subject, seals it, stores it, and mails the link.
package main

import (
	"log"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/objects"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
	"github.com/helpdeskexpert/privacy/shared/work"
)

type config struct {
	Requests string       `env:"REQUESTS_TABLE,required,notEmpty"`
	Records  string       `env:"RECORDS_TABLE,required,notEmpty"`
	Consents string       `env:"CONSENTS_TABLE,required,notEmpty"`
	Subjects string       `env:"SUBJECTS_TABLE,required,notEmpty"`
	Bucket   string       `env:"EXPORT_BUCKET,required,notEmpty"`
	TokenKey subject.Keys `env:"TOKEN_KEY,required,notEmpty"`
	Receipts string       `env:"RECEIPT_KEY,required,notEmpty"`
	MailFrom string       `env:"MAIL_FROM,required,notEmpty"`
	MailSet  string       `env:"MAIL_CONFIGURATION_SET,required,notEmpty"`
	Origin   string       `env:"ORIGIN,required,notEmpty"`
	Stack    string       `env:"STACK,required,notEmpty"`
}

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	receipts, err := receipt.NewKeys(c.Receipts, "")
	if err != nil {
		log.Fatal(err)
	}
	web.LogJSON()
	lambda.Start(queue.Handler(open(c, receipts)))
}

// open puts the function together.
func open(c config, receipts *receipt.Keys) *work.Runner {
	client, meter := dynamo.Open(), metric.Meter{Out: os.Stdout, Stack: c.Stack, Now: time.Now}
	p := policy.Current()
	register := &requests.Store{Client: client, Table: c.Requests, Policy: p, Terms: policy.TermsOf, Now: time.Now}
	return newRunner(&queue.Queue{Client: client, Table: c.Requests}, &export.Delivery{
		Register: register, Tokens: c.TokenKey.Current(), Policy: p, Now: time.Now,
		Mailer: mailer{mail.Open(c.MailFrom, c.MailSet, meter), c.Origin, p}, Stopped: stopped(meter),
		Bundles: bundles{
			records:  records.New(client, c.Records, time.Now),
			consents: &consents.Store{Client: client, Table: c.Consents}, receipts: receipts, policy: p, now: time.Now,
			bucket: objects.Open(c.Bucket, time.Now), register: register, subjects: subjects.New(client, c.Subjects, time.Now),
			confirmations: &confirmations.Store{Client: client, Table: c.Requests, Now: time.Now},
		},
	}, time.Now)
}
