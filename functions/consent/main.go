// Command consent records, reads and withdraws consent. It is the hot path: it opens DynamoDB and nothing else.
package main

import (
	"log"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/web"
)

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	web.Start(routes(c.open(time.Now), append(c.Websites, c.Origin)...))
}
