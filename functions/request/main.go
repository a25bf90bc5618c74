// Command request serves people who come by a form or by the link of a mail: rights requests (file, verify, status, withdraw, another
// export) and consents by e-mail address (confirm, preferences, unsubscribe). It reads neither Records nor Subjects, so its answers
// cannot depend on who is on record (threat T14).
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
