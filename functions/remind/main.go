// Command remind runs every hour. It counts the requests that are near or past their deadline, reminds the privacy team of them by mail, and reminds
// people, once, of a request that they have not confirmed.
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
