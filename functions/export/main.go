// Command export makes exports. It gathers what is stored about a data subject, encrypts it, stores the bundle, and mails the link.
package main

import (
	"log"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/web"
)

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	receipts, err := receipt.NewKeys(c.Receipts, "")
	if err != nil {
		log.Fatal(err)
	}
	web.LogJSON()
	lambda.Start(queue.Handler(c.open(receipts, time.Now)))
}
