// Command ingest takes in records and the ends of contracts from the company's own systems. It also tells those systems whether data may be
// used. Every route needs a token.
package main

import (
	"log"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/oidc"
	"github.com/helpdeskexpert/privacy/shared/web"
)

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	tokens, err := oidc.New(c.accepted(), time.Now)
	if err != nil {
		log.Fatal(err)
	}
	h, d, a := c.open(time.Now)
	web.Start(routes(h, d, a, tokens))
}
