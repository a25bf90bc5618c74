// Command consent records, reads and withdraws consent. It is the hot path: it opens DynamoDB and nothing else.
package main

import (
	"log"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
)

type config struct {
	Consents  string   `env:"CONSENTS_TABLE,required,notEmpty"`
	Requests  string   `env:"REQUESTS_TABLE,required,notEmpty"`
	ClientKey string   `env:"CLIENT_KEY,required,notEmpty"`
	Origin    string   `env:"ORIGIN,required,notEmpty"`
	Websites  []string `env:"WEBSITE_ORIGINS"` // of the websites whose pages may call, besides the service's own
}

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	web.Start(routes(newHandler(c), append(c.Websites, c.Origin)...))
}

func newHandler(c config) handler {
	client := dynamo.Open()
	recorder := &consent.Recorder{Log: &consents.Store{Client: client, Table: c.Consents}, Periods: policy.CurrentConsentPeriods(), Now: time.Now}
	waiting := &confirmations.Store{Client: client, Table: c.Requests, Now: time.Now}
	return handler{
		visitors: recorder, byAddress: &mailbox.Consents{Recorder: recorder, Confirmations: waiting}, clients: subject.Key(c.ClientKey),
	}
}
