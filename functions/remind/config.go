package main

import (
	"os"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/mailboxes"
	"github.com/helpdeskexpert/privacy/shared/dynamo/reminders"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// config is the function's environment, which template.yaml sets.
type config struct {
	Requests string       `env:"REQUESTS_TABLE,required,notEmpty"`
	Ledger   string       `env:"LEDGER_TABLE,required,notEmpty"`
	AliasKey string       `env:"ALIAS_KEY,required,notEmpty"`
	MailFrom string       `env:"MAIL_FROM,required,notEmpty"`
	MailSet  string       `env:"MAIL_CONFIGURATION_SET,required,notEmpty"`
	Origin   links.Origin `env:"ORIGIN,required,notEmpty"`
	Stack    string       `env:"STACK,required,notEmpty"`
}

// open opens the clients and returns the handler that uses them.
func (c config) open(now func() time.Time) handler {
	client := dynamo.Open()
	meter := metric.Meter{Out: os.Stdout, Stack: c.Stack, Now: now}
	register := &requests.Store{Client: client, Table: c.Requests, Terms: policy.TermsOf, Now: now}
	return handler{&request.Reminders{
		Queue: register, Register: register, Progress: &reminders.Store{Client: client, Table: c.Ledger, Policy: policy.InForce, Now: now},
		Proofs: proofs{&mailbox.LinkMailing{
			Mailboxes: &mailboxes.Store{Client: client, Table: c.Requests, Now: now}, Aliases: subject.Key(c.AliasKey), Policy: policy.InForce, Now: now,
		}},
		Mailer:  letters.Post{Sender: mail.Open(c.MailFrom, c.MailSet, meter), Origin: c.Origin, Policy: policy.InForce, Now: now},
		Measure: measure(meter), Failed: logFailed, Policy: policy.InForce, Now: now,
	}}
}
