package main

import (
	"os"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/erasures"
	"github.com/helpdeskexpert/privacy/shared/dynamo/mailboxes"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/replays"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/erasure/certificate"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
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
	Subjects string       `env:"SUBJECTS_TABLE,required,notEmpty"`
	Consents string       `env:"CONSENTS_TABLE,required,notEmpty"`
	Ledger   string       `env:"LEDGER_TABLE,required,notEmpty"`
	Bucket   string       `env:"EXPORT_BUCKET,required,notEmpty"`
	AliasKey string       `env:"ALIAS_KEY,required,notEmpty"`
	TokenKey subject.Keys `env:"TOKEN_KEY,required,notEmpty"`
	Receipts string       `env:"RECEIPT_KEY,required,notEmpty"`
	MailFrom string       `env:"MAIL_FROM,required,notEmpty"`
	MailSet  string       `env:"MAIL_CONFIGURATION_SET,required,notEmpty"`
	Origin   links.Origin `env:"ORIGIN,required,notEmpty"`
	Stack    string       `env:"STACK,required,notEmpty"`
	// Writers is how long a write of a record may still arrive after a change of a data subject's standing that it does not know of.
	Writers time.Duration `env:"WRITE_TIMEOUT,required,notEmpty"`
	// CoolingOff replaces the policy's time in which an erasure can be cancelled. It is set on one machine only, where nobody wants to wait for days.
	CoolingOff time.Duration `env:"COOLING_OFF"`
}

// open opens the clients and returns the runner that uses them.
func (c config) open(receipts *receipt.Keys, now func() time.Time) *work.Runner {
	client, tokens := dynamo.Open(), c.TokenKey.Current()
	meter := metric.Meter{Out: os.Stdout, Stack: c.Stack, Now: now}
	register := &requests.Store{Client: client, Table: c.Requests, Terms: policy.TermsOf, Now: now}
	addresses := subjects.Addresses{Store: subjects.New(client, c.Subjects, now), Key: subject.Key(c.AliasKey)}
	notes := dynamo.ReplaysIn(c.Ledger)
	addresses.Store.Replays = notes
	tables := records.Tables{Records: c.Records, Subjects: c.Subjects, Requests: c.Requests}
	in := &intake.Intake{
		Subjects: addresses.Store, Store: records.NewWriter(client, tables, now), Consents: &consents.Store{Client: client, Table: c.Consents},
		Policy: policy.InForce, Now: now, Writers: c.Writers,
	}
	return newRunner(&queue.Queue{Client: client, Table: c.Requests}, &erasure.Eraser{
		Register: register, Addresses: addresses, Keys: addresses.Key, Subjects: addresses.Store, Keep: in.Keep, Tokens: tokens,
		Records: records.NewEraser(client, c.Records, policy.InForce, now),
		Sources: erasures.Sources(client, erasures.Tables{Consents: c.Consents, Subjects: c.Subjects, Requests: c.Requests, Ledger: c.Ledger}, objects.Open(c.Bucket, now),
			addresses.Key, policy.InForce, now),
		Links:     &mailbox.LinkMailing{Mailboxes: &mailboxes.Store{Client: client, Table: c.Requests, Now: now}, Aliases: addresses.Key, Policy: policy.InForce, Now: now},
		Certifier: certificate.Signer{Keys: receipts}, Replay: &replays.Store{Client: client, Replays: notes},
		Mailer:  letters.Post{Sender: mail.Open(c.MailFrom, c.MailSet, meter), Origin: c.Origin, Policy: policy.InForce, Now: now},
		ForTeam: meter.Alarm(metric.RequestsForTeam, "a request waits for the team"), Stuck: meter.Alarm(metric.ErasuresStuck, "an erasure is stuck"), Policy: policy.InForce, Now: now,
		CoolingOff: c.CoolingOff, Writers: c.Writers,
	}, now)
}
