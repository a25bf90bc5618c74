// Command inbox reads mails to the privacy address. A mail starts what the form starts, and a forged mail starts nothing. It also deletes mails
// whose request was confirmed or has lapsed.
package main

import (
	"log"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/web"
)

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	web.LogJSON()
	lambda.Start(c.open(time.Now).handle)
}
