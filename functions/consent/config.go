package main

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// config is the function's environment, which template.yaml sets.
type config struct {
	Consents   string    `env:"CONSENTS_TABLE,required,notEmpty"`
	RestoredAt time.Time `env:"RESTORED_AT"` // the time of the backup from which the tables were last restored; empty if they never were
	Requests   string    `env:"REQUESTS_TABLE,required,notEmpty"`
	ClientKey  string    `env:"CLIENT_KEY,required,notEmpty"`
	Origin     string    `env:"ORIGIN,required,notEmpty"`
	Websites   []string  `env:"WEBSITE_ORIGINS"` // the websites whose pages may call, besides our own
}

// open opens the client and returns the handler that uses it.
func (c config) open(now func() time.Time) handler {
	client := dynamo.Open()
	recorder := &consent.Recorder{Log: &consents.Store{Client: client, Table: c.Consents, RestoredAt: c.RestoredAt}, Policy: policy.ForConsents(), Now: now}
	waiting := &confirmations.Store{Client: client, Table: c.Requests, Now: now}
	return handler{ // to ask needs no tokens: function fulfil makes them when it mails
		visitors: recorder, byAddress: &mailbox.Consents{Recorder: recorder, Confirmations: waiting}, clients: subject.Key(c.ClientKey),
	}
}
