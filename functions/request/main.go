// Command request serves people who come by a form or by the link of a mail: rights requests (file, verify, status, withdraw, another
// export) and consents by e-mail address (confirm, preferences, unsubscribe). It reads neither Records nor Subjects, so its answers
// cannot depend on who is on record (threat T14).
package main

import (
	"log"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
)

type config struct {
	Requests  string       `env:"REQUESTS_TABLE,required,notEmpty"`
	Consents  string       `env:"CONSENTS_TABLE,required,notEmpty"`
	TokenKey  subject.Keys `env:"TOKEN_KEY,required,notEmpty"`
	ClientKey string       `env:"CLIENT_KEY,required,notEmpty"`
	Rate      int          `env:"CLIENT_RATE,required,notEmpty"`
	Origin    string       `env:"ORIGIN,required,notEmpty"`
	Websites  []string     `env:"WEBSITE_ORIGINS"` // of the websites whose pages may call, besides the service's own
}

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	web.Start(routes(newHandler(c), append(c.Websites, c.Origin)...))
}

func newHandler(c config) handler {
	client, tokens, p := dynamo.Open(), c.TokenKey.Current(), policy.Current()
	store := &requests.Store{Client: client, Table: c.Requests, Policy: p, Terms: policy.TermsOf, Now: time.Now}
	log := &consents.ByMail{Store: consents.Store{Client: client, Table: c.Consents}, Requests: c.Requests, Steps: p.SpanOf(policy.WorkStep)}
	return handler{
		requester: &request.Requester{Register: store, Tokens: tokens, Policy: p, Now: time.Now},
		byMail: &consent.ByMail{
			Recorder: &consent.Recorder{Log: log, Periods: p.ConsentPeriods(), Now: time.Now}, Tokens: tokens, Retired: c.TokenKey.Retired(),
			Confirmations: &confirmations.Store{Client: client, Table: c.Requests, Now: time.Now},
		},
		clients: store, clientKey: subject.Key(c.ClientKey), rate: c.Rate, now: time.Now,
	}
}
