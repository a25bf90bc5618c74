// Command request serves people who use a form or the link of a mail. It files requests, opens links, and serves the sessions that follow: what
// waits, requests, preferences. It also serves status links and the one-click unsubscribe. It does not read records, and
// what it does about data subjects costs the same calls whether or not they are on record, so its answers do not tell who is (threat T14).
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
