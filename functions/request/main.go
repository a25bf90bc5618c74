// Command request serves people who use a form or the link of a mail. It files requests, opens links, and serves the sessions that follow: what
// waits, requests, preferences. It also serves status links and the one-click unsubscribe. It does not read the tables of records and of data
// subjects, so its answers cannot depend on who is on record (threat T14).
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
