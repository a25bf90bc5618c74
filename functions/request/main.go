// Command request takes rights requests in: file, verify, status, withdraw, another export. It writes Requests and
// reads neither Records nor Subjects, so its answers cannot depend on who is on record (threat T14).
package main

import (
	"log"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
)

type config struct {
	Table     string `env:"REQUESTS_TABLE,required,notEmpty"`
	TokenKey  string `env:"TOKEN_KEY,required,notEmpty"`
	ClientKey string `env:"CLIENT_KEY,required,notEmpty"`
	Origin    string `env:"ORIGIN,required,notEmpty"`
}

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	store := &requests.Store{Client: dynamo.Open(), Table: c.Table, Now: time.Now}
	web.Start(routes(handler{
		desk:    &request.Desk{Register: store, Tokens: subject.Key(c.TokenKey), Now: time.Now},
		clients: store, clientKey: subject.Key(c.ClientKey), now: time.Now,
	}, c.Origin))
}
