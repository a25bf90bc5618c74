package main

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mail/received"
	"github.com/helpdeskexpert/privacy/shared/objects"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// config is the function's environment, which template.yaml sets.
type config struct {
	Requests string       `env:"REQUESTS_TABLE,required,notEmpty"`
	Bucket   string       `env:"INBOUND_BUCKET,required,notEmpty"`
	Origin   links.Origin `env:"ORIGIN,required,notEmpty"`
}

// open opens the clients and returns the handler that uses them.
func (c config) open(now func() time.Time) handler {
	return handler{now: now, receiver: &inbound.Receiver{
		Mails:    mails{objects.Open(c.Bucket, now)},
		Register: &requests.Store{Client: dynamo.Open(), Table: c.Requests, Terms: policy.TermsOf, Now: now},
		Read:     received.Read, Threads: c.Origin.RequestOf, Origin: string(c.Origin), HasSecret: c.Origin.HasSecret, Policy: policy.InForce, Now: now,
	}}
}
