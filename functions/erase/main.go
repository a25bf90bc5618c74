// Command erase carries out erasures. It plans what is erased and what is withheld, has the person told, waits while they can cancel it, erases item by
// item, signs a certificate, and mails the way to it. Later it erases what was withheld only for a while.
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
