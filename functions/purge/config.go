package main

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/ledger"
	"github.com/helpdeskexpert/privacy/shared/dynamo/own"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/objects"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// config is the function's environment, which template.yaml sets.
type config struct {
	Records  string        `env:"RECORDS_TABLE,required,notEmpty"`
	Consents string        `env:"CONSENTS_TABLE,required,notEmpty"`
	Subjects string        `env:"SUBJECTS_TABLE,required,notEmpty"`
	Requests string        `env:"REQUESTS_TABLE,required,notEmpty"`
	Ledger   string        `env:"LEDGER_TABLE,required,notEmpty"`
	Notices  string        `env:"NOTICES_TABLE,required,notEmpty"`
	Bucket   string        `env:"EXPORT_BUCKET,required,notEmpty"`
	Grace    time.Duration `env:"GRACE,required,notEmpty"`
	Stack    string        `env:"STACK,required,notEmpty"`
}

// open opens the clients and returns the handler that uses them.
func (c config) open(now func() time.Time) handler {
	db := dynamo.Open()
	book := &ledger.Store{Client: db, Table: c.Ledger, Policy: policy.InForce, Now: now}
	return handler{stack: c.Stack, purge: retention.Purge{
		Records: records.New(db, c.Records, now),
		Own:     &own.Store{Client: db, Consents: c.Consents, Subjects: c.Subjects, Requests: c.Requests, Ledger: c.Ledger, Notices: c.Notices},
		Exports: objects.Open(c.Bucket, now), Leases: book, Ledger: book, Policy: policy.InForce, Now: now, Grace: c.Grace,
	}}
}
