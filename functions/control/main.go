// Command control shows the company's systems, and the tools of its privacy team, how far notices of a change of the policy are. It stops,
// continues, ends and retries them. Every route needs a token.
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
