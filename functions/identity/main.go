// Command identity takes in from the company's own systems whom an address or an id stands for: all addresses of a data subject, an address that
// changed, and a join that was wrong. Every route needs a token.
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
	web.Start(routes(c.open(time.Now), tokens))
}
