// Command policy serves the policy as data, and what machines read about the service. It also answers every path and method for
// which no other function has a route.
package main

import (
	"log"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/web"
)

type config struct {
	Origin      links.Origin `env:"ORIGIN,required,notEmpty"`
	Websites    []string     `env:"WEBSITE_ORIGINS"` // of the websites whose pages may call, besides the service's own
	Consents    string       `env:"CONSENTS_TABLE,required,notEmpty"`
	ReceiptKey  string       `env:"RECEIPT_KEY,required,notEmpty"`
	RetiredKeys string       `env:"RECEIPT_KEYS_RETIRED"`
}

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	keys, err := receipt.NewKeys(c.ReceiptKey, c.RetiredKeys)
	if err != nil {
		log.Fatal(err)
	}
	web.Start(routes(handler{
		origin: c.Origin, keys: keys, list: policy.Versions(), policy: policy.InForce, now: time.Now,
		consents: &consents.Store{Client: dynamo.Open(), Table: c.Consents},
	}, c.Websites...))
}
