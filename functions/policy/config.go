package main

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// config is the function's environment, which template.yaml sets.
type config struct {
	Origin      links.Origin `env:"ORIGIN,required,notEmpty"`
	Websites    []string     `env:"WEBSITE_ORIGINS"` // of the websites whose pages may call, besides the service's own
	Consents    string       `env:"CONSENTS_TABLE,required,notEmpty"`
	ReceiptKey  string       `env:"RECEIPT_KEY,required,notEmpty"`
	RetiredKeys string       `env:"RECEIPT_KEYS_RETIRED"`
}

// open opens the client and returns the handler that uses it.
func (c config) open(keys *receipt.Keys, now func() time.Time) handler {
	return handler{
		origin: c.Origin, keys: keys, list: policy.Versions(), policy: policy.InForce, now: now,
		consents: &consents.Store{Client: dynamo.Open(), Table: c.Consents},
	}
}
