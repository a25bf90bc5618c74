// Command consent records, reads and withdraws consent. It is the hot path: it opens DynamoDB and nothing else.
package main

import (
	"log"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/web"
)

type config struct {
	Table  string `env:"CONSENTS_TABLE,required,notEmpty"`
	Origin string `env:"ORIGIN,required,notEmpty"`
}

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	store := &consents.Store{Client: dynamo.Open(), Table: c.Table}
	web.Start(routes(&consent.Recorder{Log: store, Now: time.Now}, c.Origin))
}
