// Command request serves people who use a form or the link of a mail. It handles rights requests (file, verify, status, withdraw, another
// export) and consents by e-mail address (confirm, preferences, unsubscribe). It does not read the tables of records and of data subjects,
// so its answers cannot depend on who is on record (threat T14).
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
