package main

import (
	"os"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/mailboxes"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/export/gather"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/objects"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// config is the function's environment, which template.yaml sets.
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
	Origin   links.Origin `env:"ORIGIN,required,notEmpty"`
	Stack    string       `env:"STACK,required,notEmpty"`
}

// open opens the clients and returns the runner that uses them.
func (c config) open(receipts *receipt.Keys, now func() time.Time) *work.Runner {
	client := dynamo.Open()
	meter := metric.Meter{Out: os.Stdout, Stack: c.Stack, Now: now}
	register := &requests.Store{Client: client, Table: c.Requests, Terms: policy.TermsOf, Now: now}
	people := subjects.New(client, c.Subjects, now)
	return newRunner(&queue.Queue{Client: client, Table: c.Requests}, &export.Delivery{
		Register: register, Subjects: people, Tokens: c.TokenKey.Current(), Policy: policy.InForce, Now: now,
		Mailer: letters.Post{Sender: mail.Open(c.MailFrom, c.MailSet, meter), Origin: c.Origin, Policy: policy.InForce, Now: now}, Stopped: meter.Alarm(metric.ExportsStopped, "export stopped"),
		Bundles: &gather.Sealer{
			Records: records.New(client, c.Records, now), Consents: &consents.Store{Client: client, Table: c.Consents}, Receipts: receipts,
			Requests: register, Subjects: people,
			Confirmations: &confirmations.Store{Client: client, Table: c.Requests, Now: now},
			Mailboxes:     &mailboxes.Store{Client: client, Table: c.Requests, Now: now},
			Bucket:        objects.Open(c.Bucket, now), Policy: policy.InForce, Now: now,
		},
	}, now)
}
