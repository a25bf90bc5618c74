// Command purge runs every hour and deletes what is past its retention: records, and exports whose life has ended. It also reports how far
// DynamoDB's TTL is behind with the service's own kinds.
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
