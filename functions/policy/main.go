// Command policy serves the policy as data, and what machines read about the service. It also answers every path and method for
// which no other function has a route.
package main

import (
	"log"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/web"
)

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	keys, err := receipt.NewKeys(c.ReceiptKey, c.RetiredKeys)
	if err != nil {
		log.Fatal(err)
	}
	web.Start(routes(c.open(keys, time.Now), c.Websites...))
}
