// Command feedback takes in what SES reports about mails after it accepted them. An answer whose mail came back is no answer: its request is
// open again. A complaint withdraws the consent to marketing mail.
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
