package main

import (
	"os"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/notices"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// config is the function's environment, which template.yaml sets.
type config struct {
	Notices  string       `env:"NOTICES_TABLE,required,notEmpty"`
	Subjects string       `env:"SUBJECTS_TABLE,required,notEmpty"`
	MailFrom string       `env:"MAIL_FROM,required,notEmpty"`
	MailSet  string       `env:"MAIL_CONFIGURATION_SET,required,notEmpty"`
	Origin   links.Origin `env:"ORIGIN,required,notEmpty"`
	Stack    string       `env:"STACK,required,notEmpty"`
	Share    int          `env:"NOTICE_SHARE,required,notEmpty"`
	AtOnce   bool         `env:"ANNOUNCE_AT_ONCE"`
}

// open opens the clients and returns the handler that uses them.
func (c config) open(now func() time.Time) handler {
	client := dynamo.Open()
	store := &notices.Store{Client: client, Table: c.Notices, Now: now}
	people := subjects.New(client, c.Subjects, now)
	meter := metric.Meter{Out: os.Stdout, Stack: c.Stack, Now: now}
	sender := mail.Open(c.MailFrom, c.MailSet, meter)
	return handler{&notice.Runner{
		Register: store, Campaigns: store, Recipients: store, Partitions: store, Claims: store, Arrivals: store,
		People: people, Shards: subjects.Shards, Spellings: people, Persons: people, Mailer: post{sender}, Accounts: sender, Letters: letters.Notices{Origin: c.Origin},
		Meter: meter, Published: notice.Publications(policy.Versions()), Policy: policy.InForce, Share: c.Share, AtOnce: c.AtOnce,
		Now: now, Sleep: sleep,
	}}
}
