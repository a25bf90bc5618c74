// Command notify tells people about changes of the policy. It runs every minute, finds the versions that people are told about, and goes on with
// the oldest campaign that has work.
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
